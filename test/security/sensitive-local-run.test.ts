import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { BatchCommand, CotsBatchJob, JobParameter } from '../../src';
import { Job } from '../../src/local/app/jobs';
import { SensitiveParameters } from '../../src/local/app/sensitive-parameters';
import { MAX_LINE_BYTES } from '../../src/local/services/ssm/output-lines';

/** The attacker reads the terminal, or what CI has kept of it: a whole run, with the bundles and a real script, whose program prints the value. */

const CANARY = 'cAn4ry v"a|ue';
const CLI = path.join(__dirname, '../../assets/local/cli/index.js');

let folder: string;
let cdkOut: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sensitive-'));
  cdkOut = path.join(folder, 'cdk.out');
  const app = new App({ outdir: cdkOut });
  new CotsBatchJob(new Stack(app, 'Stack'), 'Job', {
    instanceIds: ['i-0123456789abcdef0'],
    command: BatchCommand.shell([
      // In two parts, and where a line is cut that is too long to be shown.
      'printf "%s" "${LICENCE%ry*}"; sleep 0.2; echo "ry${LICENCE#*ry}"',
      `printf "%${MAX_LINE_BYTES - 8}s%s\\n" x "$LICENCE"`,
      'echo "licence: $LICENCE, sites: $SITES"; echo "no $LICENCE" >&2; exit 3',
    ].join('\n')),
    parameters: { LICENCE: JobParameter.string({ sensitive: true, pattern: '[^0]*' }), SITES: JobParameter.string({ default: 'all' }) },
  });
  app.synth();
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const workDir = fs.mkdtempSync(path.join(folder, 'work-'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'run', cdkOut, '--speed', '50', '--work-dir', workDir, ...args], {
    encoding: 'utf8', maxBuffer: 1e8,
  });
  const logs = fs.readdirSync(path.join(workDir, 'functions'), { recursive: true, encoding: 'utf8' }).map((name) => path.join(workDir, 'functions', name))
    .filter((file) => fs.statSync(file).isFile()).map((file) => fs.readFileSync(file, 'utf8')).join('\n');
  return { status, stdout, told: [stdout, stderr, logs].join('\n') };
}

function expectNoValue(told: string): void {
  expect([CANARY.slice(0, 6), 'a|ue', Buffer.from(CANARY).toString('base64').slice(0, 12)].filter((trace) => told.includes(trace))).toEqual([]);
}

test.each([
  ['its output', '--param', `LICENCE=${CANARY}`],
  ['a value that is refused', '--param', `LICENCE=${CANARY}0`],
  ['an input that is not understood', '--input', JSON.stringify({ LICENCE: CANARY, parameters: { LICENCE: CANARY } })],
])('neither the terminal, nor JSON, nor a log of the handlers has the value: %s', (_what, ...args) => {
  const plain = run(...args);
  expect(plain.status).toBe(1);
  expectNoValue(plain.told);

  const json = run('--json', ...args);
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expectNoValue(json.told);
});

test('the rest of the output stays in the mail', () => {
  const { stdout } = run('--param', `LICENCE=${CANARY}`);
  expect(stdout).toContain('licence: ***, sites: all');
  expect(stdout).toMatch(/^ +│ \*\*\*\n +│ {90,}x\*\*\*\n +│ licence: \*\*\*, sites: all$/m);
  expect(stdout).toMatch(/^ {4}err │ no \*\*\*$/m);
});

test('a value is hidden by its name where it is short, and anywhere where it is long', () => {
  const definition = JSON.stringify({ States: { A: { Parameters: { job: { parameters: { PIN: { sensitive: true }, SITES: {} } } } } } });
  const job = { stateMachine: { property: (name: string) => name === 'DefinitionString' ? definition : undefined } } as unknown as Job;
  const data = { history: [{ input: { parameters: { PIN: 7, SITES: '7' } } }, { input: { parameters: { PIN: '4711' } } }, 'got 4711'] };
  expect(new SensitiveParameters([job]).hideIn(data)).toEqual({
    history: [{ input: { parameters: { PIN: '***', SITES: '7' } } }, { input: { parameters: { PIN: '***' } } }, 'got ***'],
  });
});
