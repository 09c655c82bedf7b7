import { after, EXECUTION, job, START } from './samples';
import { Parts, world } from './world';
import { CheckStartRequest } from '../../src/protocol';
import { checkStart } from '../../src/runtime/check-start';

const EXPRESSION = 'cron(0 2 * * ? *)';

function request(more: Partial<CheckStartRequest>): CheckStartRequest {
  return {
    job: job(),
    input: { scheduledTime: START },
    now: after(1860),
    isLast: true,
    executionId: EXECUTION.replace(/NightlyIndex:.*/, 'Watch:first'),
    schedule: { state: 'ENABLED', expression: EXPRESSION },
    deadLetters: { count: '0' },
    watch: {
      stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:NightlyIndex',
      mustStartWithinSeconds: 1800,
      scheduleWindowSeconds: 3600,
      scheduleName: 'nightly',
      schedule: { expression: EXPRESSION, timeZone: 'UTC' },
      hasDeadLetterQueue: true,
      parameters: {},
      withheld: [],
    },
    ...more,
  };
}

const check = async (more: Partial<CheckStartRequest> = {}, parts: Parts = {}) => checkStart(request(more), 'marks', world(parts));
const textOf = async (more: Partial<CheckStartRequest> = {}, parts: Parts = {}) =>
  (await check(more, parts)).notification.text.replace(/\s+/g, ' ');

test('the mail says until when EventBridge Scheduler may still start the run', async () => {
  expect(await textOf()).toContain('may still start it, until 2026-03-01 03:00:00 UTC');
  expect(await textOf({ now: after(3600) })).not.toContain('may still start it');
});

test('it says what is in the dead-letter queue', async () => {
  expect(await textOf({ deadLetters: { count: '2' } })).toMatch(/about 2 messages.*ERROR_CODE/);
});

test('a job that is gone cannot be started', async () => {
  const gone = await textOf({}, {
    states: { startedSince: async () => { throw Object.assign(new Error('gone'), { name: 'StateMachineDoesNotExist' }); } },
  });
  expect(gone).toContain('The state machine of the job is not there any more.');
  expect(gone).not.toContain('start-execution');
});

test('of two that find no run, the one with the first mark reports; where there are no marks, both do', async () => {
  const streams = async (_: string, prefix: string) => [`${prefix}another`, `${prefix}first`];
  expect(await check({}, { logs: { streams } })).toMatchObject({ isDuplicate: true });
  expect(await check({}, { logs: { create: async () => { throw new Error('denied'); } } })).toMatchObject({ isDuplicate: false });
});

test('an execution that does not say what it was started with may be the run: it is not known', async () => {
  const silent = check({}, { states: { startedSince: async () => [EXECUTION], describe: async () => ({}) as never } });
  await expect(silent).rejects.toThrow(`Step Functions does not say what ${EXECUTION} was started with`);
});

test('what are too many executions to ask is not known', async () => {
  const many = check({}, {
    states: { startedSince: async () => Array<string>(1001).fill(EXECUTION), describe: async () => ({ input: '{}' }) as never },
  });
  await expect(many).rejects.toThrow('more than 1000 executions');
});
