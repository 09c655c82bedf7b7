import * as fs from 'node:fs';
import * as path from 'node:path';
import { UsageError } from '../../../src/local/app/errors';
import { parseCommandLine } from '../../../src/local/cli/cli-options';
import { removeFolders, temporaryFolder } from '../run/synthesized-app';

afterAll(removeFolders);

test('what is not given has a default', () => {
  expect(parseCommandLine(['run', 'cdk.out'])).toEqual({
    command: 'run',
    cdkOut: 'cdk.out',
    job: undefined,
    input: {},
    speed: 1,
    authorize: false,
    colour: true,
    json: false,
    quiet: false,
    keep: false,
    path: [],
    secrets: {},
    calendars: {},
    workDir: undefined,
    targets: 2,
  });
});

test('--check is a field of the input', () => {
  expect(parseCommandLine(['run', 'cdk.out', '--check', '--param', 'A=x'])).toMatchObject({ input: { check: true, parameters: { A: 'x' } } });
});

test('a time until which schedules fire makes it another command, with less to say', () => {
  expect(parseCommandLine(['run', 'cdk.out', '--until', '2999-01-01', '--from', '2998-12-01T06:30+01:00'])).toEqual({
    command: 'schedules',
    cdkOut: 'cdk.out',
    job: undefined,
    speed: 1,
    authorize: false,
    colour: true,
    json: false,
    keep: false,
    path: [],
    secrets: {},
    calendars: {},
    workDir: undefined,
    targets: 2,
    from: new Date('2998-12-01T05:30:00Z'),
    until: new Date('2999-01-01T00:00:00Z'),
    maxRuns: 400,
  });
  expect(parseCommandLine(['run', 'cdk.out', '--until', '2999-01-01T06:00:30Z', '--max-runs', '7', '--json']))
    .toMatchObject({ from: undefined, until: new Date('2999-01-01T06:00:30Z'), maxRuns: 7, json: true });
});

test.each([[], ['-h'], ['--help'], ['help'], ['run', '-h'], ['ssm', '--help']])('%j asks for help', (...args) => {
  expect(parseCommandLine(args)).toEqual({ command: 'help' });
});

test('the folder for logs is there, or is made', () => {
  const folder = temporaryFolder();
  expect(parseCommandLine(['ssm', '--work-dir', folder])).toMatchObject({ workDir: folder });
  expect(parseCommandLine(['ssm', '--work-dir', `${folder}/a/b`])).toMatchObject({ workDir: `${folder}/a/b` });
});

test('options are put into the input of the execution', () => {
  const file = path.join(temporaryFolder(), 'input.json');
  fs.writeFileSync(file, '{"parameters":{"A":"file","B":"file"},"scheduledTime":"t"}');

  expect(
    parseCommandLine(['run', 'cdk.out', '--input', file, '--param', 'A=x=y', '--param', 'C=', '--poll-interval', '60']),
  ).toMatchObject({
    input: { parameters: { A: 'x=y', B: 'file', C: '' }, scheduledTime: 't', pollIntervalSeconds: 60 },
  });
});

test.each<[args: string[], message: string | RegExp]>([
  [['walk'], "the command must be 'run' or 'ssm', got 'walk'"],
  [['run'], "'run' needs one folder, the output of 'cdk synth', got none"],
  [['run', 'a', 'b'], "'run' needs one folder, the output of 'cdk synth', got 'a' 'b'"],
  [['run', 'cdk.out', '--fast'], "unknown option '--fast'"],
  [['run', 'cdk.out', '--until', 'tomorrow'], "--until must be a time such as 2027-01-01 or 2027-01-01T06:00Z, got 'tomorrow'"],
  [['run', 'cdk.out', '--until', '2999-02-30'], "--until must be a time such as 2027-01-01 or 2027-01-01T06:00Z, got '2999-02-30'"],
  [['run', 'cdk.out', '--until', '2999-02-28T25:00'], "--until must be a time such as 2027-01-01 or 2027-01-01T06:00Z, got '2999-02-28T25:00'"],
  [['run', 'cdk.out', '--until', '2020-01-01'], "--until must be later than now, got '2020-01-01'"],
  [['run', 'cdk.out', '--until', '2027-01-01', '--from', '2027-01-01'], "--until must be later than --from, got '2027-01-01'"],
  [['run', 'cdk.out', '--until', '2999-01-01', '--max-runs', '0'], "--max-runs must be a whole number, at least 1, got '0'"],
  [['run', 'cdk.out', '--until', '2999-01-01', '--param', 'A=b'], '--param does not go with --until'],
  [['run', 'cdk.out', '--until', '2999-01-01', '--html', 'run.html'], '--html does not go with --until'],
  [['run', 'cdk.out', '--until', '2999-01-01', '--check'], '--check does not go with --until'],
  [['run', 'cdk.out', '--from', '2027-01-01'], '--from needs --until'],
  [['run', 'cdk.out', '--max-runs', '5'], '--max-runs needs --until'],
  [['run', 'cdk.out', '--job'], "option '--job <value>' argument missing"],
  [['run', 'cdk.out', '--param', 'NAME'], '--param must be NAME=VALUE, got a text without ='],
  [['run', 'cdk.out', '--param', 'a b=c'], "--param must be NAME=VALUE, got 'a b=…'"],
  [['run', 'cdk.out', '--input', '{'], '--input must be JSON: '],
  [['run', 'cdk.out', '--input', 'nothing.json'], "--input must be a file or a JSON object, got 'nothing.json'"],
  [['run', 'cdk.out', '--input', '{"parameters":5}'], "--input must have an object in 'parameters', got number"],
  [['run', 'cdk.out', '--input', '{"parameters":["PIN=7351"]}'], "--input must have an object in 'parameters', got a list"],
  [['run', 'cdk.out', '--input', '{"parameters":{"PIN":x7351}}'], /--input must be JSON: Unexpected token 'x'$/],
  [['run', 'cdk.out', '--input', '[{"PIN":7351}]'], /--input must be a file or a JSON object, got a text$/],
  [['run', 'cdk.out', '--speed', '0.5'], "--speed must be a number, at least 1, got '0.5'"],
  [['run', 'cdk.out', '--speed', ''], "--speed must be a number, at least 1, got ''"],
  [['run', 'cdk.out', '--poll-interval', '1.5'], "--poll-interval must be a whole number, at least 1, got '1.5'"],
  [['run', 'cdk.out', '--targets', '-1'], "option '--targets' argument is ambiguous"],
  [['run', 'cdk.out', '--path', __filename], `--path must be a folder that is there, without ':' in its name, got '${__filename}'`],
  [['run', 'cdk.out', '--path', '/no/such/folder'], "--path must be a folder that is there, without ':' in its name, got '/no/such/folder'"],
  [['run', 'cdk.out', '--targets', '2000'], "--targets must be a whole number, between 0 and 1000, got '2000'"],
  [['ssm', '--port', '99999'], "--port must be a whole number, between 0 and 65535, got '99999'"],
  [['ssm', 'cdk.out'], "'ssm' takes options only, got 'cdk.out'"],
  [['run', 'cdk.out', '--work-dir', __filename], `--work-dir must be a folder, got '${__filename}'`],
  [['ssm', '--work-dir', `${__filename}/a/b`], `--work-dir must be a folder, got '${__filename}/a/b'`],
])('%j is refused', (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(UsageError);
  expect(() => parseCommandLine(args)).toThrow(message);
});
