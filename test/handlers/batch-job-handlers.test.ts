import { statSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aspects, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BatchCommand, BatchJobHandlers, BatchJobHandlersProps, CommandTarget, CompletionMode, CotsBatchJob } from '../../src';
import { everyPropOfHandlers } from '../fixtures/every-prop';
import { INSTANCE_ID, JobProps, policySizes, SynthesizedJob } from '../support/synth';

/** What the names of state machines and rules begin with: the first part of the ID of the stack has eight characters. */
const STACK_ID_PART = '<Fn::Select \\[0,\\["<Fn::Select \\[2,\\[\\\\"<AWS::StackId>\\\\"\\]\\]>"\\]\\]>';
const PREFIX = `Handlers-${STACK_ID_PART}-`;
const lengthOf = (name: string) => name.replace(new RegExp(STACK_ID_PART), '12345678').length;

const ids = (count: number) => Array.from({ length: count }, (_, i) => `i-${i.toString(16).padStart(17, '0')}`);

/** A stack with jobs that share handlers. */
function stackOf(count: number, props: JobProps = {}) {
  const stack = new Stack(new App(), 'Stack');
  const handlers = new BatchJobHandlers(stack, 'Handlers');
  const jobs = ids(count).map((id, i) => new CotsBatchJob(stack, `Job${i}`, {
    handlers, instanceIds: [id], command: BatchCommand.shell(`bin/${i}.sh`), ...props,
  }));
  return { stack, handlers, jobs, first: new SynthesizedJob(stack, jobs[0]) };
}

test('docs/guide/many-jobs.md counts the resources of a job', () => {
  const count = (props: JobProps) => {
    const stack = new Stack(new App(), 'Stack');
    const job = { instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x'), schedule: ScheduleExpression.rate(Duration.days(1)), ...props };
    new CotsBatchJob(stack, 'Job', job);
    return Object.keys(Template.fromStack(stack).toJSON().Resources).length;
  };
  const shared = (props: (stack: Stack) => JobProps) => {
    const [one, two] = [1, 2].map((jobs) => {
      const stack = new Stack(new App(), 'Stack');
      const common = { handlers: new BatchJobHandlers(stack, 'Handlers'), ...props(stack) };
      ids(jobs).forEach((id) => new CotsBatchJob(stack, id, {
        instanceIds: [id], command: BatchCommand.shell('x'), schedule: ScheduleExpression.rate(Duration.days(1)), ...common,
      }));
      return Object.keys(Template.fromStack(stack).toJSON().Resources).length;
    });
    return two - one;
  };
  const page = readFileSync(join(__dirname, '../../docs/guide/many-jobs.md'), 'utf8').replace(/\s+/g, ' ');
  expect(page).toContain(`${count({})} resources, and roles that can reach no other job`);
  const [fewest, most] = [shared((stack) => ({ notificationTopic: new Topic(stack, 'Topic') })), shared(() => ({}))];
  expect(page).toContain(`take ${fewest} to ${most} resources each`);
  expect(page).toContain(`${Math.floor(500 / count({}))} such jobs fit into one`);
});

test.each([[100, CompletionMode.POLLING], [85, CompletionMode.EVENTS]])('%i scheduled jobs (%s) fit into one stack', (count, completion) => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  const handlers = new BatchJobHandlers(stack, 'Handlers');
  const notificationTopic = new Topic(stack, 'Topic');
  ids(count).forEach((id, i) => new CotsBatchJob(stack, `Job${i}`, {
    handlers,
    notificationTopic,
    instanceIds: [id],
    command: BatchCommand.shell('/opt/billing/bin/run.sh --mode full', { runAs: 'billing' }),
    completion,
    schedule: ScheduleExpression.rate(Duration.days(1)),
  }));
  const first = (of: Stack) => new SynthesizedJob(of, of.node.findChild('Job0') as CotsBatchJob);
  const { template, templateFullPath } = app.synth().getStackArtifact('Stack');
  const { Resources } = template as { Resources: { [id: string]: any } };
  // CloudFormation's quotas for a stack.
  expect(Object.keys(Resources).length).toBeLessThan(500);
  expect(statSync(templateFullPath).size).toBeLessThan(1024 * 1024);
  const types = Object.values<{ Type: string }>(Resources).map(({ Type }) => Type);
  const policies = Object.values<{ Type: string; Properties: { Roles: { Ref: string }[] } }>(Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy').map(({ Properties }) => Properties.Roles[0].Ref);
  expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(3);
  // The handlers' three, the workflow's and the schedule's.
  expect(types.filter((type) => type === 'AWS::IAM::Role')).toHaveLength(5);
  // Lambda's quota for an environment, where region and partition have the longest names.
  for (const { Properties } of Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function')) {
    const environment = JSON.stringify(first(stack).readable(Properties.Environment.Variables));
    expect(environment.length + 4 * 64).toBeLessThan(4096);
  }
  // IAM's quota for a role.
  expect(Math.max(...policies.map((role) => policies.filter((other) => other === role).length))).toBeLessThanOrEqual(10);
});

describe('the roles', () => {
  const { first, handlers, jobs } = stackOf(2, { schedule: ScheduleExpression.rate(Duration.days(1)), completion: CompletionMode.EVENTS });
  const resources = (role: { role?: unknown } | undefined, action: string) => first.statements(role?.role as never)
    .filter(({ actions }) => actions.includes(action)).flatMap((statement) => statement.resources);

  test('the one that sends: the documents and servers of these jobs, and no others', () => {
    expect(resources(handlers.startFunction, 'ssm:SendCommand').map((arn) => arn.replace(/^[^/]*\//, ''))).toEqual([
      '<Job0/Document>', '<Job1/Document>', ...ids(2),
    ]);
  });

  test('those that look at executions and end waits: of state machines with names of these jobs', () => {
    expect(resources(handlers.closeFunction, 'states:GetExecutionHistory'))
      .toEqual([expect.stringMatching(new RegExp(`:execution:${PREFIX}\\*:\\*$`))]);
    expect(resources(handlers.closeFunction, 'states:SendTaskSuccess')).toEqual([expect.stringMatching(new RegExp(`:stateMachine:${PREFIX}\\*$`))]);
  });

  test('every state machine has such a name', () => {
    const prefix = new RegExp(PREFIX).exec(resources(handlers.closeFunction, 'states:GetExecutionHistory')[0])![0];
    const names = first.all('AWS::StepFunctions::StateMachine').map(({ StateMachineName }) => StateMachineName);
    expect(new Set(names).size).toBe(2);
    expect(names.every((name) => name.startsWith(prefix) && lengthOf(name) <= 80)).toBe(true);
  });

  test('the one of the workflows invokes the handlers and publishes to the topics of the jobs', () => {
    const role = jobs[0].stateMachine.role;
    expect(jobs[1].stateMachine.role).toBe(role);
    const publish = first.statements(role).filter(({ actions }) => actions.includes('sns:Publish')).flatMap((statement) => statement.resources);
    expect(publish).toEqual(['<Job0/Notifications/Topic>', '<Job1/Notifications/Topic>']);
  });
});

describe('what many jobs need fits into the role that sends', () => {
  function sharedBy(count: number, instanceIds: (job: number) => string[], context = {}) {
    const stack = new Stack(new App({ context }), 'Stack');
    const shared = { handlers: new BatchJobHandlers(stack, 'Handlers'), notificationTopic: new Topic(stack, 'Topic') };
    const [first] = Array.from({ length: count }, (_, i) => new CotsBatchJob(stack, `Job${i}`, {
      ...shared, instanceIds: instanceIds(i), command: BatchCommand.shell('x'),
    }));
    return new SynthesizedJob(stack, first);
  }

  describe.each([
    ['statements as the jobs have them', {}],
    ['statements that CDK merges', { '@aws-cdk/aws-iam:minimizePolicies': true }],
  ])('%s', (_how, context) => {
    test.each<[string, number, number, (job: number) => string[]]>([
      ['a hundred jobs with four servers each', 100, 400, (job) => ids(400).slice(4 * job, 4 * job + 4)],
      ['a hundred jobs with all of 500 servers', 100, 500, () => ids(500)],
      ['jobs whose servers are partly the same', 3, 500, (job) => ids(500).slice(100 * job, 100 * job + 300)],
    ])('%s', (_what, jobs, servers, instanceIds) => {
      const synthesized = sharedBy(jobs, instanceIds, context);
      const { role } = synthesized.job.startFunction;
      const arns = synthesized.statements(role).filter(({ actions }) => actions.includes('ssm:SendCommand')).flatMap(({ resources }) => resources);
      // Each is there, and once.
      expect(arns).toHaveLength(jobs + servers);
      expect(new Set(arns).size).toBe(jobs + servers);
      // CDK takes 150 characters for an ARN that it does not know, which leaves 95 for the name.
      const { inline, managed } = policySizes(synthesized, role!, 90);
      expect(inline).toBeLessThanOrEqual(10_240);
      expect(Math.max(...managed)).toBeLessThanOrEqual(6_144);
      expect(managed.length).toBeLessThanOrEqual(10);
      Annotations.fromStack(synthesized.stack).hasNoWarning('*', Match.stringLikeRegexp('Policy'));
    });
  });

  test('500 servers are the most, all jobs together', () => {
    expect(() => sharedBy(2, (job) => ids(600).slice(300 * job, 300 * job + 300)).template).toThrow('[Stack/Handlers] instanceIds of all jobs '
      + 'that share handlers must not have more than 500 IDs, because an IAM role cannot name more; use targets or several handlers, got 600');
  });

  test('whatever else takes more than ten managed policies is refused', () => {
    const { stack, handlers } = stackOf(1);
    for (let job = 0; job < 14; job++) {
      const values = Array.from({ length: 50 }, (_, value) => `${job}-${value}-${'x'.repeat(100)}`);
      new CotsBatchJob(stack, `Tagged${job}`, { handlers, targets: [CommandTarget.tag('Role', ...values)], command: BatchCommand.shell('x') });
    }
    expect(() => Template.fromStack(stack)).toThrow('[Stack/Handlers] handlers must not be shared by jobs whose rights to send take more '
      + 'than 10 managed policies (IAM quota of a role); use several, got 13');
  });
});

test('the rule sees the ends of all these jobs, and no others', () => {
  const { stack } = stackOf(2);
  Template.fromStack(stack).resourceCountIs('AWS::Events::Rule', 1);
  Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { detail: { stateMachineArn: [{ prefix: Match.anyValue() }] } },
  });
});

test('with events, each job has a rule of its own, and the handler one permission for all of them', () => {
  const { first } = stackOf(3, { completion: CompletionMode.EVENTS });
  const [{ SourceArn }, ...none] = first.all('AWS::Lambda::Permission')
    .filter(({ FunctionName, Principal, SourceArn: source }) => FunctionName && Principal === 'events.amazonaws.com' && !/<[^>]*Rule/.test(source));
  expect(none).toEqual([]);
  const prefix = new RegExp(`^arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/(${PREFIX})\\*$`).exec(SourceArn)![1];
  const names = first.all('AWS::Events::Rule').flatMap(({ Name }) => Name ?? []);
  expect(new Set(names).size).toBe(3);
  expect(names.filter((name) => !name.startsWith(prefix) || lengthOf(name) > 64)).toEqual([]);
});

test('the parts are there to be used', () => {
  const { handlers, jobs } = stackOf(1);
  expect(jobs[0].startFunction).toBe(handlers.startFunction);
  expect(jobs[0].pollFunction).toBe(handlers.pollFunction);
  expect(jobs[0].closeFunction).toBe(handlers.closeFunction);
  expect(jobs[0].workflowLogGroup).toBe(handlers.workflowLogGroup);
});

test('a job of another stack is refused', () => {
  const app = new App();
  const handlers = new BatchJobHandlers(new Stack(app, 'Platform'), 'Handlers');
  expect(() => new CotsBatchJob(new Stack(app, 'Team'), 'Job', { handlers, instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x') }))
    .toThrow(new Error('handlers must be in the stack of the job, because their roles name what the job makes, got "Platform/Handlers"'));
});

test.each<[string, (stack: Stack) => BatchJobHandlersProps]>([
  ['a key', (stack) => ({ encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }) })],
  ['every prop', everyPropOfHandlers],
])('cdk-nag finds nothing: %s', (_what, props) => {
  const stack = new Stack(new App(), 'Stack');
  const handlers = new BatchJobHandlers(stack, 'Handlers', props(stack));
  new CotsBatchJob(stack, 'Named', { handlers, instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x'), completion: CompletionMode.EVENTS });
  new CotsBatchJob(stack, 'Tagged', { handlers, targets: [CommandTarget.tag('Role', 'crawler')], command: BatchCommand.shell('x') });
  Aspects.of(stack).add(new AwsSolutionsChecks());
  const found = Annotations.fromStack(stack).findError('*', Match.stringLikeRegexp('AwsSolutions')).map(({ id, entry }) => `${id} ${entry.data}`);
  // The app has a bucket and queues of its own.
  expect(found.filter((finding) => /^.Stack.(Handlers|Named|Tagged)./.test(finding))).toEqual([]);
});
