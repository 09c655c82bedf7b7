import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, JsonPath, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchCommand, BatchJobHandlers, CommandTarget, CompletionMode, JobParameter, OverlapPolicy, Outcome, UnreadableCalendar } from '../../src';
import { JobProps, synth, SynthesizedJob } from '../support/synth';

export const EC2_ID = 'i-00000000000000001';
export const HYBRID_ID = 'mi-00000000000000002';

/** A run of which the servers die ends long before. */
export const EXECUTION_TIMEOUT = Duration.minutes(30);

/** Tags of the instances that a job finds. */
export const TAGS = { Role: 'crawler' };
export const RESOURCE_GROUP = 'crawlers';

/** A program that does what the run says, and leaves a mark when it starts. Its output is longer than what SSM keeps. */
const PROGRAM = `
echo $$ >program
i=0
while [ $i -lt 1500 ]; do echo "line $i of the output"; i=$((i + 1)); done
echo $$ >ready
case $MODE in
  fail) exit 3 ;;
  failOnce) if [ ! -e failed ]; then touch failed; exit 3; fi ;;
  long) sleep 600 ;;
esac`;

const PARAMETERS = { MODE: JobParameter.string({ default: 'ok', allowedValues: ['ok', 'fail', 'failOnce', 'long'] }) };

/** Jobs that between them have every right that a job can have. */
export const APPS = {
  /** Servers by ID, everything encrypted with a key, output to a bucket, a schedule, and a parent. */
  named: {
    props: (stack: Stack): JobProps => ({
      instanceIds: [EC2_ID, HYBRID_ID],
      command: BatchCommand.shell(PROGRAM),
      parameters: PARAMETERS,
      encryptionKey: new Key(stack, 'Key'),
      outputBucket: new Bucket(stack, 'Output', { encryptionKey: new Key(stack, 'BucketKey') }),
      schedule: ScheduleExpression.rate(Duration.days(1)),
      scheduleOptions: { deadLetterQueue: new Queue(stack, 'Missed'), calendars: ['Holidays'], unreadableCalendar: UnreadableCalendar.FAIL },
      handlerOptions: {
        vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
          vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-0123456789abcdef0'],
        }),
        deadLetterQueue: new Queue(stack, 'Unhandled', { encryptionMasterKey: new Key(stack, 'QueueKey') }),
        tracing: Tracing.ACTIVE,
      },
      overlapPolicy: OverlapPolicy.CANCEL_RUNNING,
      executionTimeout: EXECUTION_TIMEOUT,
      deliveryTimeout: Duration.minutes(2),
      unresponsiveAfter: Duration.minutes(6),
      pollInterval: Duration.minutes(1),
      notifyOn: Object.values(Outcome),
      allowRerun: true,
    }),
    extend: ({ stack, job }: SynthesizedJob) => {
      const step = job.asTask(stack, 'Index', { parameters: { MODE: JsonPath.stringAt('$.mode') } });
      return new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(step) });
    },
  },
  /** Servers by tag; a success after a failure is reported. */
  tagged: {
    props: (): JobProps => ({
      instanceIds: undefined,
      targets: [CommandTarget.tag('Role', 'crawler')],
      command: BatchCommand.shell(PROGRAM),
      parameters: PARAMETERS,
      notifyOnRecovery: true,
    }),
    extend: () => undefined,
  },
  /** Servers of a resource group. */
  grouped: {
    props: (): JobProps => ({
      instanceIds: undefined, targets: [CommandTarget.resourceGroup(RESOURCE_GROUP)], command: BatchCommand.shell('echo $$ >program'),
    }),
    extend: () => undefined,
  },
  /** A document of AWS. */
  document: {
    props: (): JobProps => ({
      instanceIds: [EC2_ID], command: BatchCommand.document('AWS-RunShellScript', { parameters: { commands: ['echo $$ >program'] } }),
    }),
    extend: () => undefined,
  },
  /** Nobody is told, and no output is kept. */
  silent: {
    props: (): JobProps => ({ instanceIds: [EC2_ID], command: BatchCommand.shell('echo $$ >program'), notifyOn: [], cloudWatchOutput: false }),
    extend: () => undefined,
  },
  /** Events of SSM end its waits. The program runs until it is told to end. */
  resumed: {
    props: (): JobProps => ({
      instanceIds: [EC2_ID],
      command: BatchCommand.shell('echo $$ >program; until [ -e end ]; do sleep 0.1; done'),
      completion: CompletionMode.EVENTS,
      notifyOn: [],
      cloudWatchOutput: false,
    }),
    extend: () => undefined,
  },
  /** Checked before the night, with a subscription that nobody confirms. */
  checked: {
    props: (): JobProps => ({
      instanceIds: [EC2_ID],
      command: BatchCommand.shell('echo $$ >program'),
      cloudWatchOutput: false,
      schedule: ScheduleExpression.rate(Duration.days(1)),
      scheduleOptions: { checkSchedule: ScheduleExpression.rate(Duration.days(1)) },
      notificationTargets: [new EmailSubscription('ops@example.invalid')],
    }),
    extend: () => undefined,
  },
  /** Handlers and roles that several jobs may share. */
  shared: {
    props: (stack: Stack): JobProps => ({
      instanceIds: [EC2_ID, HYBRID_ID],
      command: BatchCommand.shell(PROGRAM),
      parameters: PARAMETERS,
      handlers: new BatchJobHandlers(stack, 'Handlers'),
      schedule: ScheduleExpression.rate(Duration.days(1)),
      completion: CompletionMode.EVENTS,
      allowRerun: true,
    }),
    extend: () => undefined,
  },
};

export type AppName = keyof typeof APPS;

export const APP_NAMES = Object.keys(APPS) as AppName[];

/** Synthesizes an app into a folder of its own, which the caller removes. */
export function synthesize(name: AppName): { folder: string; cdkOut: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'least-privilege-'));
  const cdkOut = join(folder, 'cdk.out');
  // As the CDK's command line sets it.
  const app = new App({ outdir: cdkOut, context: { 'aws:cdk:enable-path-metadata': true } });
  APPS[name].extend(synth(APPS[name].props, new Stack(app, 'Stack')));
  app.synth();
  return { folder, cdkOut, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
