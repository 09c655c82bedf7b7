import { ListCommandsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { listed, ssm } from './poll-once';
import { after, FIRST, invocation, job, NAME, run, START, statusRequest } from './samples';
import { again, earlier, forgetStarts, given, HOUR, nightly, OTHER } from './started-before';
import { Outcome, RetrySettings, RETRYING } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { handler as getStatus } from '../../src/runtime/get-status.lambda';
import { readInput } from '../../src/runtime/input';
import { runId } from '../../src/runtime/run-id';

const ID = '7bf73129-1428-4cd3-a780-95db273d1602';
const event = (seconds = -10) => ({ triggerEventId: ID, triggerEventTime: after(seconds) });
const first = (status: string) => earlier(status, { Comment: comment({ id: runId(NAME, event()) }, OTHER, 0, 1) });
const sent = () => ssm.commandCalls(SendCommandCommand).length;

beforeEach(forgetStarts);

describe('an event that is delivered twice', () => {
  test('starts the job the first time, as a run of the event', async () => {
    const status = await again(0, nightly(), { input: event() });
    expect(sent()).toBe(1);
    expect(status.run).toMatchObject({ id: runId('any', event()), triggerEventId: ID });
    expect(status.run).not.toHaveProperty('scheduledTime', expect.anything());
  });

  test.each([
    ['while its run goes on', 'InProgress'],
    ['after its run has succeeded', 'Success'],
  ])('%s: nothing is sent, and nobody is notified', async (_when, word) => {
    given([first(word)], [invocation(FIRST, word)]);
    const status = await again(2 * HOUR, nightly({ executionTimeoutSeconds: 6 * HOUR }), { input: event() });
    expect(sent()).toBe(0);
    expect(status).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
  });

  test('after its run has failed: loudly, because somebody may have started it by hand', async () => {
    given([first('Failed')], [invocation(FIRST, 'Failed', 7)]);
    const status = await again(HOUR, nightly(), { input: event() });
    expect(sent()).toBe(0);
    expect(status).toMatchObject({ outcome: Outcome.FAILED, isDuplicate: false });
    expect(status.cause).toContain(`To run the job again, start it without triggerEventId and triggerEventTime (${ID}).`);
  });

  test('SSM is asked for all commands since the event', async () => {
    await again(5 * HOUR, nightly(), { input: event() });
    const [{ args: [{ input }] }] = ssm.commandCalls(ListCommandsCommand);
    const since = input.Filters!.find(({ key }) => key === 'InvokedAfter')!.value!;
    expect(Date.parse(since)).toBeLessThan(Date.parse(START));
  });
});

test('two events are two runs', async () => {
  given([first('Success')], [invocation(FIRST, 'Success')]);
  await again(0, nightly(), { input: { ...event(), triggerEventId: ID.replace('7', '8') } });
  expect(sent()).toBe(1);
});

describe('when an event may start a run', () => {
  test('a day later still, however short the schedule of the job tries', async () => {
    await again(24 * HOUR, nightly(), { input: event() });
    expect(sent()).toBe(1);
  });

  test('not after that: its first run may not be listed any more', async () => {
    const status = await again(25 * HOUR, nightly(), { input: event() });
    expect(sent()).toBe(0);
    expect(status.cause).toBe('The input was refused: triggerEventTime must not be further back than EventBridge delivers an event (86400 seconds), '
      + `got "${after(-10).replace('.000', '')}"; it is ${after(25 * HOUR)}. To run the job, start it without triggerEventId and triggerEventTime`);
  });

  test('not before it has come', async () => {
    const status = await again(0, nightly(), { input: event(61) });
    expect(sent()).toBe(0);
    expect(status.cause).toContain('triggerEventTime must not be in the future');
  });
});

describe('the input', () => {
  test.each<[string, object, string]>([
    ['an ID without a time', { triggerEventId: ID }, `triggerEventId must be there with triggerEventTime, got "${ID}" alone`],
    ['a time without an ID', { triggerEventTime: START }, `triggerEventTime must be there with triggerEventId, got "${START}" alone`],
    ['an ID that is a number', { ...event(), triggerEventId: 1 }, 'triggerEventId must be a string of 1 to 128 visible ASCII characters, got 1'],
    ['an ID of nothing', { ...event(), triggerEventId: '' }, 'triggerEventId must be a string of 1 to 128 visible ASCII characters, got ""'],
    ['a long ID', { ...event(), triggerEventId: 'x'.repeat(129) }, 'triggerEventId must be a string of 1 to 128 visible ASCII characters'],
    ['a placeholder that nobody has filled in', { ...event(), triggerEventTime: '<aws.events.event.ingestion-time>' }, 'triggerEventTime must be a time in ISO 8601'],
    ['a scheduled time, too', { ...event(), scheduledTime: START }, 'scheduledTime must not be there with triggerEventId, because a run is of one of both'],
    ['a check, too', { ...event(), check: true }, `triggerEventId must not be there with check, which spends no event, got "${ID}"`],
    ['another spelling', { TriggerEventID: ID }, 'the input has "TriggerEventID", which must be spelt triggerEventId'],
  ])('refused: %s', (_what, input, problem) => {
    expect(readInput(job(), input).problems.join('\n')).toContain(problem);
  });

  test('what CloudTrail has in an event is no event of ours: any event can start a job', () => {
    expect(readInput(job({ parameters: {} }), { eventID: ID, eventTime: START, eventName: 'PutObject' }).problems).toEqual([]);
  });

  test('the one that starts the same again has no event in it', () => {
    expect(readInput(job({ parameters: {} }), event()).again).toBe('{}');
  });
});

test('a further attempt is one of the same event', async () => {
  const triggered = { triggerEventId: ID, triggerEventTime: after(-10).replace('.000', '') };
  const retry: RetrySettings = {
    maxAttempts: 2, intervalSeconds: 60, backoffRate: 1, maxDelaySeconds: 60, outcomes: [Outcome.FAILED], exitCodes: [],
  };
  listed([invocation(FIRST, 'Failed', 7)]);
  const { outcome, run: next } = await getStatus(statusRequest({ job: nightly({ retry }), run: run(triggered) }));
  expect(outcome).toBe(RETRYING);
  expect(next).toMatchObject({ ...triggered, attempt: 2 });
});
