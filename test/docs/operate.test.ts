import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { AwsRecorder } from './aws-recorder';
import { BatchCommand, CotsBatchJob, JobParameter } from '../../src';
import { Rig } from '../local/services/ssm/rig';
import { synth, SynthesizedJob } from '../support/synth';

const run = promisify(execFile);
const read = (file: string) => readFileSync(join(__dirname, '../../docs', file), 'utf8');
const page = read('operate.md');
// The second page uses the variables of the first.
const commands = `${page}\n${read('troubleshooting.md')}`;
const [, ...blocks] = commands.split(/^ *```sh\n/m).map((text) => text.split(/^ *```$/m)[0]);
const missing = ['aws', 'jq'].map((program) => spawnSync(program, ['--version']).error).find((error) => error);

if (missing) {
  // Said aloud, because a suite that skips without a word looks like one that passed.
  process.stderr.write(`the commands of docs/operate.md and docs/troubleshooting.md are not tested: ${missing.message}\n`);
}

const WORKFLOW = 'arn:aws:states:us-east-1:123456789012:stateMachine:NightlyIndex';
const EXECUTION = 'arn:aws:states:us-east-1:123456789012:execution:NightlyIndex:6f0c';

/** The job of the page, which has all the parts that it names. */
function nightlyIndex(): SynthesizedJob {
  const stack = new Stack(new App(), 'Nightly');
  return new SynthesizedJob(stack, new CotsBatchJob(stack, 'NightlyIndex', {
    instanceIds: ['i-0123456789abcdef0'],
    command: BatchCommand.shell('echo "$KEYWORDS"'),
    parameters: { KEYWORDS: JobParameter.string({ default: 'cloud' }) },
    schedule: ScheduleExpression.cron({ hour: '3', minute: '30' }),
    scheduleOptions: { checkSchedule: ScheduleExpression.cron({ hour: '17', minute: '0' }) },
  }));
}

/** What CloudFormation calls its resources. */
function physicalIds(job: SynthesizedJob): Map<string, { type: string; id: string }> {
  const resources: [string, { Type: string }][] = Object.entries(job.template.toJSON().Resources);
  return new Map(resources.map(([id, { Type: type }]) => [id, { type, id: type === 'AWS::StepFunctions::StateMachine' ? WORKFLOW : `${id}-1` }]));
}

(missing ? describe.skip : describe)('the commands of the operator\'s page', () => {
  const job = nightlyIndex();
  const ids = physicalIds(job);
  const physicalId = (prefix: string, type: string) => [...ids].find(([id, part]) => id.startsWith(prefix) && part.type === type)![1].id;
  const document = physicalId('NightlyIndexDocument', 'AWS::SSM::Document');
  const deployed = {
    Name: physicalId('NightlyIndexSchedule', 'AWS::Scheduler::Schedule'),
    GroupName: 'default',
    ...job.all('AWS::Scheduler::Schedule')[0],
  };
  let rig: Rig;
  let recorder: AwsRecorder;
  let stdout: string;

  beforeAll(async () => {
    rig = await Rig.start({ instances: [], anyInstance: true });
    recorder = await AwsRecorder.start({
      ListStackResources: {
        StackResourceSummaries: [...ids].map(([LogicalResourceId, { type, id }]) => ({
          LogicalResourceId, PhysicalResourceId: id, ResourceType: type,
        })),
      },
      StartExecution: { executionArn: EXECUTION, startDate: 1_790_000_000 },
      ListExecutions: { executions: [{ executionArn: EXECUTION, name: '6f0c', startDate: 1_790_000_000, stopDate: 1_790_000_060, status: 'FAILED' }] },
      DescribeExecution: {
        status: 'FAILED', error: 'CotsBatchJob.Failed', cause: 'exit code 3', input: '{"parameters":{"KEYWORDS":"a"},"scheduledTime":"2026-11-28T03:30:00Z"}',
      },
      GetExecutionHistory: { events: [{ timestamp: 1_790_000_000, type: 'FailStateEntered', id: 9, stateEnteredEventDetails: { name: 'Failed' } }] },
      FilterLogEvents: { events: [{ message: 'Index of 12 sites' }, { message: 'Done' }] },
      LookupEvents: { Events: [{ EventTime: 1_790_000_000, Username: 'ann' }] },
      ListSubscriptionsByTopic: { Subscriptions: [{ Protocol: 'email', Endpoint: 'ops@example.com', SubscriptionArn: 'PendingConfirmation' }] },
      GetSchedule: {
        ...deployed,
        Arn: 'arn:aws:scheduler:us-east-1:123456789012:schedule/default/Nightly',
        CreationDate: 1_790_000_000,
        LastModificationDate: 1_790_000_000,
      },
    });
    const { accessKeyId, secretAccessKey } = rig.endpoint.credentials;
    const env = {
      PATH: process.env.PATH,
      HOME: rig.folder,
      AWS_ENDPOINT_URL: recorder.url,
      AWS_ENDPOINT_URL_SSM: rig.endpoint.url,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    const sh = async (script: string) => (await run('sh', ['-euc', script], { cwd: rig.folder, env })).stdout;
    const content = JSON.stringify(job.all('AWS::SSM::Document')[0].Content).replace(/'/g, '\'\\\'\'');
    await sh(`aws ssm create-document --name '${document}' --document-type Command --content '${content}'
      aws ssm send-command --document-name '${document}' --instance-ids i-0123456789abcdef0 --parameters Variables=KEYWORDS=`);
    stdout = await sh(blocks.join('\n'));
  }, 300_000);
  afterAll(async () => {
    await recorder?.close();
    await rig?.close();
  });

  const calls = (action: string) => recorder.calls.filter((call) => call.action === action).map(({ parameters }) => parameters);

  test('are all understood by the AWS CLI, and reach the service that they are for', () => {
    const ssm = commands.match(/\baws ssm /g)!.length;
    // `part` and `set_schedule` are written once and called several times.
    const written = commands.match(/\baws (?!ssm )[a-z]+ [a-z-]+ /g)!.length;
    expect(ssm).toBeGreaterThan(3);
    expect(recorder.calls).toHaveLength(written + 5 + 2);
    expect(recorder.unknown).toEqual([]);
  });

  test('find the parts of the job by the names that it gives them', () => {
    expect(calls('ListStackResources')).toEqual(Array(6).fill(expect.objectContaining({ StackName: 'Nightly' })));
    expect(calls('ListExecutions')).toContainEqual({ stateMachineArn: WORKFLOW, statusFilter: 'RUNNING' });
    const logGroups = new Set(calls('FilterLogEvents').map(({ logGroupName }) => logGroupName));
    expect(logGroups).toEqual(new Set(['NightlyIndexOutputLogGroup', 'NightlyIndexHandlersLogGroup'].map((id) => physicalId(id, 'AWS::Logs::LogGroup'))));
  });

  test('start, stop and rerun', () => {
    expect(calls('StartExecution')).toEqual([
      { stateMachineArn: WORKFLOW },
      { stateMachineArn: WORKFLOW, input: '{"parameters":{"KEYWORDS":"cloud, batch"}}' },
      { stateMachineArn: WORKFLOW, input: '{"check":true}' },
      { stateMachineArn: WORKFLOW, input: '{"parameters":{"KEYWORDS":"a"}}\n' },
      { stateMachineArn: WORKFLOW, input: '{"rerunOf":"a1b2c3d4-0000-4000-8000-000000000001","only":"failed"}' },
    ]);
    expect(calls('StopExecution')).toEqual([{ executionArn: EXECUTION, cause: 'The month-end close goes first' }]);
  });

  test('change nothing of a schedule but its state', () => {
    const { Name: name, ...settings } = deployed;
    expect(calls('UpdateSchedule')).toEqual(['DISABLED', 'ENABLED'].map((State) => ({ ...settings, State, name, ClientToken: expect.any(String) })));
  });

  test('run the program by hand on one instance', async () => {
    const [id] = /^[0-9a-f]{8}-[0-9a-f-]{27}$/m.exec(stdout)!;
    const invocation = await rig.ended(id, 'i-0123456789abcdef0');
    expect(invocation).toMatchObject({ Status: 'Success', StandardOutputContent: 'cloud\n' });
  });

  test.each([
    ['the states that a run has been in', /^\S+\tFailed$/m],
    ['how it ended', /^FAILED\tCotsBatchJob\.Failed\texit code 3$/m],
    ['the status of an instance', /^\| +i-0123456789abcdef0 +\| +Success +\|$/m],
    ['the agent of an instance', /^\| +i-0123456789abcdef0 +\| +Online +\|/m],
    ['what the program has printed', /^Index of 12 sites\nDone$/m],
    ['who has stopped it', /\bann\b/],
    ['who has not confirmed', /^email\tops@example\.com\tPendingConfirmation$/m],
    ['the state of the schedule', /^ENABLED\tcron\(30 3 \* \* \? \*\)\tEtc\/UTC$/m],
  ])('show %s', (_, line) => {
    expect(stdout).toMatch(line);
  });
});

test('the states of the page are those of the state machine', () => {
  const { definition } = synth({
    retry: { maxAttempts: 2 },
    longRunningAfter: Duration.hours(1),
    notifyOnRecovery: true,
    schedule: ScheduleExpression.cron({ hour: '3' }),
    scheduleOptions: { calendars: ['Holidays'], checkSchedule: ScheduleExpression.cron({ hour: '17' }) },
  });
  const named = [...page.matchAll(/^\| (`.*`) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`([A-Z][a-z ]+)`/g)].map(([, name]) => name));
  expect(named.length).toBeGreaterThan(7);
  expect(named.filter((name) => !Object.keys(definition.States).includes(name))).toEqual([]);
});
