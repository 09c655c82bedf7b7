import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The report of API changes, which compares with the latest release. There is none yet: the API of this tree, changed here and
 * there, stands for it.
 */
const ROOT = resolve(__dirname, '../..');
const PROPS = 'cdk-cots-batch-job.CotsBatchJobProps';

/** As far as it matters here. @see https://aws.github.io/jsii/specification/ */
interface Assembly {
  readonly types: { readonly [name: string]: { properties: { name: string; optional?: boolean }[] } };
}

let release: string;

beforeEach(() => {
  release = mkdtempSync(join(tmpdir(), 'release-'));
  ['package.json', '.jsii'].forEach((file) => cpSync(join(ROOT, file), join(release, file)));
  symlinkSync(join(ROOT, 'node_modules'), join(release, 'node_modules'));
});

afterEach(() => {
  rmSync(release, { recursive: true, force: true });
});

/** What was different in the release. */
function inRelease(change: (assembly: Assembly) => void): void {
  const file = join(release, '.jsii');
  const assembly = JSON.parse(readFileSync(file, 'utf8'));
  change(assembly);
  writeFileSync(file, JSON.stringify(assembly));
}

function compat(args: string[], environment: NodeJS.ProcessEnv = {}): Promise<{ status: number | null; output: string }> {
  const child = spawn(join(ROOT, '.ci/compat'), args, { env: { ...process.env, ...environment } });
  let output = '';
  child.stdout.on('data', (text) => output += text);
  child.stderr.on('data', (text) => output += text);
  return new Promise((done, fail) => child.on('error', fail).on('close', (status) => done({ status, output })));
}

/** A registry on loopback that answers everything in the same way. */
async function withRegistry<T>(status: number, use: (environment: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const registry = createServer((_request, response) => response.writeHead(status).end('{}')).listen(0, '127.0.0.1');
  try {
    await new Promise((listening) => registry.once('listening', listening));
    const { port } = registry.address() as AddressInfo;
    return await use({ npm_config_registry: `http://127.0.0.1:${port}`, npm_config_fetch_retries: '0' });
  } finally {
    registry.closeAllConnections();
    registry.close();
  }
}

test('an API that is the same is compatible', async () => {
  expect(await compat([release])).toEqual({ status: 0, output: `the API is compatible with ${release}\n` });
});

test('a prop more is compatible', async () => {
  inRelease(({ types }) => types[PROPS].properties = types[PROPS].properties.filter(({ name }) => name !== 'outputKeyPrefix'));
  expect(await compat([release])).toMatchObject({ status: 0 });
});

test('a prop less breaks', async () => {
  inRelease(({ types }) => types[PROPS].properties.push({ ...types[PROPS].properties[0], name: 'formerProp' }));
  expect(await compat([release])).toMatchObject({ status: 1, output: expect.stringContaining(`PROP ${PROPS}.formerProp: has been removed`) });
});

test('a prop that was optional and is required breaks', async () => {
  inRelease(({ types }) => types[PROPS].properties.find(({ name }) => name === 'command')!.optional = true);
  expect(await compat([release])).toMatchObject({ status: 1, output: expect.stringContaining('newly required property \'command\' used to be optional') });
});

test('before the first release there is nothing to compare with, and it says so', async () => {
  expect(await withRegistry(404, (registry) => compat([], registry)))
    .toEqual({ status: 0, output: 'there is no release of cdk-cots-batch-job yet: nothing to compare the API with\n' });
});

test('a registry that fails is not taken for one without a release', async () => {
  expect(await withRegistry(503, (registry) => compat([], registry)))
    .toMatchObject({ status: 1, output: expect.stringContaining('the registry did not tell the latest release of cdk-cots-batch-job') });
});
