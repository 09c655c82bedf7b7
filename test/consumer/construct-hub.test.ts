import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Files, filesOfTar } from '../packed/archive';
import { packed } from '../packed/packed';

// What Construct Hub asks of a package before it lists it, and what it makes of it (its source: cdklabs/construct-hub, src/package-sources
// and src/backend/ingestion).

const ROOT = resolve(__dirname, '../..');

/** Any of them makes it look at a package. */
const KEYWORDS = ['cdk', 'aws-cdk', 'awscdk', 'cdk8s', 'cdktf'];

interface Identity {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

let files: Files;
let manifest: Identity & { readonly [field: string]: unknown };
let assembly: Identity & { readonly [field: string]: unknown };

beforeAll(() => {
  files = new Map([...filesOfTar(packed('js', '.tgz'))].map(([name, content]) => [name.replace(/^package\//, ''), content]));
  manifest = JSON.parse(files.get('package.json')!.toString());
  assembly = JSON.parse(files.get('.jsii')!.toString());
}, 60_000);

test('it is a construct library: made by jsii, with a keyword', () => {
  expect(manifest.jsii).toEqual(expect.objectContaining({ outdir: 'dist' }));
  expect((manifest.keywords as string[]).filter((keyword) => KEYWORDS.includes(keyword))).not.toEqual([]);
});

test('its assembly is valid, and in the file itself', () => {
  const { validateAssembly } = createRequire(require.resolve('jsii-docgen'))('@jsii/spec') as { validateAssembly(value: unknown): unknown };

  expect(() => validateAssembly(assembly)).not.toThrow();
  expect(() => validateAssembly({ schema: 'jsii/file-redirect', filename: '.jsii.gz' })).toThrow();
});

test('package and assembly have the same name, version and licence, which is one that lets everybody use it', () => {
  const identity = ({ name, version, license }: Identity) => ({ name, version, license });

  expect(identity(assembly)).toEqual(identity(manifest));
  expect(manifest.license).toBe('Apache-2.0');
  expect(files.get('LICENSE')!.toString()).toContain('Apache License');
});

test('it is seen to be for AWS CDK 2', () => {
  const { dependencies, dependencyClosure } = assembly as unknown as { dependencies: { [name: string]: string }; dependencyClosure: object };

  expect(dependencies['aws-cdk-lib']).toMatch(/^\^2\./);
  // No other framework, and no package of AWS CDK 1 that would have a version of its own.
  expect(Object.keys(dependencyClosure).filter((name) => /^cdk8s|^cdktf$|^monocdk$/.test(name))).toEqual([]);
  expect(Object.keys(dependencies).sort()).toEqual(['aws-cdk-lib', 'constructs']);
});

test('it says where its source, its issues and its authors are, and what it is', () => {
  expect(manifest).toMatchObject({
    author: expect.objectContaining({ name: expect.any(String) }),
    bugs: { url: expect.stringMatching(/^https:\/\/github\.com\//) },
    description: expect.stringMatching(/.{40}/),
    homepage: expect.stringMatching(/^https:\/\//),
    repository: { type: 'git', url: expect.stringMatching(/^https:\/\/github\.com\/.*\.git$/) },
  });
  expect((assembly.readme as { markdown: string }).markdown).toContain(files.get('README.md')!.toString().split('\n')[0]);
  expect(Object.keys(assembly.targets as object)).toEqual(expect.arrayContaining(['dotnet', 'go', 'java', 'js', 'python']));
});

// It compiles the examples anew, from what is in the package, and says above each that does not compile that it "may contain errors".
test('its documentation in another language has examples that compile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'construct-hub-'));
  try {
    expect(spawnSync('tar', ['-xzf', packed('js', '.tgz'), '-C', folder, '--strip-components=1']).status).toBe(0);
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const docgen = join(ROOT, 'node_modules/.bin/jsii-docgen');
    const { status, stderr } = spawnSync(docgen, ['--readme', '--language', 'python', '--output', 'python.md'], { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({ status: 0 });

    const page = readFileSync(join(folder, 'python.md'), 'utf8');
    expect(page).toContain('CotsBatchJob(self, "NightlyIndex",');
    expect(page).not.toMatch(/non-compiling source|May contain errors/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);
