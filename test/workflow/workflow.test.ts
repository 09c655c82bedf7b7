import validate from 'asl-validator';
import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { CommandTarget, Outcome } from '../../src';
import { FIND_ATTEMPTS, GRACE_SECONDS, NOT_FOUND_YET_ERROR, NOT_SENT_ERROR, SEND_ATTEMPTS, NO_RUN_OUTCOMES } from '../../src/protocol';
import { pathFrom, reachable, State } from '../support/state-machine';
import { JobProps, synth } from '../support/synth';

const definition = (props?: JobProps) => synth(props).definition;
const { States } = definition();

describe('only a start of which nothing can have come is tried again', () => {
  test('Send command: the handler says so, or was never invoked; nothing else', () => {
    expect(States['Send command'].Retry).toEqual([{
      ErrorEquals: ['CotsBatchJob.NotSent', 'Lambda.TooManyRequestsException'],
      IntervalSeconds: 5,
      MaxAttempts: SEND_ATTEMPTS,
      BackoffRate: 2,
      MaxDelaySeconds: 60,
      JitterStrategy: 'FULL',
    }]);
    expect(NOT_SENT_ERROR).toBe('CotsBatchJob.NotSent');
  });

  test('whatever else goes wrong leads to a look for what was started', () => {
    expect(States['Send command'].Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Find command' }]);
  });

  test('Find command is told to start nothing, and Send command is the only state that is told to start', () => {
    const actions = Object.entries(States).map(([name, state]) => [name, state.Parameters?.action]);
    expect(actions.filter(([, action]) => action)).toEqual([['Send command', 'send'], ['Find command', 'find']]);
  });
});

describe('what only asks is tried for an hour, but not beyond the deadline', () => {
  const limits = (seconds: number) => ({ deliveryTimeout: Duration.seconds(30), executionTimeout: Duration.seconds(seconds - 30 - GRACE_SECONDS) });
  const patient = ({ MaxAttempts: count }: { [field: string]: unknown }) =>
    Array.from({ length: count as number }, (_, i) => Math.min(10 * 2 ** i, 300)).reduce((sum, wait) => sum + wait, 0);

  test('Get status: a few times at once, then after a pause', () => {
    expect(States['Get status'].Retry).toEqual([{ ErrorEquals: ['States.ALL'], IntervalSeconds: 10, MaxAttempts: 3, BackoffRate: 2 }]);
    expect(States['Get status'].Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Poll failed' }]);
    expect(States['Poll failed']).toMatchObject({ Parameters: { 'at.$': '$$.State.EnteredTime' }, ResultPath: '$.failed', Next: 'Poll again?' });
    expect(States['Wait to poll again']).toMatchObject({ Seconds: 240, Next: 'Get status' });
  });

  test('where a handler of an earlier release does not say for how long, it is told', () => {
    expect(States['Poll again?']).toMatchObject({
      Default: 'Describe fault',
      Choices: [{
        And: [
          { Variable: '$.status.giveUpAt', IsPresent: true },
          { Variable: '$.failed.at', TimestampLessThanPath: '$.status.giveUpAt' },
        ],
        Next: 'Wait to poll again',
      }],
    });
  });

  test('Find command: first by its own rule, for a listing that lags behind', () => {
    const [lagging, others] = States['Find command'].Retry!;
    expect(lagging).toEqual({ ErrorEquals: [NOT_FOUND_YET_ERROR], IntervalSeconds: 10, MaxAttempts: FIND_ATTEMPTS, BackoffRate: 1.5 });
    expect(others).toMatchObject({ ErrorEquals: ['States.ALL'], IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 300 });
    expect(States['Find command'].Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Describe fault' }]);
  });

  test.each([[335, 400], [900, 1000], [4500, 3600], [172800 + 330, 3600]])('Find command of an attempt of %i seconds: for %i at most', (total, most) => {
    const waits = patient(definition(limits(total)).States['Find command'].Retry![1]);
    expect(waits).toBeLessThanOrEqual(most);
    expect(waits).toBeGreaterThan(Math.min(total, 3600) / 2);
  });

  test.each([335, 900, 4500, 172800 + 330])('an attempt of %i seconds ends before the state machine does, however long a poll hangs', (total) => {
    const { TimeoutSeconds: limit } = definition(limits(total));
    const rounds = (3 + 1) * 360 + 10 + 20 + 40;
    expect(States['Get status'].TimeoutSeconds).toBe(360);
    expect(limit).toBeGreaterThanOrEqual(total + 240 + rounds);
    expect(limit).toBeLessThanOrEqual(total + 3600);
  });
});

describe('what the handlers are given', () => {
  const start = {
    'job.$': '$.job',
    'executionId.$': '$$.Execution.Id',
    'executionName.$': '$$.Execution.Name',
    'input.$': '$$.Execution.Input',
    'now.$': '$$.State.EnteredTime',
    'retryCount.$': '$$.State.RetryCount',
    'status.$': '$.status',
  };

  test.each([
    ['Send command', { action: 'send', ...start }, '<Job/Handlers/SendCommand.Arn>:$LATEST'],
    ['Find command', { action: 'find', ...start }, '<Job/Handlers/SendCommand.Arn>:$LATEST'],
    [
      'Get status',
      { 'job.$': '$.job', 'run.$': '$.status.run', 'executionId.$': '$$.Execution.Id', 'now.$': '$$.State.EnteredTime' },
      '<Job/Handlers/GetStatus.Arn>:$LATEST',
    ],
  ])('%s', (name, parameters, handler) => {
    expect(States[name]).toMatchObject({ Type: 'Task', Resource: handler, ResultPath: '$.status' });
    expect(States[name].Parameters).toEqual(parameters);
  });

  test('the first attempt has no status before it', () => {
    expect(States['Job settings'].Parameters).toMatchObject({ status: {} });
  });

  test('Wait waits as long as the status says', () => {
    expect(States.Wait).toMatchObject({ Type: 'Wait', SecondsPath: '$.status.waitSeconds', Next: 'Get status' });
  });
});

describe('a run that is tried again', () => {
  const retry = { maxAttempts: 3, interval: Duration.minutes(10) };

  test('waits, and is sent by the one state that sends', () => {
    const again = definition({ retry });
    expect(pathFrom(again, 'What next?', { status: { outcome: 'Retrying' } })).toEqual(['What next?', 'Wait to try again']);
    expect(again.States['Wait to try again'])
      .toMatchObject({ Type: 'Wait', SecondsPath: '$.status.waitSeconds', Next: 'Send command' });
  });

  test('has no such state where it has one attempt', () => {
    expect(States['Wait to try again']).toBeUndefined();
    expect(pathFrom(definition(), 'What next?', { status: { outcome: 'Retrying' } }).at(-1)).toBe('Failed');
  });

  test('has time for all attempts and the waits between them', () => {
    const limits = { deliveryTimeout: Duration.minutes(10), executionTimeout: Duration.hours(1) };
    const once = definition(limits).TimeoutSeconds!;
    expect(once).toBeGreaterThan(4200 + 300);
    expect(definition({ ...limits, retry }).TimeoutSeconds).toBe(3 * once + 600 + 1200);
  });
});

describe('what a status leads to', () => {
  const { SUCCEEDED, FAILED, TIMED_OUT, UNDELIVERED, CANCELLED, UNRESPONSIVE, SKIPPED, NOT_DUE } = Outcome;
  const from = (outcome: string, notifyOn?: Outcome[]) =>
    pathFrom(definition({ notifyOn }), 'What next?', { status: { outcome } }).slice(1);
  const endOf = (outcome: Outcome) => [SUCCEEDED, SKIPPED].includes(outcome) ? outcome : 'Failed';
  const DUE: JobProps = { schedule: ScheduleExpression.rate(Duration.days(1)), scheduleOptions: { calendars: ['Holidays'] } };
  const due = definition(DUE);
  const quietly = (end: string) => [end];
  const notified = (end: string) => ['Notify', 'How did it end?', end];

  test.each([
    ['Running', ['Wait']],
    [SUCCEEDED, quietly('Succeeded')],
    [SKIPPED, quietly('Skipped')],
    [FAILED, notified('Failed')],
    [TIMED_OUT, notified('Failed')],
    [UNDELIVERED, notified('Failed')],
    [CANCELLED, notified('Failed')],
    [UNRESPONSIVE, notified('Failed')],
    ['Unheard of', quietly('Failed')],
  ])('by default: %s', (outcome, path) => {
    expect(from(outcome)).toEqual(path);
  });

  test.each(Object.values(Outcome).filter((outcome) => !NO_RUN_OUTCOMES.includes(outcome)))('every outcome is reported where asked for: %s', (outcome) => {
    expect(from(outcome, Object.values(Outcome)))
      .toEqual(notified(endOf(outcome)));
    expect(from(outcome, [outcome])).toEqual(notified(endOf(outcome)));
    expect(from('Running', Object.values(Outcome))).toEqual(['Wait']);
  });

  test('what is skipped succeeds as an execution, under a name of its own', () => {
    expect(States.Skipped).toMatchObject({ Type: 'Succeed', OutputPath: '$.status.result', Comment: expect.stringContaining('nothing was started') });
  });

  test('what is not due succeeds as an execution, under a name of its own, and nobody is notified unless that is asked for', () => {
    const to = (machine: typeof due) => pathFrom(machine, 'What next?', { status: { outcome: NOT_DUE } }).slice(1);
    expect(to(due)).toEqual(['Not due']);
    expect(to(definition({ ...DUE, notifyOn: [] }))).toEqual(['Not due']);
    expect(to(definition({ ...DUE, notifyOn: [NOT_DUE] }))).toEqual(['Notify', 'How did it end?', 'Not due']);
    expect(due.States['Not due']).toMatchObject({ Type: 'Succeed', OutputPath: '$.status.result' });
  });

  test('a run that has started although a calendar could not be read is reported, once, and goes on; handlers of earlier releases do not say so', () => {
    const to = (status: object, machine = due) => pathFrom(machine, 'What next?', { status: { outcome: 'Running', ...status } }).slice(1);
    expect(to({ isCalendarUnread: true })).toEqual(['Notify calendar', 'Wait']);
    expect(to({ isCalendarUnread: true }, definition({ ...DUE, notifyOn: [] }))).toEqual(['Notify calendar', 'Wait']);
    expect(to({})).toEqual(['Wait']);
    expect(due.States['Notify calendar'].Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Wait' }]);
    const silent = synth({ ...DUE, notifyOn: [] });
    expect(silent.statements(silent.job.stateMachine.role).flatMap(({ actions }) => actions)).toContain('sns:Publish');
  });

  test('without calendars there is none of that', () => {
    const scheduled = definition({ schedule: DUE.schedule });
    expect(JSON.stringify(scheduled)).not.toMatch(/Not due|NotDue|alendar/);
    expect(Object.keys(due.States).filter((name) => !(name in scheduled.States)).sort()).toEqual(['Not due', 'Notify calendar']);
  });

  test('a run of a schedule that is skipped is reported, but not one time that is delivered twice', () => {
    const scheduled = definition({ schedule: ScheduleExpression.rate(Duration.days(1)) });
    const to = (status: object, of = scheduled) => pathFrom(of, 'What next?', { status: { outcome: SKIPPED, ...status } }).slice(1);
    expect(to({ isDuplicate: false })).toEqual(notified('Skipped'));
    expect(to({ isDuplicate: true })).toEqual(quietly('Skipped'));
    expect(to({})).toEqual(notified('Skipped'));
    expect(to({ isDuplicate: true }, definition({ notifyOn: [SKIPPED] }))).toEqual(quietly('Skipped'));
    expect(to({ outcome: FAILED, isDuplicate: true })).toEqual(notified('Failed'));
  });

  test.each(Object.values(Outcome))('no outcome is reported where none is asked for: %s', (outcome) => {
    expect(from(outcome, [])).toEqual(quietly(endOf(outcome)));
  });

  test('a fault of the workflow is a failure, and reported', () => {
    const described = States['Describe fault'].Parameters as { outcome: string };
    expect(States['Describe fault']).toMatchObject({ ResultPath: '$.status', Next: 'What next?' });
    expect(from(described.outcome)).toEqual(notified('Failed'));
  });

  test('the start, the look and the look for a start all lead to it', () => {
    expect(['Send command', 'Find command', 'Get status'].map((name) => States[name].Next)).toEqual(Array(3).fill('What next?'));
  });
});

describe('longRunningAfter', () => {
  const late = definition({ longRunningAfter: Duration.hours(1) });
  const from = (status: object, machine = late) => pathFrom(machine, 'What next?', { status }).slice(1);

  test('a run that is late is told, and goes on', () => {
    expect(from({ outcome: 'Running', isLate: true })).toEqual(['Notify late', 'Wait']);
    expect(from({ outcome: 'Running', isLate: false })).toEqual(['Wait']);
    expect(from({ outcome: 'Failed', isLate: false })).toEqual(['Notify', 'How did it end?', 'Failed']);
    expect(from({ outcome: 'Succeeded', isLate: false })).toEqual(['Succeeded']);
  });

  test('with the same message as at the end: its outcome is Running; where it cannot be sent, the run goes on as well', () => {
    const { Comment, Next, Catch, ...rest } = late.States['Notify late'];
    expect(rest).toEqual(Object.fromEntries(Object.entries(late.States.Notify).filter(([key]) => key in rest)));
    expect([Next, Catch]).toEqual(['Wait', [{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Wait' }]]);
  });

  test('also where no end is reported', () => {
    const synthesized = synth({ longRunningAfter: Duration.hours(1), notifyOn: [], notificationSubject: 'Billing' });
    expect(from({ outcome: 'Running', isLate: true }, synthesized.definition)).toEqual(['Notify late', 'Wait']);
    expect(from({ outcome: 'Failed', isLate: false }, synthesized.definition)).toEqual(['Failed']);
    expect(synthesized.statements(synthesized.job.stateMachine.role).flatMap(({ actions }) => actions)).toContain('sns:Publish');
  });

  test('by default there is neither such a state nor a choice', () => {
    expect(Object.keys(States)).not.toContain('Notify late');
    expect(JSON.stringify(States['What next?'])).not.toContain('isLate');
    expect(synth().settings).not.toHaveProperty('longRunningAfterSeconds');
    expect(synth({ longRunningAfter: Duration.hours(1) }).settings.longRunningAfterSeconds).toBe(3600);
  });
});

describe('the ends', () => {
  test('an execution fails with the error and cause of the status: it is never a success by mistake', () => {
    expect(States.Failed).toEqual({ Type: 'Fail', ErrorPath: '$.status.error', CausePath: '$.status.cause' });
  });

  test('an execution that succeeds returns the result', () => {
    expect(States.Succeeded).toEqual({ Type: 'Succeed', OutputPath: '$.status.result' });
  });
});

describe('Notify', () => {
  test('sends a mail to people, the result as JSON to programs, and attributes to filter by', () => {
    expect(States.Notify)
      .toMatchObject({ Type: 'Task', Resource: 'arn:<AWS::Partition>:states:::sns:publish', ResultPath: null });
    expect(States.Notify.Parameters).toEqual({
      'TopicArn': '<Job/Notifications/Topic>',
      'Subject.$': '$.status.notification.subject',
      'Message': {
        'default.$': 'States.JsonToString($.status.result)',
        'email.$': '$.status.notification.text',
        'sms.$': '$.status.notification.subject',
      },
      'MessageStructure': 'json',
      'MessageAttributes': {
        job: { 'DataType': 'String', 'StringValue.$': '$.job.name' },
        outcome: { 'DataType': 'String', 'StringValue.$': '$.status.outcome' },
      },
    });
  });

  test('is tried again, and does not change how the run ends when it fails', () => {
    expect(States.Notify.Retry).toEqual([{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 5, BackoffRate: 2 }]);
    expect(States.Notify.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: States.Notify.Next }]);
  });
});

describe.each<[string, JobProps]>([
  ['by default', {}],
  ['reporting nothing', { notifyOn: [] }],
  ['reporting everything', { notifyOn: Object.values(Outcome) }],
  ['with longRunningAfter', { longRunningAfter: Duration.hours(1) }],
  ['with targets', { instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')] }],
])('the definition, %s', (_what, props) => {
  const machine = definition(props);
  const states = Object.entries(machine.States);

  test('is valid', () => {
    const deployed = JSON.stringify(machine)
      .replace(/<[^">]*\.Arn>/g, 'arn:aws:lambda:eu-west-1:123456789012:function:handler').replaceAll('<AWS::Partition>', 'aws');
    expect(validate(JSON.parse(deployed)).errors).toEqual([]);
  });

  test('has no state that cannot be reached', () => {
    expect([...reachable(machine)].sort()).toEqual(states.map(([name]) => name).sort());
  });

  test('catches everything that a task can throw', () => {
    const caught = (state: State) => state.Catch?.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
    expect(states.filter(([, state]) => state.Type === 'Task' && !caught(state))).toEqual([]);
  });

  test('has a limit for every call of a handler, so that none hangs', () => {
    const calls = states.filter(([, state]) => state.Resource?.startsWith('<Job/Handlers/'));
    expect(calls).toHaveLength(3);
    expect(calls.filter(([, state]) => !state.TimeoutSeconds)).toEqual([]);
  });

  test('has a default for every choice', () => {
    expect(states.filter(([, state]) => state.Type === 'Choice' && !state.Default)).toEqual([]);
  });

  test('explains every state but the two ends', () => {
    expect(states.filter(([, state]) => !state.Comment).map(([name]) => name).sort()).toEqual(['Failed', 'Succeeded']);
  });

  test('is in JSONPath', () => {
    expect(machine).not.toHaveProperty('QueryLanguage');
    expect(JSON.stringify(machine)).not.toMatch(/QueryLanguage|"Arguments"|"Output"|\{%/);
  });
});
