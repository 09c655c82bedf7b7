import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

// Attacker: whoever takes over an action, a tool or a package that the build and the release use, or reads a token of theirs.
// Way: a tag that is moved, a "latest" version, a job that may write what it need not, a token of a registry that is stolen.
// Must hold: what runs is what was looked at, each job may do what it does and no more, and tokens exist where there is no other way only.
// And whoever uses the package can find out what is inside of its bundles: scanners of vulnerabilities see no package in a bundle.

const ROOT = join(__dirname, '../..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');

const WORKFLOWS = '.github/workflows';
const workflows = readdirSync(join(ROOT, WORKFLOWS)).map((name): [string, string] => [name, read(WORKFLOWS, name)]);
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found);

/** The jobs of a workflow, each with its text. projen writes two blanks for a level. */
function jobsOf(workflow: string): [name: string, job: string][] {
  const [, jobs] = workflow.split(/^jobs:\n/m);
  return jobs.split(/^(?= {2}[\w-]+:$)/m).map((job) => [/^ {2}([\w-]+):/.exec(job)![1], job]);
}

const jobs = workflows.flatMap(([file, text]) => jobsOf(text).map(([name, job]) => ({ name: `${file}: ${name}`, job })));
const job = (name: string) => jobs.find((one) => one.name === name)!.job;

/** What a job may do, by its own words. */
function permissionsOf(text: string): { [scope: string]: string } {
  const [, block = ''] = /^ {4}permissions:\n((?: {6}[\w-]+: \w+\n)+)/m.exec(text) ?? [];
  return Object.fromEntries([...block.matchAll(/([\w-]+): (\w+)/g)].map(([, scope, access]) => [scope, access]));
}

test('the workflows are read as they are meant', () => {
  expect(workflows.map(([name]) => name).sort()).toEqual(['build.yml', 'pull-request-lint.yml', 'release.yml']);
  expect(jobs.map(({ name }) => name)).toEqual(expect.arrayContaining([
    'build.yml: build', 'build.yml: package-python', 'pull-request-lint.yml: validate', 'release.yml: release', 'release.yml: release_npm',
  ]));
  expect(jobs).toHaveLength(workflows.map(([, text]) => all(text, /(runs-on:)/g).length).reduce((a, b) => a + b));
});

test('every action is that of a commit: a tag can be moved', () => {
  const actions = workflows.flatMap(([, text]) => all(text, /\buses: (.*)/g));
  expect(actions.length).toBeGreaterThan(30);
  expect(actions.filter((action) => !/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
});

test('one action is one commit everywhere, and stands in .projenrc.ts with its version', () => {
  const used = [...new Set(workflows.flatMap(([, text]) => all(text, /\buses: (.*)/g)))].sort();
  const listed = [...read('.projenrc.ts').matchAll(/'([\w.-]+\/[\w.-]+)': '([0-9a-f]{40})', \/\/ v\d+\.\d+\.\d+$/gm)];
  expect(used).toEqual(listed.map(([, action, commit]) => `${action}@${commit}`).sort());
});

test('packages are installed as they are locked, with the hash of each', () => {
  const texts = [...workflows.map(([, text]) => text), read('.ci/run')];
  expect(texts.flatMap((text) => all(text, /\bnpm (?!ci\b)(install|i|add|update|exec)\b/g))).toEqual([]);
  expect(texts.flatMap((text) => all(text, /\b(yarn|pnpm|pip install|curl|wget)\b/g))).toEqual([]);
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: { [path: string]: { integrity?: string; inBundle?: boolean } } };
  const unlocked = Object.entries(packages).filter(([path, { integrity, inBundle }]) => path !== '' && !inBundle && !integrity?.startsWith('sha512-'));
  expect(unlocked.map(([path]) => path)).toEqual([]);
});

test('no tool is run in the version of the day', () => {
  const runs = workflows.flatMap(([, text]) => all(text, /^(?!#).*\bnpx (.*)/gm));
  expect(runs.length).toBeGreaterThan(10);
  // `projen` is what `npm ci` has installed.
  expect(runs.filter((run) => !/^projen [a-z:-]+$/.test(run) && !/^'-p' 'publib@\d+\.\d+\.\d+' 'publib-[a-z]+'$/.test(run))).toEqual([]);
});

test.each(jobs)('$name says what it may do', ({ job: text }) => {
  expect(permissionsOf(text)).not.toEqual({});
});

test('no job may write, but for those that publish', () => {
  const writing = jobs.flatMap(({ name, job: text }) => Object.entries(permissionsOf(text)).filter(([, access]) => access !== 'read')
    .map(([scope, access]) => `${name}: ${scope} ${access}`));
  expect(writing.sort()).toEqual([
    'release.yml: release_github: contents write',
    'release.yml: release_npm: id-token write',
    'release.yml: release_nuget: id-token write',
    'release.yml: release_pypi: id-token write',
  ]);
});

test.each([
  ['npm', 'NPM_TRUSTED_PUBLISHER', []],
  ['pypi', 'PYPI_TRUSTED_PUBLISHER', []],
  // Whose packages they are; it opens nothing.
  ['nuget', 'NUGET_TRUSTED_PUBLISHER', ['NUGET_USERNAME']],
])('%s knows the workflow by its identity, and gets no token', (registry, variable, secrets) => {
  const text = job(`release.yml: release_${registry}`);
  expect(text).toContain(`${variable}: "true"`);
  expect(all(text, /secrets\.(\w+)/g)).toEqual(secrets);
});

test('npm is new enough to publish without a token: 11.5 comes with Node.js 24', () => {
  expect(Number(/node-version: "(\d+)"/.exec(job('release.yml: release_npm'))![1])).toBeGreaterThanOrEqual(24);
});

test('tokens are where a registry knows no other way, each in the one job that publishes there', () => {
  const tokens = jobs.flatMap(({ name, job: text }) => all(text, /secrets\.(\w+)/g).map((secret) => `${name}: ${secret}`));
  expect(tokens.sort()).toEqual([
    'pull-request-lint.yml: validate: GITHUB_TOKEN',
    'release.yml: release_github: GITHUB_TOKEN',
    'release.yml: release_golang: GO_GITHUB_TOKEN',
    'release.yml: release_maven: MAVEN_GPG_PRIVATE_KEY',
    'release.yml: release_maven: MAVEN_GPG_PRIVATE_KEY_PASSPHRASE',
    'release.yml: release_maven: MAVEN_PASSWORD',
    'release.yml: release_maven: MAVEN_STAGING_PROFILE_ID',
    'release.yml: release_maven: MAVEN_USERNAME',
    'release.yml: release_nuget: NUGET_USERNAME',
  ]);
});

test('updates come once a week, and not on the day of their release', () => {
  const config = read('.github/dependabot.yml');
  expect(config).toContain('package-ecosystem: npm');
  expect(config).toContain('interval: weekly');
  expect(Number(/default-days: (\d+)/.exec(config)![1])).toBeGreaterThanOrEqual(7);
});

describe('the bill of materials', () => {
  interface Component {
    readonly 'type': string;
    readonly 'bom-ref': string;
    readonly 'group'?: string;
    readonly 'name': string;
    readonly 'version': string;
    readonly 'licenses': readonly { readonly license: { readonly id: string } }[];
    readonly 'purl': string;
    readonly 'properties': readonly { readonly name: string; readonly value: string }[];
  }
  interface Materials {
    readonly bomFormat: string;
    readonly specVersion: string;
    readonly metadata: { readonly component: { readonly 'name': string; readonly 'version': string; readonly 'bom-ref': string } };
    readonly components: readonly Component[];
    readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  }
  const materials = JSON.parse(read('assets/bom.cdx.json')) as Materials;

  /** What esbuild says of each bundle: its output, and the packages that are in it. */
  const bundles = readdirSync(join(ROOT, '.cache/metafiles')).map((file) => {
    const { inputs, outputs } = JSON.parse(read('.cache/metafiles', file)) as { inputs: object; outputs: object };
    const folders = Object.keys(inputs).filter((input) => input.includes('node_modules/'))
      .map((input) => input.slice(0, input.lastIndexOf('node_modules/')) + /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input.slice(input.lastIndexOf('node_modules/')))![0]);
    return { name: file.replace('.json', ''), outputs: Object.keys(outputs), folders: [...new Set(folders)] };
  });

  test('every bundle of the package is looked at', () => {
    const bundled = readdirSync(join(ROOT, 'assets'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
    expect(bundled.length).toBeGreaterThan(5);
    expect(bundles.flatMap(({ outputs }) => outputs).sort()).toEqual(bundled.map((name) => `assets/${name}`).sort());
  });

  test('every package of every bundle is in it, with version, licence and bundle, and nothing else is', () => {
    const expected = bundles.flatMap(({ name: bundle, folders }) => folders.map((folder) => {
      const { name, version, license } = JSON.parse(read(folder, 'package.json')) as { name: string; version: string; license: string };
      return `${name} ${version} ${license} in ${bundle}`;
    }));
    const told = materials.components.flatMap(({ group, name, version, licenses: [{ license }], properties }) => properties
      .map(({ value }) => `${group === undefined ? '' : `${group}/`}${name} ${version} ${license.id} in ${value}`));
    expect(told.sort()).toEqual([...new Set(expected)].sort());
    expect(materials.components.map(({ name }) => name)).toEqual(expect.arrayContaining(['client-ssm', 'aws-local-stepfunctions', 're2js']));
  });

  test('each has an address that scanners know, once', () => {
    for (const { purl, group, name, version, ...component } of materials.components) {
      expect(component.type).toBe('library');
      expect(purl).toBe(`pkg:npm/${group === undefined ? '' : `%40${group.slice(1)}/`}${name}@${version}`);
      expect(component['bom-ref']).toBe(purl);
    }
    const refs = materials.components.map((component) => component['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(materials.dependencies).toEqual([{ ref: materials.metadata.component['bom-ref'], dependsOn: refs }]);
  });

  test('it is that of this package, and keeps to the schema of CycloneDX', async () => {
    const { name, version } = JSON.parse(read('package.json')) as { name: string; version: string };
    expect(materials).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata: { component: { name, version } } });
    const schema = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await schema.validate(read('assets/bom.cdx.json'))).toBeNull();
    // It would say so: an identifier that SPDX does not know is against the schema.
    expect(await schema.validate(read('assets/bom.cdx.json').replace('"id": "MIT"', '"id": "Mit"'))).not.toBeNull();
  });
});

test('SECURITY.md says how to report without an address of ours, what is promised, and for which versions', () => {
  const policy = read('SECURITY.md');
  const { repository } = JSON.parse(read('package.json')) as { repository: { url: string } };
  expect(policy).toContain(`${repository.url.replace(/\.git$/, '')}/security/advisories/new`);
  expect(all(policy, /^## (.*)$/gm)).toEqual(['Report a vulnerability', 'What you can expect', 'Supported versions', 'What is inside the package']);
  expect(policy).toContain('assets/bom.cdx.json');
});
