import { Duration, Stack } from 'aws-cdk-lib';
import { CfnSchedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { LocalJob } from './local-job';
import { BatchCommand, JobParameter } from '../../src';
import { Fault } from '../../src/local/aws/faults';
import { LocalRunOptions } from '../../src/local/run/local-run';
import { RunResult } from '../../src/protocol';
import { JobProps, SynthesizedJob } from '../support/synth';

const WATCH = 'Stack/Job/StartWatch';

const watched = (props: JobProps = {}) => (stack: Stack): JobProps => ({
  command: BatchCommand.shell('echo done'),
  schedule: ScheduleExpression.cron({ hour: '3', minute: '30' }),
  ...props,
  scheduleOptions: { mustStartWithin: Duration.minutes(5), deadLetterQueue: new Queue(stack, 'Queue'), ...props.scheduleOptions },
});

/** What somebody does to the schedule of the job by hand. */
const changed = (change: (schedule: CfnSchedule) => void) => ({ job }: SynthesizedJob) => change(job.startSchedule!.node.defaultChild as CfnSchedule);

/** The watch of a time, of the app's clock. */
async function watch(job: LocalJob, scheduledTime: string, executionName?: string) {
  const run = await job.run.start({ job: WATCH, input: { scheduledTime }, executionName }).result;
  expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  return run;
}

async function withJob<T>(
  props: Parameters<typeof LocalJob.open>[0], use: (job: LocalJob, now: string) => Promise<T>,
  { extend, ...options }: LocalRunOptions & { extend?: (job: SynthesizedJob) => void } = {},
): Promise<T> {
  const job = await LocalJob.open(props, { speed: 1000, ...options }, extend);
  try {
    return await use(job, new Date(job.run.now()).toISOString());
  } finally {
    await job.close();
  }
}

test('a time whose run is there: nobody is told', async () => {
  await withJob(watched(), async (job, now) => {
    const started = await job.toEnd({ input: { parameters: {}, scheduledTime: now } });
    expect(started).toMatchObject({ status: 'SUCCEEDED' });
    const seen = await watch(job, now);
    expect(seen).toMatchObject({ status: 'SUCCEEDED', output: started.executionArn, notifications: [] });
    expect(job.records().map(({ outcome }) => outcome)).toEqual(['Succeeded']);
  });
});

test('a run that failed is there as well', async () => {
  await withJob(watched({ command: BatchCommand.shell('exit 3') }), async (job, now) => {
    await job.toEnd({ input: { scheduledTime: now } });
    expect(await watch(job, now)).toMatchObject({ status: 'SUCCEEDED', notifications: [] });
  });
});

test('without a run the topic is told once, although others were started', async () => {
  await withJob(watched(), async (job, now) => {
    await job.toEnd();
    await job.toEnd({ input: { check: false } });
    const first = await watch(job, now, 'first');
    expect(first.status).toBe('SUCCEEDED');
    expect(first.notifications.map(({ attributes }) => attributes)).toEqual([{ job: 'Job', outcome: 'NotStarted' }]);
    const [{ subject, messages }] = first.notifications;
    expect(subject).toBe(`Job: was not started at ${now.slice(0, 19).replace('T', ' ')} UTC`);
    expect(JSON.parse(messages.default) as RunResult).toMatchObject({
      outcome: 'NotStarted', job: 'Job', execution: '', commandIds: [], attempts: 0, exitCode: -1, instances: { total: 0 },
    });
    expect(messages.email.replace(/\s+/g, ' ')).toMatch(/There is no run of the scheduled time .*\(mustStartWithin: 5 min\)\. Its schedule is ENABLED\. Its dead-letter queue is empty\./);
    expect(messages.email).toContain(`aws stepfunctions start-execution --state-machine-arn ${job.run.jobs[0].arn} --input '{"parameters":{}}'`);

    const second = await watch(job, now, 'second');
    expect(second).toMatchObject({ status: 'SUCCEEDED', notifications: [] });
    expect(job.records().filter(({ outcome }) => outcome === 'NotStarted')).toMatchObject([{ StateMachineArn: job.run.jobs[0].arn, NotStarted: 1 }]);
  });
});

test('a check run of the time is no run of it', async () => {
  const scheduledTime = new Date(Date.now() - 1000).toISOString();
  await withJob(watched({ parameters: { KEY: JobParameter.string({ default: 'x' }) } }), async (job) => {
    await job.start({ input: { scheduledTime, check: true } }).result;
    expect((await watch(job, scheduledTime)).notifications).toHaveLength(1);
  });
});

describe('why', () => {
  const reason = async (extend: (job: SynthesizedJob) => void, faults: Fault[] = []) =>
    withJob(watched(), async (job, now) => (await watch(job, now)).notifications[0].messages.email.replace(/\s+/g, ' '), { extend, faults });

  test('somebody has disabled the schedule', async () => {
    const text = await reason(changed((schedule) => { schedule.state = 'DISABLED'; }));
    expect(text).toContain('Its schedule is DISABLED; by whom is not known.');
    expect(text).not.toContain('may still start it');
  });

  test('somebody has changed its expression', async () => {
    const text = await reason(changed((schedule) => { schedule.scheduleExpression = 'cron(0 9 * * ? *)'; }));
    expect(text).toContain('has another expression than the one that was deployed: cron(0 9 * * ? *), not cron(30 3 * * ? *).');
  });

  test('it is gone', async () => {
    const text = await reason(() => undefined, [{ operation: 'GetSchedule', kind: 'notFound', calls: [1, 2, 3, 4] }]);
    expect(text).toContain('Its schedule is not there any more.');
  });

  test('it cannot be read, nor can the queue', async () => {
    const text = await reason(() => undefined, [
      { operation: 'GetSchedule', kind: 'accessDenied', calls: [1, 2, 3, 4] },
      { operation: 'GetQueueAttributes', kind: 'internalError', calls: [1, 2, 3, 4] },
    ]);
    expect(text).toContain('Its schedule could not be read (Scheduler.SchedulerException).');
    expect(text).toMatch(/Its dead-letter queue could not be read \(Sqs\.\w+\)\./);
  });
});

test('the command has what the schedule would have given, but for what is sensitive', async () => {
  const parameters = { MODE: JobParameter.string({ pattern: '[a-z]+' }), TOKEN: JobParameter.string({ sensitive: true, pattern: '.+' }) };
  await withJob(watched({ parameters, scheduleOptions: { parameters: { MODE: 'full', TOKEN: 'geheimnis' } } }), async (job, now) => {
    const [{ messages }] = (await watch(job, now)).notifications;
    expect(messages.email).toContain('--input \'{"parameters":{"MODE":"full","TOKEN":null}}\'');
    expect(messages.email).toContain('give the value of TOKEN, in place of null');
    expect(JSON.stringify(messages)).not.toContain('geheimnis');
  });
});

test('where it cannot be found out, that is told, and the watch fails', async () => {
  const calls = Array.from({ length: 200 }, (_, i) => i + 1);
  await withJob(watched(), async (job, now) => {
    const run = await job.run.start({ job: WATCH, input: { scheduledTime: now } }).result;
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.NotChecked' });
    expect(run.notifications.map(({ subject }) => subject)).toEqual(['Job: not known whether it was started']);
    expect(run.notifications[0].messages.email).toContain(now);
  }, { faults: [{ operation: 'ListExecutions', kind: 'accessDenied', calls }] });
});

test('a person who starts the watch without a time is told so', async () => {
  await withJob(watched(), async (job) => {
    const run = await job.run.start({ job: WATCH }).result;
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.NotChecked' });
    expect(run.notifications[0].messages.email).toContain('scheduledTime must be a time in ISO 8601');
  });
});

test('where SNS takes nothing, the watch fails, which its alarm sees', async () => {
  await withJob(watched(), async (job, now) => {
    const run = await job.run.start({ job: WATCH, input: { scheduledTime: now } }).result;
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.NotReported', notifications: [] });
  }, { faults: [{ operation: 'Publish', kind: 'internalError', calls: [1, 2, 3, 4, 5, 6, 7, 8, 9] }] });
});
