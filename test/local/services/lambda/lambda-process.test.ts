import * as fs from 'node:fs';
import * as path from 'node:path';
import { lambdaEnvironment, LambdaInvocation, LambdaOutcome, LambdaProcesses } from '../../../../src/local/services/lambda/process';
import { removeFolders, temporaryFolder } from '../../run/synthesized-app';

afterAll(removeFolders);

const processes = new LambdaProcesses();

function invocation(source: string, more: Partial<LambdaInvocation> = {}): LambdaInvocation {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'index.js'), source);
  return {
    folder,
    handler: 'index.handler',
    event: { a: 1 },
    context: {
      functionName: 'F',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:F',
      memoryLimitInMB: '128',
      awsRequestId: 'request-1',
      logGroupName: '/aws/lambda/F',
      logStreamName: 'stream',
    },
    timeoutSeconds: 30,
    memoryMb: 128,
    environment: { OWN: 'value' },
    logFile: path.join(folder, 'F.log'),
    ...more,
  };
}

const invoke = async (source: string, more?: Partial<LambdaInvocation>): Promise<LambdaOutcome> =>
  processes.invoke(invocation(source, more));

test('a handler gets its event and context, and returns JSON', async () => {
  const outcome = await invoke(
    'exports.handler = async (event, c) => ({ event, name: c.functionName, left: c.getRemainingTimeInMillis() });',
  );

  expect(outcome.result).toMatchObject({ event: { a: 1 }, name: 'F' });
  expect((outcome.result as { left: number }).left).toBeGreaterThan(0);
});

test.each([
  ['returns nothing', 'exports.handler = async () => {};', null],
  ['is not asynchronous', 'exports.handler = () => 5;', 5],
  ['calls back', 'exports.handler = (event, context, callback) => { setTimeout(() => callback(null, "later"), 10); };', 'later'],
])('a handler that %s', async (_, source, result) => {
  expect(await invoke(source)).toEqual({ result });
});

test('every invocation is a fresh process', async () => {
  const counted = invocation('let n = 0; exports.handler = async () => ++n;');

  expect([await processes.invoke(counted), await processes.invoke(counted)]).toEqual([{ result: 1 }, { result: 1 }]);
});

test('an error is described as Lambda does', async () => {
  const { error } = await invoke(
    'class Refused extends Error { name = "CotsBatchJob.Refused" } exports.handler = async () => { throw new Refused("no"); };',
  );

  expect(error).toMatchObject({ errorType: 'CotsBatchJob.Refused', errorMessage: 'no' });
  expect(error?.trace?.[0]).toBe('CotsBatchJob.Refused: no');
});

test.each([
  [
    'a text that is thrown',
    'exports.handler = async () => { throw "text"; };',
    { errorType: 'string', errorMessage: 'text', trace: [] },
  ],
  ['a bundle that does not load', 'throw new TypeError("broken");', { errorType: 'TypeError', errorMessage: 'broken' }],
  [
    'a rejection that nobody handles',
    'exports.handler = async () => { Promise.reject(new Error("lost")); await new Promise((r) => setTimeout(r, 5000)); };',
    { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
  ],
])('%s is an error', async (_, source, error) => {
  expect((await invoke(source)).error).toMatchObject(error);
});

test('a process that ends without an answer is lost', async () => {
  expect(await invoke('exports.handler = async () => process.exit(7);')).toEqual({
    lost: 'RequestId: request-1 Error: Runtime exited with error: exit status 7',
  });
});

test('a handler that needs more memory than the function has is lost', async () => {
  const { lost } = await invoke(
    'exports.handler = async () => { const all = []; for (;;) all.push(new Array(100000).fill(all.length)); };',
    { memoryMb: 16 },
  );

  expect(lost).toMatch(/Runtime exited with error: (signal: abrt|exit status 134)/);
});

test('a handler that takes longer than the timeout of its function is ended', async () => {
  const marked = invocation('exports.handler = async () => { await new Promise((r) => setTimeout(r, 20000)); };', {
    timeoutSeconds: 0.5,
  });

  expect(await processes.invoke(marked)).toEqual({ lost: 'RequestId: request-1 Error: Task timed out after 0.50 seconds' });
});

test.each([
  ['before', false],
  ['after', true],
] as const)('a crash %s the work is lost, and the work was done: %p', async (crash, done) => {
  const asked = invocation("exports.handler = async () => { require('fs').writeFileSync('done', ''); return 1; };", { crash });

  expect((await processes.invoke(asked)).lost).toBeDefined();
  expect(fs.existsSync(path.join(asked.folder, 'done'))).toBe(done);
});

test('what a handler writes is kept in the log of its function', async () => {
  const asked = invocation(
    'exports.handler = async () => { console.log("out"); console.error("err"); throw new Error("why"); };',
  );
  await processes.invoke(asked);

  expect(fs.readFileSync(asked.logFile, 'utf8')).toMatch(
    /^START RequestId: request-1\n[^]*out\n[^]*err\n[^]*"errorMessage":"why"[^]*\nEND RequestId: request-1/,
  );
});

test('a large event and a large result pass', async () => {
  const text = 'é'.repeat(1_000_000);

  expect(await invoke('exports.handler = async (event) => event;', { event: text })).toEqual({ result: text });
});

/** What every function has in its environment. */
const environment = lambdaEnvironment({
  endpointUrl: 'http://127.0.0.1:1',
  credentials: { accessKeyId: 'ASIA1', secretAccessKey: 'secret', sessionToken: 'token' },
  region: 'eu-west-1',
  functionName: 'F',
  memoryMb: 128,
  handler: 'index.handler',
  folder: '/var/task',
  logGroupName: '/aws/lambda/F',
});

test('a process sees the environment of the function and nothing of this one', async () => {
  process.env.COTS_SECRET_OF_THIS_PROCESS = 'secret';
  const { result } = await invoke('exports.handler = async () => process.env;', {
    environment: { ...environment, OWN: 'value' },
  });
  delete process.env.COTS_SECRET_OF_THIS_PROCESS;

  expect(result).toMatchObject({
    OWN: 'value',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_ACCESS_KEY_ID: 'ASIA1',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token',
  });
  expect(Object.keys(result as object)).not.toContain('COTS_SECRET_OF_THIS_PROCESS');
});

test('the log of a function has no warnings about the Node.js of this machine', async () => {
  const warns = `
    const { emitWarningIfUnsupportedVersion } = require(${JSON.stringify(require.resolve('@aws-sdk/core/client'))});
    exports.handler = async () => {
      emitWarningIfUnsupportedVersion('v1.2.3');
      process.emitWarning('is old', 'DeprecationWarning');
      process.emitWarning('look at this', 'Warning');
      await new Promise(setImmediate);
    };`;
  const asked = invocation(warns, { environment });
  await new LambdaProcesses().invoke(asked);

  const log = fs.readFileSync(asked.logFile, 'utf8');
  expect(log).toContain('look at this');
  expect(log).not.toMatch(/NodeVersionSupport|is old/);
});

test('a function sees the time of the run, however it asks', async () => {
  const ahead = 10 * 86_400_000;
  const source = 'exports.handler = async (event, c) => [Date.now(), +new Date(), Date.parse(Date()), +new Date(5), ' +
    'new Date() instanceof Date, c.getRemainingTimeInMillis()];';

  const { result } = await new LambdaProcesses(() => Date.now() + ahead).invoke(invocation(source));

  const [now, created, called, given, isDate, left] = result as [number, number, number, number, boolean, number];
  for (const time of [now, created, called]) {
    expect(Math.abs(time - ahead - Date.now())).toBeLessThan(ahead);
  }
  expect([given, isDate]).toEqual([5, true]);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(30_000);
});
