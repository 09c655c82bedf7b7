import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { artifacts } from './artifacts';
import { Files } from '../packed/archive';
import { packed } from '../packed/packed';

const all = new Map(artifacts().map((artifact) => [artifact.title, artifact.files]));
const npmPackage = readFileSync(packed('js', '.tgz'));

/** Files of an artifact, by title. Those that need a toolchain which is not here are left out, see languages.test.ts. */
function tested(...titles: string[]): [string, Files][] {
  return titles.flatMap((title): [string, Files][] => all.has(title) ? [[title, all.get(title)!]] : []);
}

function named(files: Files, extension: string): string[] {
  return [...files.keys()].filter((name) => name.endsWith(extension)).map((name) => basename(name, extension));
}

test.each(tested('wheel', 'source distribution', 'Maven artifact', 'Go module', 'code, not built'))('%s: it has the very npm package in it', (_, files) => {
  const inside = [...files].filter(([name]) => name.endsWith('.tgz'));
  expect(inside.map(([, content]) => content.equals(npmPackage))).toEqual([true]);
});

test.each(tested('wheel', 'source distribution', 'Maven artifact', 'Go module', 'code, not built'))('%s: every type of the API is in its code', (_, files) => {
  const { types } = JSON.parse(all.get('npm package')!.get('package/.jsii')!.toString());
  const names: string[] = Object.values<{ name: string }>(types).map(({ name }) => name);
  expect(names).toContain('CotsBatchJob');
  const python = [...files].filter(([name]) => name.endsWith('cdk_cots_batch_job/__init__.py')).map(([, content]) => content.toString()).join('');
  const found = python ? [...python.matchAll(/^class (\w+)/gm)].map(([, name]) => name) : ['.class', '.go', '.cs'].flatMap((one) => named(files, one));
  expect(names.filter((name) => !found.includes(name))).toEqual([]);
});

if (all.has('wheel')) {
  test('the source distribution has the code of the wheel', () => {
    const wheel = [...all.get('wheel')!].filter(([name]) => name.startsWith('cdk_cots_batch_job/'));
    const source = new Map([...all.get('source distribution')!].map(([name, content]) => [name.replace(/^[^/]+\/src\//, ''), content]));
    expect(wheel.length).toBeGreaterThan(3);
    expect(wheel.filter(([name, content]) => !source.get(name)?.equals(content)).map(([name]) => name)).toEqual([]);
  });

  test('the snippets of the README and of the docstrings are in the language of the package', () => {
    const python = all.get('wheel')!.get('cdk_cots_batch_job/__init__.py')!.toString();
    expect(python).toContain('\nCotsBatchJob(stack, "NightlyIndex",\n    instance_ids=["i-0123456789abcdef0"],');
    expect(python).toContain('job = CotsBatchJob(self, "NightlyIndex",\n            instance_ids=["i-0123456789abcdef0"],');
    expect(python).not.toContain('new CotsBatchJob(');
  });

  test('the README that PyPI shows has no link that leads nowhere there', () => {
    const [metadata] = [...all.get('wheel')!].filter(([name]) => name.endsWith('.dist-info/METADATA')).map(([, content]) => content.toString());
    const targets = [...metadata.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    expect(targets).toContain('https://github.com/cots-batch-job/cdk-cots-batch-job/blob/main/docs/limits.md');
    expect(targets.filter((target) => !/^(https:\/\/|#)/.test(target))).toEqual([]);
  });
}

test('no class of the API is called like a part of the namespace of C#, which would hide the namespace', () => {
  const code = [...all.get('code, not built')!].filter(([name]) => name.endsWith('.cs'));
  const parts = code.flatMap(([, content]) => /^namespace (.+)$/m.exec(content.toString())?.[1].split('.') ?? []);
  expect(parts).toContain('Cdk');
  expect(code.map(([name]) => basename(name, '.cs')).filter((name) => parts.includes(name))).toEqual([]);
});
