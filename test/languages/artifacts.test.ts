import { readFileSync } from 'fs';
import { basename } from 'path';
import { Artifact, artifacts } from './artifacts';
import { packed } from '../packed/packed';

let all: Artifact[];

beforeAll(() => {
  all = artifacts();
}, 60_000);

function artifact(title: string): Artifact {
  return all.find((one) => one.title === title)!;
}

function named(files: Map<string, Buffer>, extension: string): string[] {
  return [...files.keys()].filter((name) => name.endsWith(extension)).map((name) => basename(name)).sort();
}

test.each(['wheel', 'source distribution', 'Maven artifact', 'Go module', 'code, not built'])('%s: it has the very npm package in it', (title) => {
  const npmPackage = readFileSync(packed('js', '.tgz'));
  const inside = [...artifact(title).files].filter(([name]) => name.endsWith('.tgz'));
  expect(inside.map(([, content]) => content.equals(npmPackage))).toEqual([true]);
});

test('the source distribution has the code of the wheel', () => {
  const wheel = [...artifact('wheel').files].filter(([name]) => name.startsWith('cdk_cots_batch_job/'));
  const source = artifact('source distribution').files;
  expect(wheel.length).toBeGreaterThan(3);
  for (const [name, content] of wheel) {
    expect(source.get(`cdk_cots_batch_job-0.0.0/src/${name}`)).toEqual(content);
  }
});

test('every class of the API is in the code of every language', () => {
  const { types } = JSON.parse(artifact('npm package').files.get('package/.jsii')!.toString());
  const names: string[] = Object.values<{ name: string }>(types).map(({ name }) => name);
  expect(names).toContain('CotsBatchJob');
  const python = artifact('wheel').files.get('cdk_cots_batch_job/__init__.py')!.toString();
  expect(names.filter((name) => !new RegExp(`^class ${name}\\b`, 'm').test(python))).toEqual([]);
  expect(named(artifact('Maven artifact').files, '.class')).toEqual(expect.arrayContaining(names.map((name) => `${name}.class`)));
  expect(named(artifact('Go module').files, '.go')).toEqual(expect.arrayContaining(names.map((name) => `${name}.go`)));
  expect(named(artifact('code, not built').files, '.cs')).toEqual(expect.arrayContaining(names.map((name) => `${name}.cs`)));
});

test('no class of the API is called like a part of the namespace of C#, which would hide the namespace', () => {
  const code = [...artifact('code, not built').files].filter(([name]) => name.endsWith('.cs'));
  const parts = code.flatMap(([, content]) => /^namespace (.+)$/m.exec(content.toString())?.[1].split('.') ?? []);
  expect(parts).toContain('Cdk');
  expect(code.map(([name]) => basename(name, '.cs')).filter((name) => parts.includes(name))).toEqual([]);
});

test('the snippets of the README are in the language of the package', () => {
  const python = artifact('wheel').files.get('cdk_cots_batch_job/__init__.py')!.toString();
  expect(python).toContain('CotsBatchJob(self, "NightlyIndex",\n    instance_ids=["i-0123456789abcdef0"],');
  expect(python).not.toContain('new CotsBatchJob(');
});
