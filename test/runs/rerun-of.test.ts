import { LocalJob } from './local-job';
import { BatchCommand, CommandTarget, JobParameter } from '../../src';
import { LocalRunResult } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';
import { ids } from '../runtime/samples';
import { JobProps } from '../support/synth';

const [ONE, TWO, THREE] = ids(3);

/** Fails where there is a file `broken`, which the test has put there, and is well at its next start. Each start leaves a mark. */
const SCRIPT = 'echo "$KEYWORDS" >>marks; if [ -e broken ]; then rm broken; exit 7; fi';

const props = (more: JobProps = {}): JobProps => ({
  instanceIds: [ONE, TWO, THREE],
  command: BatchCommand.shell(SCRIPT),
  parameters: { KEYWORDS: JobParameter.string({ default: 'cloud', sensitive: true }) },
  allowRerun: true,
  ...more,
});

let job: LocalJob;

afterEach(() => job.close());

const told = ({ notifications }: LocalRunResult) => notifications.map(({ messages }) => JSON.parse(messages.default) as RunResult);
const mailOf = ({ notifications: [first] }: LocalRunResult) => first?.messages.email ?? '';
const marks = () => [ONE, TWO, THREE].map((id) => job.read(id, 'marks').split('\n').filter((line) => line));
const nameOf = ({ executionArn }: LocalRunResult) => executionArn.slice(executionArn.lastIndexOf(':') + 1);

/** Runs the job to a failure on the second of three instances. */
async function failOnTwo(input: object = { parameters: { KEYWORDS: 'batch' } }): Promise<LocalRunResult> {
  job.write(TWO, 'broken');
  return job.toEnd({ input });
}

test('runs again only where it failed, with the parameters of that run, and says what it repeats', async () => {
  job = await LocalJob.open(props({ notifyOn: undefined }));
  const first = await failOnTwo();
  expect(first).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  const [, input] = /To run it again only where it did not succeed\n {2}aws stepfunctions start-execution --state-machine-arn \S+ --input '([^']+)'/
    .exec(mailOf(first)) ?? [];
  expect(JSON.parse(input)).toEqual({ rerunOf: nameOf(first), only: 'failed' });

  const rerun = await job.toEnd({ input: JSON.parse(input) });
  expect(rerun).toMatchObject({
    status: 'SUCCEEDED', output: { outcome: 'Succeeded', rerunOf: first.executionArn, instances: { total: 1, succeeded: 1 }, attempts: 1 },
  });
  expect((rerun.output as RunResult).runId).not.toBe(told(first)[0].runId);
  expect(marks()).toEqual([['batch'], ['batch', 'batch'], ['batch']]);
});

test('an ARN is as good as a name, parameters can be others, and nothing said is the failed ones', async () => {
  job = await LocalJob.open(props());
  const first = await failOnTwo();
  await job.toEnd({ input: { rerunOf: first.executionArn, parameters: { KEYWORDS: 'other' } } });
  expect(marks()).toEqual([['batch'], ['batch', 'other'], ['batch']]);
});

test('a rerun of a rerun runs where that one failed, with what the first was given; all of a rerun is all of the job', async () => {
  job = await LocalJob.open(props());
  const first = await failOnTwo();
  job.write(TWO, 'broken');
  const second = await job.toEnd({ input: { rerunOf: nameOf(first) } });
  expect(mailOf(second)).toMatch(new RegExp(`^Rerun of {3}${first.executionArn}$`, 'm'));
  expect(mailOf(second)).toContain(`{"rerunOf":"${nameOf(second)}","only":"failed"}`);
  const third = await job.toEnd({ input: { rerunOf: nameOf(second), only: 'failed' } });
  expect(third.status).toBe('SUCCEEDED');
  expect(marks()).toEqual([['batch'], ['batch', 'batch', 'batch'], ['batch']]);
  const all = await job.toEnd({ input: { rerunOf: nameOf(third), only: 'all' } });
  expect(all).toMatchObject({ status: 'SUCCEEDED', output: { instances: { total: 3, succeeded: 3 } } });
  expect(marks()).toEqual([['batch', 'batch'], Array(4).fill('batch'), ['batch', 'batch']]);
});

test('servers that SSM finds are run again by name', async () => {
  const tags = { Role: 'crawler' };
  job = await LocalJob.open(props({ instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')] }), {
    targets: 0, instances: [ONE, TWO, THREE].map((instanceId) => ({ instanceId, tags })),
  });
  const first = await failOnTwo();
  const rerun = await job.toEnd({ input: { rerunOf: nameOf(first) } });
  expect(rerun).toMatchObject({ status: 'SUCCEEDED', output: { instances: { total: 1, succeeded: 1 } } });
  expect(marks()).toEqual([['batch'], ['batch', 'batch'], ['batch']]);
});

test('where it was tried again, the last attempt counts', async () => {
  job = await LocalJob.open(props({ retry: { maxAttempts: 2 } }));
  job.write(THREE, 'broken');
  const script = 'echo "$KEYWORDS" >>marks; if [ -e broken ]; then exit 7; fi';
  job.deploy(props({ retry: { maxAttempts: 2 }, command: BatchCommand.shell(script) }));
  job.write(TWO, 'broken');
  const first = await job.toEnd({ input: { parameters: { KEYWORDS: 'batch' } } });
  expect(told(first)).toMatchObject([{ attempts: 2, instances: { total: 3, succeeded: 1, failed: 2 } }]);
  const rerun = await job.toEnd({ input: { rerunOf: nameOf(first) } });
  expect(told(rerun)).toMatchObject([{ rerunOf: first.executionArn, attempts: 2, instances: { total: 2, failed: 2 } }]);
  expect(marks().map(({ length }) => length)).toEqual([1, 4, 4]);
});

describe('is refused, loudly, and starts nothing', () => {
  const refused = async (input: object) => {
    const before = marks();
    const result = await job.toEnd({ input });
    expect(result).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(told(result)).toMatchObject([{ outcome: 'Failed', attempts: 0, commandIds: [] }]);
    expect(marks()).toEqual(before);
    expect(mailOf(result)).not.toContain('only where it did not succeed');
    return result.cause;
  };

  test('where the run succeeded everywhere, is still going on, is unknown, or of another job', async () => {
    job = await LocalJob.open(props({ command: BatchCommand.shell(`${SCRIPT}; while [ -e hold ]; do sleep 0.1; done`) }));
    const fine = await job.toEnd();
    expect(await refused({ rerunOf: nameOf(fine) })).toMatch(/it succeeded on all its 3 instances: to run all of it again, say "only": "all"/);
    expect(await refused({ rerunOf: 'gone' })).toMatch(/rerunOf "gone" is refused: Step Functions knows no such execution \(arn:.*:gone\); it keeps one for 90 days/);
    expect(await refused({ rerunOf: fine.executionArn.replace(/:[^:]+:[^:]+$/, ':Other:run') })).toMatch(/rerunOf must be the name or the ARN of an execution of this job/);
    expect(await refused({ rerunOf: nameOf(fine), only: 'some' })).toMatch(/only must be "failed" or "all", got "some"/);
    expect(await refused({ only: 'failed' })).toMatch(/the input has "only", which no execution may choose/);
    job.write(ONE, 'hold');
    const long = job.start();
    try {
      while (marks().some(({ length }) => length < 2)) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await refused({ rerunOf: long.arn.slice(long.arn.lastIndexOf(':') + 1) })).toMatch(/is refused: it still runs/);
    } finally {
      long.abort();
      await long.result;
    }
  });

  test('where an instance has not answered, or the job may not be rerun', async () => {
    job = await LocalJob.open(props(), { instances: [{ instanceId: TWO, fault: { kind: 'dies', afterSeconds: 0 } }] });
    const lost = await job.toEnd();
    expect(lost.error).toBe('CotsBatchJob.Unresponsive');
    expect(mailOf(lost)).not.toContain('only where it did not succeed');
    for (const only of ['failed', 'all']) {
      expect(await refused({ rerunOf: nameOf(lost), only })).toContain(`the program may still run on 1 instance of it (${TWO}): look there`);
    }
    job.deploy(props({ allowRerun: undefined }));
    expect(await refused({ rerunOf: nameOf(lost) })).toMatch(/the input has rerunOf, which takes a job with allowRerun: true/);
  });
});
