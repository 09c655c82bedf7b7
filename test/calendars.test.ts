import { App, Aws, CfnParameter, Duration, Fn, Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { BatchCommand, BatchJobHandlers, CotsBatchJob, JobScheduleOptions, Outcome, UnreadableCalendar } from '../src';
import { JobProps, synth } from './support/synth';

const schedule = ScheduleExpression.rate(Duration.days(1));
const EU = { env: { account: '123456789012', region: 'eu-west-1' } };
const SHARED = 'arn:aws:ssm:eu-west-1:210987654321:document/ChangeFreeze';

function withOptions(scheduleOptions: JobScheduleOptions, props: JobProps = {}, stack?: Stack) {
  return synth({ schedule, scheduleOptions, ...props }, stack);
}

/** What the handler that starts may do to documents. */
function rights(synthesized: ReturnType<typeof synth>) {
  return synthesized.statements(synthesized.job.startFunction.role).filter(({ actions }) => actions.includes('ssm:GetCalendarState'));
}

const ownArn = (name: string) => `arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/${name}`;

test('runs get the calendars; the handler that starts may read these and no others', () => {
  const synthesized = withOptions({ calendars: ['Holidays', SHARED] });
  expect(synthesized.settings.calendars).toEqual({ names: ['Holidays', SHARED], unreadable: 'Run' });
  expect(rights(synthesized)).toEqual([{ actions: ['ssm:GetCalendarState'], resources: [ownArn('Holidays'), SHARED] }]);
  const { job } = synthesized;
  for (const role of [job.pollFunction.role, job.closeFunction.role, job.stateMachine.role]) {
    expect(synthesized.statements(role).flatMap(({ actions }) => actions)).not.toContain('ssm:GetCalendarState');
  }
});

test.each<[string, JobScheduleOptions]>([['none', {}], ['an empty list', { calendars: [] }]])('%s: there is nothing of it', (_, options) => {
  const synthesized = withOptions(options);
  expect(synthesized.settings).not.toHaveProperty('calendars');
  expect(rights(synthesized)).toEqual([]);
});

test('calendars that only the deployment knows: a name, or what begins as an ARN', () => {
  const synthesized = synth((stack) => ({
    schedule,
    scheduleOptions: {
      calendars: [
        new CfnDocument(stack, 'Holidays', { documentType: 'ChangeCalendar', documentFormat: 'TEXT', content: {} }).ref,
        new CfnParameter(stack, 'Freeze').valueAsString,
        Fn.join(':', ['arn', Aws.PARTITION, 'ssm', Aws.REGION, '210987654321', 'document/Months']),
        `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:210987654321:document/Years`,
      ],
    },
  }));
  expect(rights(synthesized)[0].resources).toEqual([
    ownArn('<Holidays>'), ownArn('<Freeze>'), expect.stringMatching(/document\/Months$/),
    'arn:<AWS::Partition>:ssm:<AWS::Region>:210987654321:document/Years',
  ]);
});

test('jobs that share handlers share the role: it may read the calendars of all of them', () => {
  const stack = new Stack(new App(), 'Stack');
  const handlers = new BatchJobHandlers(stack, 'Handlers');
  new CotsBatchJob(stack, 'Other', {
    handlers, schedule, instanceIds: ['i-0123456789abcdef1'], command: BatchCommand.shell('true'), scheduleOptions: { calendars: ['Months'] },
  });
  expect(rights(withOptions({ calendars: ['Holidays', 'Months'] }, { handlers }, stack)))
    .toEqual([{ actions: ['ssm:GetCalendarState'], resources: [ownArn('Months'), ownArn('Holidays')] }]);
});

test('a failure instead of a run, and a report of what is not due, are asked for', () => {
  const options = { calendars: ['Holidays'], unreadableCalendar: UnreadableCalendar.FAIL };
  expect(withOptions(options).settings.calendars).toMatchObject({ unreadable: 'Fail' });
  expect(withOptions(options).settings.notifyOn).not.toContain(Outcome.NOT_DUE);
  expect(withOptions(options, { notifyOn: [Outcome.NOT_DUE] }).settings.notifyOn).toEqual([Outcome.NOT_DUE]);
});

test('a subject may be given where only a calendar is reported', () => {
  expect(() => withOptions({ calendars: ['Holidays'] }, { notifyOn: [], notificationSubject: 'Billing' })).not.toThrow();
});

const name = 'scheduleOptions.calendars must have names of SSM documents (3 to 128 letters, digits, "_", "-" and "."), or their ARNs, got ';

test.each<[string, JobScheduleOptions, string]>([
  ['a short name', { calendars: ['ab'] }, `${name}"ab"`],
  ['a name with a blank', { calendars: ['Bank holidays'] }, `${name}"Bank holidays"`],
  ['the ARN of something else', { calendars: ['arn:aws:ssm:eu-west-1:123456789012:parameter/x'] }, `${name}"arn:aws:ssm:eu-west-1:123456789012:parameter/x"`],
  ['another region', { calendars: ['arn:aws:ssm:us-east-1:123456789012:document/Holidays'] },
    'scheduleOptions.calendars must be in the region of the job (eu-west-1), got "us-east-1"'],
  ['the same twice', { calendars: ['Holidays', 'Holidays'] }, 'scheduleOptions.calendars must not have the same calendar twice, got ["Holidays","Holidays"]'],
  ['too many', { calendars: Array.from({ length: 11 }, (_, i) => `Calendar${i}`) }, 'scheduleOptions.calendars must not have more than 10 calendars, got 11'],
  ['no list', { calendars: 'Holidays' as unknown as string[] }, 'scheduleOptions.calendars must be a list, got "Holidays"'],
  ['no texts', { calendars: [1 as unknown as string] }, 'scheduleOptions.calendars must be a list of texts, got 1'],
  ['a list that is a token', { calendars: Fn.split(',', Fn.ref('Calendars')) },
    'scheduleOptions.calendars must be a list that is known at synth; what is in it may be tokens, got a token'],
  ['a word that is none', { calendars: ['Holidays'], unreadableCalendar: 'Skip' as UnreadableCalendar },
    'scheduleOptions.unreadableCalendar must be one of Run, Fail, got "Skip"'],
  ['no calendar', { unreadableCalendar: UnreadableCalendar.FAIL },
    'scheduleOptions.unreadableCalendar has no effect without scheduleOptions.calendars, got "Fail"'],
])('%s is refused', (_, options, message) => {
  expect(() => withOptions(options, {}, new Stack(new App(), 'Stack', EU))).toThrow(message);
});
