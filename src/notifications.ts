import { Duration } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { CfnTopic, ITopic, ITopicSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { NO_RUN_OUTCOMES, Outcome, OverlapPolicy } from './protocol';
import { hasName, refuseMadeElsewhere, refuseMadeInOtherAccount, refuseOtherRegion } from './references';
import { JobScheduleOptions } from './schedule-options';
import { isKnown, refuse, refuseWithout } from './validation';

/** The key that AWS manages for SNS. */
export const AWS_MANAGED_KEY = 'alias/aws/sns';

/** The outcome is added to it, and SNS wants less than 100 characters. */
const MAX_SUBJECT_LENGTH = 50;

/** What is reported unless the user chooses: all that an operator has to deal with. */
const FAILURES = [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNDELIVERED, Outcome.CANCELLED, Outcome.UNRESPONSIVE];

export interface RunNotificationsProps {
  readonly jobName: string;
  readonly notificationTopic?: ITopic;
  readonly notificationTargets?: ITopicSubscription[];
  readonly notifyOn?: Outcome[];
  readonly notificationSubject?: string;
  readonly encryptionKey?: IKey;
  readonly alarmOnFailure?: boolean;
  readonly longRunningAfter?: Duration;
  readonly notifyOnRecovery?: boolean;
  readonly chatNotifications?: boolean;
  readonly schedule?: ScheduleExpression;
  readonly overlapPolicy?: OverlapPolicy;
  readonly scheduleOptions?: JobScheduleOptions;
}

/**
 * The topic that a job reports to, and what it reports.
 */
export class RunNotifications extends Construct {
  public readonly topic: ITopic;
  public readonly outcomes: Outcome[];
  public readonly subject: string;

  constructor(scope: Construct, id: string, props: RunNotificationsProps) {
    super(scope, id);

    // Whoever starts a run that overlaps another one sees what becomes of it; a schedule sees nothing, and nobody sits there while a run waits.
    const wanted = props.notifyOn ?? [...FAILURES, ...props.schedule || props.overlapPolicy === OverlapPolicy.WAIT ? [Outcome.SKIPPED] : []];
    // The others are reported by whoever finds them.
    this.outcomes = wanted.filter((outcome) => !NO_RUN_OUTCOMES.includes(outcome));
    this.subject = props.notificationSubject ?? props.jobName;
    const { mustStartWithin, mustEndBy, calendars } = props.scheduleOptions ?? {};
    const hasMail = this.outcomes.length > 0 || [props.longRunningAfter, mustStartWithin, mustEndBy].some((prop) => prop !== undefined)
      || Boolean(calendars?.length);
    refuseWithout('an outcome in notifyOn', hasMail, {
      notificationSubject: props.notificationSubject, chatNotifications: props.chatNotifications || undefined,
    });
    refuseWithout('an outcome in notifyOn', hasMail || props.alarmOnFailure === true, {
      notificationTargets: props.notificationTargets?.length ? props.notificationTargets : undefined,
      notificationTopic: props.notificationTopic,
    });
    refuseWithout('a failure in notifyOn', this.outcomes.some((outcome) => FAILURES.includes(outcome)), {
      notifyOnRecovery: props.notifyOnRecovery || undefined,
    });
    const unknown = wanted.find((outcome) => !Object.values(Outcome).includes(outcome));
    if (unknown !== undefined) {
      refuse('notifyOn', `must have only outcomes (${Object.values(Outcome).join(', ')})`, unknown);
    }
    if (new Set(wanted).size !== wanted.length) {
      refuse('notifyOn', 'must not have the same outcome twice', wanted);
    }
    if (isKnown(this.subject) && !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(this.subject)) {
      refuse('notificationSubject', 'must be printable ASCII without leading or trailing blanks, because SNS takes no other', this.subject);
    }
    if (isKnown(this.subject) && this.subject.length > MAX_SUBJECT_LENGTH) {
      refuse('notificationSubject', `must not be longer than ${MAX_SUBJECT_LENGTH} characters`, this.subject);
    }
    if (props.notificationTopic?.fifo) {
      refuse('notificationTopic', 'must be a standard topic, because a FIFO topic sends no mail', props.notificationTopic.node.path);
    }
    refuseOtherRegion(this, 'notificationTopic', props.notificationTopic);
    refuseMadeInOtherAccount(this, 'notificationTopic', props.notificationTopic?.topicArn, 'imported by its ARN');

    this.topic = props.notificationTopic ?? this.makeTopic(props);
    for (const target of props.notificationTargets ?? []) {
      this.topic.addSubscription(this.within(target));
    }
  }

  /**
   * Lets a part of the job report.
   *
   * Like the topic's own grant, which would allow every kind of data key: SNS asks for a plain one.
   *
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   */
  public grantPublish(grantee: IGrantable): void {
    Grant.addToPrincipalOrResource({
      grantee, actions: ['sns:Publish'], resourceArns: [this.topic.topicArn], resource: this.topic,
    });
    this.topic.masterKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  }

  /** The policy of a queue or function elsewhere has to name the topic. */
  private within(target: ITopicSubscription): ITopicSubscription {
    return {
      bind: (topic) => {
        const config = target.bind(topic);
        if (config.subscriberScope && !hasName(config.subscriberScope, topic.topicArn)) {
          refuseMadeElsewhere(this, 'notificationTargets', config.subscriberScope, 'there must be a notificationTopic with a name of its own');
        }
        return config;
      },
    };
  }

  private makeTopic({ jobName, encryptionKey }: RunNotificationsProps): Topic {
    const topic = new Topic(this, 'Topic', { displayName: displayName(jobName), masterKey: encryptionKey, enforceSSL: true });
    if (!encryptionKey) {
      // The key that AWS manages costs nothing, and lets everyone publish who may publish to the topic. An `Alias` would be a key to grant:
      // with the feature flag `applyImportedAliasPermissionsToPrincipal`, CDK writes statements on every key of the account for it.
      (topic.node.defaultChild as CfnTopic).kmsMasterKeyId = AWS_MANAGED_KEY;
    }
    return topic;
  }
}

/**
 * Whom a mail is from. Other characters than these are not documented, and a topic that SNS refuses would fail the deployment.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html#cfn-sns-topic-displayname
 */
function displayName(jobName: string): string | undefined {
  return isKnown(jobName) ? jobName.replace(/[^A-Za-z0-9_ -]/g, '-') : undefined;
}
