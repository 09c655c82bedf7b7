import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { LogLevel } from 'aws-cdk-lib/aws-stepfunctions';
import {
  BatchCommand, BatchJobHandlers, CommandTarget, CompletionMode, CotsBatchJob, CotsBatchJobProps, InvocationLimit, JobParameter,
  JobSecret, OverlapPolicy,
} from '../src';
import { JobProps, synth } from './support/synth';

/**
 * The properties whose change makes CloudFormation replace a resource ("Update requires: Replacement"). What else a document has
 * replaces it only where its `UpdateMethod` is not `NewVersion`.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
const REPLACED_BY: { readonly [type: string]: readonly string[] } = {
  'AWS::SSM::Document': ['DocumentType', 'Name', 'UpdateMethod'],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 'StateMachineType'],
  'AWS::Logs::LogGroup': ['LogGroupName', 'LogGroupClass'],
  'AWS::SNS::Topic': ['TopicName', 'FifoTopic'],
  'AWS::Scheduler::Schedule': ['Name', 'GroupName'],
  'AWS::Lambda::Function': ['FunctionName', 'PackageType', 'TenancyConfig'],
  'AWS::Events::Rule': ['Name', 'EventBusName'],
  'AWS::IAM::Role': ['RoleName', 'Path'],
};

interface Change {
  /** @default - a job with a schedule */
  readonly from?: (stack: Stack) => JobProps;
  readonly to: (stack: Stack) => JobProps;
  /** The types of the resources that the job loses or gets anew. @default - none */
  readonly lost?: readonly string[];
}

const NIGHTLY: JobProps = { schedule: ScheduleExpression.rate(Duration.days(1)) };
const TOPIC = ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy'];

/** A change of each prop. A new prop does not compile without its row. */
const CHANGES: { readonly [prop in keyof Required<CotsBatchJobProps>]: Change } = {
  command: { to: () => ({ command: BatchCommand.shell('bin/other.sh', { runAs: 'crawler', successExitCodes: [0, 4] }) }) },
  instanceIds: { to: () => ({ instanceIds: ['i-0aaaaaaaaaaaaaaaa'] }) },
  targets: { to: () => ({ instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')] }) },
  handlers: {
    to: (stack) => ({ handlers: new BatchJobHandlers(stack, 'Handlers') }),
    lost: [
      'AWS::Events::Rule', ...Array(5).fill('AWS::IAM::Policy'), ...Array(5).fill('AWS::IAM::Role'), ...Array(3).fill('AWS::Lambda::Function'),
      'AWS::Lambda::Permission', 'AWS::Logs::LogGroup', 'AWS::Logs::LogGroup', 'AWS::StepFunctions::StateMachine',
    ],
  },
  handlerOptions: {
    to: (stack) => ({ handlerOptions: { deadLetterQueue: new Queue(stack, 'Queue'), startRole: roleFor(stack, 'lambda'), tracing: Tracing.ACTIVE } }),
    lost: ['AWS::IAM::Policy', 'AWS::IAM::Role'],
  },
  workflowRole: { to: (stack) => ({ workflowRole: roleFor(stack, 'states') }), lost: ['AWS::IAM::Policy', 'AWS::IAM::Role'] },
  scheduleRole: { to: (stack) => ({ scheduleRole: roleFor(stack, 'scheduler') }), lost: ['AWS::IAM::Policy', 'AWS::IAM::Role'] },
  workflowLogGroup: { to: (stack) => ({ workflowLogGroup: new LogGroup(stack, 'Other') }), lost: ['AWS::Logs::LogGroup'] },
  workflowLogRetention: { to: () => ({ workflowLogRetention: RetentionDays.ONE_YEAR }) },
  workflowLogRemovalPolicy: { to: () => ({ workflowLogRemovalPolicy: RemovalPolicy.RETAIN }) },
  workflowLogLevel: { to: () => ({ workflowLogLevel: LogLevel.ERROR }) },
  includeExecutionData: { to: () => ({ includeExecutionData: true }) },
  tracingEnabled: { to: () => ({ tracingEnabled: false }) },
  jobName: { to: () => ({ jobName: 'Other' }) },
  description: { to: () => ({ description: 'Indexes all sites' }) },
  owner: { to: () => ({ owner: 'Search team' }) },
  runbookUrl: { to: () => ({ runbookUrl: 'https://wiki.example.com/index' }) },
  jobKey: { to: () => ({ jobKey: 'Other' }) },
  parameters: { to: () => ({ parameters: { DIR: JobParameter.string({ default: '/' }) } }) },
  secrets: { to: (stack) => ({ secrets: { API_KEY: JobSecret.fromParameterStore(StringParameter.fromStringParameterName(stack, 'ApiKey', 'api-key')) } }) },
  completion: { to: () => ({ completion: CompletionMode.EVENTS }) },
  pollInterval: { to: () => ({ pollInterval: Duration.minutes(7) }) },
  executionTimeout: { to: () => ({ executionTimeout: Duration.hours(2) }) },
  deliveryTimeout: { to: () => ({ deliveryTimeout: Duration.minutes(20) }) },
  unresponsiveAfter: { to: () => ({ unresponsiveAfter: Duration.minutes(40) }) },
  longRunningAfter: { to: () => ({ longRunningAfter: Duration.minutes(40) }) },
  allowRerun: { to: () => ({ allowRerun: true }) },
  retry: { to: () => ({ retry: { maxAttempts: 2 } }) },
  maxConcurrency: { to: () => ({ maxConcurrency: InvocationLimit.percent(50) }) },
  maxErrors: { to: () => ({ maxErrors: InvocationLimit.percent(50) }) },
  schedule: { to: () => ({ schedule: ScheduleExpression.rate(Duration.days(2)) }) },
  scheduleOptions: {
    to: () => ({
      scheduleOptions: {
        enabled: false, maxEventAge: Duration.hours(2), calendars: ['Holidays'], checkSchedule: ScheduleExpression.rate(Duration.days(1)),
      },
    }),
  },
  overlapPolicy: { to: () => ({ overlapPolicy: OverlapPolicy.ALLOW }) },
  overlapWait: { to: () => ({ overlapPolicy: OverlapPolicy.WAIT, overlapWait: Duration.hours(1) }) },
  notificationTargets: { to: () => ({ notificationTargets: [new EmailSubscription('ops@example.com')] }) },
  notificationTopic: { to: (stack) => ({ notificationTopic: new Topic(stack, 'Other') }), lost: TOPIC },
  notifyOn: { to: () => ({ notifyOn: [] }) },
  notifyOnRecovery: { to: () => ({ notifyOnRecovery: true }) },
  chatNotifications: { to: () => ({ chatNotifications: true }) },
  quoteOutput: { to: () => ({ quoteOutput: false }) },
  notificationSubject: { to: () => ({ notificationSubject: 'Other' }) },
  alarmOnFailure: {
    from: (stack) => ({ encryptionKey: new Key(stack, 'Key') }),
    to: (stack) => ({ encryptionKey: new Key(stack, 'Key'), alarmOnFailure: true }),
  },
  cloudWatchOutput: { to: () => ({ cloudWatchOutput: false }), lost: ['AWS::Logs::LogGroup'] },
  outputLogGroup: { to: (stack) => ({ outputLogGroup: new LogGroup(stack, 'Other') }), lost: ['AWS::Logs::LogGroup'] },
  outputLogRetention: { to: () => ({ outputLogRetention: RetentionDays.ONE_YEAR }) },
  outputBucket: { to: (stack) => ({ outputBucket: new Bucket(stack, 'Other') }) },
  outputKeyPrefix: {
    from: (stack) => ({ outputBucket: new Bucket(stack, 'Other') }),
    to: (stack) => ({ outputBucket: new Bucket(stack, 'Other'), outputKeyPrefix: 'nightly' }),
  },
  encryptionKey: { to: (stack) => ({ encryptionKey: new Key(stack, 'Key') }) },
};

function roleFor(stack: Stack, service: string): Role {
  return new Role(stack, `Role of ${service}`, { assumedBy: new ServicePrincipal(`${service}.amazonaws.com`) });
}

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: unknown };
  readonly DependsOn?: readonly string[];
}
type Resources = { readonly [logicalId: string]: Resource };

const resourcesOf = (props: (stack: Stack) => JobProps): Resources =>
  synth((stack) => ({ ...NIGHTLY, ...props(stack) }), new Stack(new App(), 'Stack')).template.toJSON().Resources;

/** The resources of the first template that the second one has not, or has anew. */
function lost(before: Resources, after: Resources): string[] {
  return Object.keys(before).filter((id) => after[id]?.Type !== before[id].Type
    || (REPLACED_BY[before[id].Type] ?? []).some((name) =>
      JSON.stringify(before[id].Properties?.[name]) !== JSON.stringify(after[id].Properties?.[name])));
}

describe.each(Object.entries(CHANGES))('a change of %s', (_prop, { from = () => ({}), to, lost: expected = [] }) => {
  const [before, after] = [resourcesOf(from), resourcesOf(to)];

  test('changes the template, and replaces or removes nothing but what is documented', () => {
    expect(after).not.toEqual(before);
    expect(lost(before, after).map((id) => before[id].Type).sort()).toEqual(expected);
  });

  test('and so does taking it back', () => {
    const added = Object.keys(after).filter((id) => !(id in before));
    // What a prop has brought goes with it.
    expect(lost(after, before).filter((id) => !added.includes(id)).map((id) => after[id].Type))
      .toEqual(expected.filter((type) => type === 'AWS::StepFunctions::StateMachine'));
  });
});

test('a document takes a new script as a new version', () => {
  const [{ Properties }] = Object.values(resourcesOf(() => ({}))).filter(({ Type }) => Type === 'AWS::SSM::Document');
  expect(Properties).toMatchObject({ UpdateMethod: 'NewVersion' });
  expect(Properties).not.toHaveProperty('Name');
});

test('a job that is renamed shares no resource with the one before, and no lock', () => {
  const named = (id: string) => {
    const stack = new Stack(new App(), 'Stack');
    new CotsBatchJob(stack, id, { ...NIGHTLY, instanceIds: ['i-0123456789abcdef0'], jobName: 'Nightly', command: BatchCommand.shell('crawl') });
    return synth({}, stack).template.toJSON().Resources as Resources;
  };
  const [before, after] = [named('Nightly'), named('Renamed')];
  const own = (resources: Resources) => Object.entries(resources).filter(([id, { Type }]) => !id.startsWith('Job') && Type !== 'AWS::IAM::Policy');
  expect(own(before).filter(([id]) => id in after)).toEqual([]);
  const lock = (resources: Resources, id: string) => /\/var\/lib\/cots-batch-job}\/'",\{"Ref":"AWS::StackName"\},"_([\w-]+)'/
    .exec(JSON.stringify(own(resources).find(([name, { Type }]) => name.startsWith(id) && Type === 'AWS::SSM::Document')))?.[1];
  expect([lock(before, 'Nightly'), lock(after, 'Renamed')]).toEqual(['Nightly', 'Renamed']);
});

test('docs/deploy-and-change.md names every prop that replaces or removes something', () => {
  const page = readFileSync(join(__dirname, '../docs/deploy-and-change.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1]);
  const named = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(Object.entries(CHANGES).filter(([, change]) => change.lost).map(([name]) => name).sort());
});

/** What CloudFormation makes before a resource, and deletes after it. */
function needs(resources: Resources, id: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>(resources[id].DependsOn);
  JSON.stringify(resources[id].Properties, (key, value) => {
    if (key === 'Ref' || key === 'Fn::GetAtt') {
      found.add([value].flat()[0]);
    }
    return value;
  });
  for (const next of found) {
    if (next in resources && !seen.has(next)) {
      seen.add(next);
      needs(resources, next, seen);
    }
  }
  return seen;
}

describe.each<[string, (stack: Stack) => JobProps, boolean]>([
  ['handlers of its own', () => ({}), false],
  ['shared handlers', (stack) => ({ handlers: new BatchJobHandlers(stack, 'Handlers') }), true],
  ['shared handlers and events', (stack) => ({ handlers: new BatchJobHandlers(stack, 'Handlers'), completion: CompletionMode.EVENTS }), true],
])('when a stack is deleted: a job with %s', (_what, props, outlives) => {
  const resources = resourcesOf(props);
  const find = (type: string, part = '') => Object.keys(resources).find((id) => resources[id].Type === type && id.includes(part))!;
  const machine = find('AWS::StepFunctions::StateMachine');
  const isDeletedBefore = (first: string, second: string) => needs(resources, first).has(second);

  test('the schedule goes before the state machine, which goes before what its runs need', () => {
    expect(isDeletedBefore(find('AWS::Scheduler::Schedule'), machine)).toBe(true);
    for (const needed of [
      find('AWS::SSM::Document'), find('AWS::SNS::Topic'), find('AWS::Lambda::Function', 'SendCommand'), find('AWS::Lambda::Function', 'GetStatus'),
      find('AWS::Logs::LogGroup', 'HandlersLogGroup'),
    ]) {
      expect([needed, isDeletedBefore(machine, needed)]).toEqual([needed, true]);
    }
  });

  test(outlives ? 'what closes its runs goes after the state machine' : 'what closes its runs goes before the state machine', () => {
    for (const closing of [
      find('AWS::Events::Rule', 'CloseRule'), find('AWS::Lambda::Permission', 'CloseRule'), find('AWS::Lambda::Function', 'CloseRun'),
      find('AWS::IAM::Policy', 'CloseRun'),
    ]) {
      expect([closing, isDeletedBefore(machine, closing), isDeletedBefore(closing, machine)]).toEqual([closing, outlives, !outlives]);
    }
  });

  test('nothing waits for itself', () => {
    expect(Object.keys(resources).filter((id) => isDeletedBefore(id, id))).toEqual([]);
  });
});
