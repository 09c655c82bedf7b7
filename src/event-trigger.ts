import { Duration, Token, Tokenization } from 'aws-cdk-lib';
import { EventField, EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { executionInput } from './execution-input';
import { refuseOtherAccount, refuseOtherRegion } from './references';
import { refuseSecretReferences } from './secret-references';
import { refuse, secondsBetween } from './validation';

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html */
const SHORTEST_AGE = Duration.minutes(1);
const LONGEST_AGE = Duration.days(1);

/**
 * How events start runs of a job, whatever events they are.
 */
export interface StartOnOptions {
  /**
   * Values of the job's parameters: texts, or fields of the event (`EventField.fromPath('$.detail.object.key')` of `aws-cdk-lib/aws-events`).
   * A field is the whole value, and never a part of it. What it holds is checked like any other value before anything is sent.
   *
   * @default - the defaults of the parameters
   */
  readonly parameters?: { [name: string]: string };

  /**
   * What the rule is for.
   *
   * @default - it starts the job
   */
  readonly description?: string;

  /**
   * Whether events start runs.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Takes the events for which EventBridge could not start a run. It must be a standard queue in the account and region of the job.
   *
   * @default - none: such an event is lost, and only EventBridge's metric `FailedInvocations` tells
   */
  readonly deadLetterQueue?: IQueue;

  /**
   * How long EventBridge goes on trying to start a run, between one minute and one day.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
   * @default Duration.days(1)
   */
  readonly maxEventAge?: Duration;
}

/**
 * Which events start runs of a job, and how.
 */
export interface StartOnProps extends StartOnOptions {
  /**
   * Which events start a run: those on the default event bus of the job's account and region that match.
   */
  readonly eventPattern: EventPattern;
}

/**
 * Which new objects start runs of a job, and how.
 */
export interface StartOnObjectCreatedProps extends StartOnOptions {
  /**
   * Where the objects are. A bucket of this app is made to send its events to EventBridge, which takes a custom resource of CDK in its stack.
   * One that is imported must do so already.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html
   */
  readonly bucket: IBucket;

  /**
   * How the keys of the objects begin.
   *
   * @default - in any way
   */
  readonly keyPrefix?: string;

  /**
   * How the keys of the objects end.
   *
   * @default - in any way
   */
  readonly keySuffix?: string;
}

/** What a trigger starts. */
export interface TriggeredJob {
  readonly jobName: string;
  readonly stateMachine: IStateMachine;
}

/** A text that means the same wherever EventBridge puts it: its templates know no way to write the characters that are left out. */
const PLAIN = /^[\w .,:;/@+=()[\]-]*$/;

/**
 * Starts runs of a job on events. An event is one run, however often EventBridge delivers it.
 *
 * @internal
 */
export class EventTrigger extends Construct {
  public readonly rule: Rule;

  constructor(scope: Construct, id: string, { jobName, stateMachine }: TriggeredJob, props: StartOnProps) {
    super(scope, id);
    const { deadLetterQueue, maxEventAge, parameters = {} } = props;
    refuseSecretReferences(this, { parameters });
    refuseOtherRegion(stateMachine, 'deadLetterQueue', deadLetterQueue);
    refuseOtherAccount(stateMachine, 'deadLetterQueue', deadLetterQueue);
    if (deadLetterQueue?.fifo) {
      refuse('deadLetterQueue', 'must be a standard queue, because EventBridge takes no FIFO queue', deadLetterQueue.node.path);
    }
    // EventBridge needs the key of an encrypted queue. CDK lets it use the queue only.
    deadLetterQueue?.encryptionMasterKey?.grant(new ServicePrincipal('events.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
    if (maxEventAge) {
      secondsBetween('maxEventAge', maxEventAge, SHORTEST_AGE, LONGEST_AGE, 'EventBridge');
    }
    if (Object.keys(props.eventPattern).length === 0) {
      refuse('eventPattern', 'must say which events start a run', props.eventPattern);
    }

    this.rule = new Rule(this, 'Rule', {
      description: props.description ?? `Starts batch job ${jobName}`,
      enabled: props.enabled,
      eventPattern: props.eventPattern,
    });
    this.rule.addTarget(new SfnStateMachine(stateMachine, {
      // CDK's own role is one for all rules of the state machine, which the tags and the boundary of the job would miss.
      role: new Role(this, 'Role', { assumedBy: new ServicePrincipal('events.amazonaws.com') }),
      deadLetterQueue,
      maxEventAge,
      input: RuleTargetInput.fromObject({
        ...inputOf(parameters),
        // EventBridge delivers at least once: this is how a second delivery is recognised as the same run.
        triggerEventId: EventField.eventId,
        // Whoever puts an event says when it happened; this is when EventBridge received it.
        triggerEventTime: '<aws.events.event.ingestion-time>',
      }),
    }));
  }
}

/** Which events S3 sends for the new objects of a bucket. */
export function objectCreated({ bucket, keyPrefix, keySuffix }: StartOnObjectCreatedProps): EventPattern {
  // Both in one object would be a match of either.
  const key = keyPrefix !== undefined && keySuffix !== undefined
    ? [{ wildcard: `${literal('keyPrefix', keyPrefix)}*${literal('keySuffix', keySuffix)}` }]
    : [...keyPrefix === undefined ? [] : [{ prefix: keyPrefix }], ...keySuffix === undefined ? [] : [{ suffix: keySuffix }]];
  return {
    source: ['aws.s3'],
    detailType: ['Object Created'],
    detail: { bucket: { name: [bucket.bucketName] }, ...key.length > 0 ? { object: { key } } : {} },
  };
}

/** A text in a pattern with wildcards. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
function literal(prop: string, text: string): string {
  if (Token.isUnresolved(text)) {
    refuse(prop, 'must be known at synth where both keyPrefix and keySuffix are given', text);
  }
  return text.replace(/[\\*]/g, '\\$&');
}

/**
 * Values as the input of an execution has them. A field of the event stands alone, so that EventBridge writes it as JSON; within a text it
 * would be put in as it is, and a quote in it would end the text. What is known or deployed comes in base64 where it is not plain.
 */
function inputOf(parameters: { [name: string]: string }): { [field: string]: { [name: string]: string } } {
  return executionInput(parameters, (value, name) => !isField(name, value) && (Token.isUnresolved(value) || !PLAIN.test(value)));
}

function isField(name: string, value: string): boolean {
  const parts = Tokenization.reverseString(value);
  const hasField = parts.tokens.some((token) => token instanceof EventField);
  if (hasField && parts.length > 1) {
    refuse(`parameters ${name}`, 'must be a field of the event or a text, and not a text with a field in it', value);
  }
  return hasField;
}
