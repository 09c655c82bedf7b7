import { LocalJob } from './local-job';
import { BatchCommand, JobParameter, Outcome } from '../../src';
import { LocalRunResult } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';
import { JobProps } from '../support/synth';

const props: JobProps = {
  command: BatchCommand.shell('echo "$WORDS"; exit "$CODE"'),
  parameters: { CODE: JobParameter.number({ default: 0 }), WORDS: JobParameter.string({ default: 'fine' }) },
  notifyOnRecovery: true,
  chatNotifications: true,
};

let job: LocalJob;

afterEach(() => job.close());

const told = ({ notifications }: LocalRunResult) => notifications.map(({ subject, attributes }) => [subject, attributes]);
const attributes = (outcome: string, more: object = {}) => ({ job: 'Job', outcome, ...more });
const toEnd = async (CODE: number, WORDS = 'fine') => job.toEnd({ input: { parameters: { CODE, WORDS } } });

test('night after night: a failure is reported, the first success after it, and no further one', async () => {
  job = await LocalJob.open(props);
  expect(told(await toEnd(0))).toEqual([]);
  const failed = await toEnd(3);
  expect(told(failed)).toEqual([['Job: failed on 1 instance', attributes('Failed')]]);
  const again = await toEnd(0);
  expect(told(again)).toEqual([['Job: succeeded again on 1 instance', attributes('Succeeded', { recovery: 'true' })]]);
  expect(again).toMatchObject({ status: 'SUCCEEDED', output: { recoveredFrom: failed.executionArn } });
  expect(JSON.parse(again.notifications[0].messages.default)).toEqual(again.output as RunResult);
  expect(again.notifications[0].messages.email.replace(/\n/g, ' '))
    .toMatch(/^Job succeeded again on 1 instance\. {2}The run before it, from .* UTC to .* UTC, ended as Failed\. The batch program failed .*, exit code 3\. /);
  expect(told(await toEnd(0))).toEqual([]);

  const chats = [failed, again].map(({ notifications }) => JSON.parse(notifications[0].messages.https));
  expect(chats.map(({ version, source }) => [version, source])).toEqual(Array(2).fill(['1.0', 'custom']));
  expect(chats[0].metadata.threadId).toBe(chats[1].metadata.threadId);
  expect(chats.map(({ metadata }) => metadata.eventType)).toEqual(['CotsBatchJob.Failed', 'CotsBatchJob.Succeeded']);
});

test('where every success is reported, there is one message of a recovery as well', async () => {
  job = await LocalJob.open({ ...props, notifyOn: [Outcome.FAILED, Outcome.SUCCEEDED] });
  await toEnd(3);
  expect(told(await toEnd(0))).toEqual([['Job: succeeded again on 1 instance', attributes('Succeeded', { recovery: 'true' })]]);
  expect(told(await toEnd(0))).toEqual([['Job: succeeded on 1 instance', attributes('Succeeded')]]);
});

test('what a program prints reaches a channel without its mentions', async () => {
  job = await LocalJob.open(props);
  const failed = await toEnd(3, '``` <!channel> @here');
  expect(JSON.parse(failed.notifications[0].messages.https).content.description).toContain('| ˋˋˋ ‹!channel› ＠here\n```\n');
});

test('where the runs before cannot be read, a run succeeds, and nobody is notified', async () => {
  job = await LocalJob.open(props, { faults: [{ operation: 'ListExecutions', kind: 'accessDenied' }] });
  await toEnd(3);
  expect(await toEnd(0)).toMatchObject({ status: 'SUCCEEDED', notifications: [], output: { recoveredFrom: '' } });
  expect(job.logged().join('\n')).toContain('not known whether the run before has failed');
});
