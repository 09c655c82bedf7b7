import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// What `npm ci` says in a fresh clone: nothing.

const read = (file: string) => readFileSync(join(__dirname, '..', file), 'utf8');

interface Locked {
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
}

const packages = Object.entries((JSON.parse(read('package-lock.json')) as { packages: { [path: string]: Locked } }).packages);
const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');

/** npm's own way to read ranges: the one that comes with aws-cdk-lib. */
const { satisfies } = createRequire(require.resolve('aws-cdk-lib'))('semver') as { satisfies(version: string, range: string): boolean };

/** The oldest one of each major version that people are told to take. */
const [, told] = /Node\.js (\d[\d., ]*\d) or newer, and git/.exec(read('CONTRIBUTING.md'))!;
const versions = told.split(', ').map((version) => `${version}.0.0`.split('.').slice(0, 3).join('.'));

test('the guide names versions of Node.js', () => {
  expect(versions.map((version) => version.split('.')[0])).toEqual(['20', '22', '24']);
  expect(packages.filter(([, { engines }]) => engines?.node).length).toBeGreaterThan(100);
});

test.each(versions)('every package takes Node.js %s', (version) => {
  const refusing = packages.filter(([, { engines }]) => engines?.node && !satisfies(version, engines.node));
  expect(refusing.map(([path, { engines }]) => `${nameOf(path)}: ${engines!.node}`)).toEqual([]);
});

test('whether a package may run its script is decided, and no other package is named', () => {
  const scripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: { [name: string]: boolean } };
  expect(Object.entries(allowScripts).filter(([, allowed]) => allowed)).toEqual([]);
  expect(Object.keys(allowScripts).sort()).toEqual([...new Set(scripts)].sort());
});
