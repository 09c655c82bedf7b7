import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, resolve } from 'node:path';
import { Files, filesOfTar } from '../packed/archive';
import { packed } from '../packed/packed';

/** All that consumers need; a file that is none of these must be thought about. */
const NEEDED = [
  /^(package\.json|README\.md|API\.md|LICENSE|\.jsii)$/,
  // What the examples stand in: Construct Hub compiles them.
  /^rosetta\/default\.ts-fixture$/,
  /^assets\/(THIRD-PARTY-LICENSES|bom\.cdx\.json)$/,
  /^assets\/(runtime\/(send-command|get-status|close-run|check-start)\.lambda|local\/(cli|engine)|patterns)\/index\.js$/,
  /^assets\/runtime\/send-command\.lambda\/pattern-engine\.js$/,
  // Constructs, and what they share with the handlers.
  /^lib\/((command(\/launcher)?|workflow|handlers|protocol(\/schedule)?)\/)?[a-z-]+\.(js|d\.ts)$/,
];

/** Bytes of the packed package: what every synth in another language has to unpack. */
const MOST_BYTES = 1_500_000;

let files: Files;

beforeAll(() => {
  files = new Map([...filesOfTar(packed('js', '.tgz'))].map(([name, content]) => [name.replace(/^package\//, ''), content]));
}, 60_000);

const read = (name: string) => files.get(name)!.toString();

const bundled = (licences: string) =>
  [...licences.matchAll(/^(@?[a-z0-9/.-]+) \d+\.\d+\.\d+ \((.+)\)$/gm)].map(([, name, licence]) => ({ name, licence }));

test('it holds what consumers need and no more', () => {
  expect([...files.keys()].filter((name) => !NEEDED.some((pattern) => pattern.test(name)))).toEqual([]);
  expect(NEEDED.filter((pattern) => ![...files.keys()].some((name) => pattern.test(name)))).toEqual([]);
});

test('it is small', () => {
  expect(statSync(packed('js', '.tgz')).size).toBeLessThan(MOST_BYTES);
});

test('every module that is required is in it, is built into Node.js, or is a peer', () => {
  const { peerDependencies, dependencies = {} } = JSON.parse(read('package.json'));
  expect(dependencies).toEqual({});
  const required = [...files.keys()].filter((name) => /^lib\/.*\.js$/.test(name))
    .flatMap((name) => [...read(name).matchAll(/\brequire\("([^"]+)"\)/g)].map(([, module]) => ({ name, module })));
  expect(required.length).toBeGreaterThan(100);
  const missing = required.filter(({ name, module }) => {
    const file = resolve('/', dirname(name), module).slice(1);
    return module.startsWith('.') ? !files.has(`${file}.js`) && !files.has(`${file}/index.js`)
      : !isBuiltin(module) && !Object.keys(peerDependencies).some((peer) => module === peer || module.startsWith(`${peer}/`));
  });
  expect(missing).toEqual([]);
});

test('nothing in it tells of the machine that built it', () => {
  const home = resolve(__dirname, '../..');
  expect([...files].filter(([, content]) => content.includes(home)).map(([name]) => name)).toEqual([]);
  expect([...files.keys()].filter((name) => name.endsWith('.map'))).toEqual([]);
});

test('the licences of all that is bundled are in it', () => {
  const licences = read('assets/THIRD-PARTY-LICENSES');
  const titles = bundled(licences);
  expect(titles.map(({ name }) => name)).toEqual(expect.arrayContaining(['@aws-sdk/client-ssm', '@smithy/core', 'aws-local-stepfunctions', 'bowser', 're2js']));
  expect(new Set(titles.map(({ licence }) => licence))).toEqual(new Set(['Apache-2.0', 'MIT', 'ISC']));
  expect(licences).toContain('Permission is hereby granted, free of charge');
  expect(licences).toContain('Apache License');
});

test('of the SDK\'s credential providers, only the one that Lambda needs is in it', () => {
  const names = bundled(read('assets/THIRD-PARTY-LICENSES')).map(({ name }) => name);
  expect(names.filter((name) => name.includes('credential-provider'))).toEqual(['@aws-sdk/credential-provider-env']);
});

test('publint finds nothing wrong with its package.json', () => {
  const publint = resolve(__dirname, '../../node_modules/.bin/publint');
  const { status, stdout } = spawnSync(publint, ['run', packed('js', '.tgz'), '--strict', '--level', 'warning'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('All good!') });
});
