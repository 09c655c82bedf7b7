import { randomUUID } from 'node:crypto';
import { attributesOf, messagesOf, PublishParameters, topicArnOf } from './message';
import { CloudAssembly } from '../../app/cloud-assembly';
import { unlessUnresolved } from '../../app/errors';
import { Resource } from '../../app/template';
import { Caller } from '../../aws/access';
import { AwsError } from '../../aws/aws-error';
import { ScaledClock } from '../../aws/clock';
import { RunEvent, SentNotification, Subscription } from '../../run/run-record';
import { Condition, fulfils } from '../events/event-pattern';

/** Of a topic without a display name. */
const DEFAULT_SENDER = 'AWS Notifications';

export interface TopicsOptions {
  readonly assembly: CloudAssembly;
  readonly clock: ScaledClock;
  readonly emit: (event: RunEvent) => void;
}

/** The app's SNS topics: messages are held against the rules of SNS, and kept to be shown. */
export class Topics {
  private readonly deleted = new Set<string>();

  constructor(private readonly options: TopicsOptions) {}

  /**
   * Takes a message from someone who may publish.
   *
   * @param caller Whose record it goes to; undefined for calls that are not made by the app
   * @throws AwsError as SNS refuses messages
   */
  public publish(parameters: PublishParameters, caller: Caller | undefined): { MessageId: string } {
    const { clock, emit } = this.options;
    if (this.deleted.has(String(parameters.TopicArn))) {
      throw new AwsError('NotFound', 'Topic does not exist', 404);
    }
    // A topic of another app is known by its ARN alone: what it does with the message is not known here.
    const topicArn = topicArnOf(parameters);
    const topic = this.find(topicArn);
    const messages = messagesOf(parameters);
    const attributes = attributesOf(parameters);
    const notification: SentNotification = {
      at: new Date(clock.now()).toISOString(),
      topicArn,
      sender: topic?.text('DisplayName') || DEFAULT_SENDER,
      subject: String(parameters.Subject ?? ''),
      messages,
      attributes,
      subscriptions: topic ? this.subscriptions(topic, attributes) : [],
    };
    caller?.record.notifications.push(notification);
    emit({ kind: 'notification', at: clock.now(), execution: caller?.execution ?? '', notification });
    return { MessageId: randomUUID() };
  }

  /** What a deployment has removed takes no more messages, unlike what this app never had. */
  public delete(topicArn: string): void {
    this.deleted.add(topicArn);
  }

  /**
   * What SNS lists of a topic. Subscriptions count as confirmed, but for those of an address below `.invalid`, which nobody can have.
   *
   * @throws AwsError `NotFound` for a topic that the app does not have
   */
  public list(topicArn: string): { Subscriptions: object[] } {
    const topic = this.deleted.has(topicArn) ? undefined : this.find(topicArn);
    if (!topic) {
      throw new AwsError('NotFound', 'Topic does not exist', 404);
    }
    return {
      Subscriptions: this.subscriptions(topic, {}).map(({ protocol, endpoint }) => ({
        SubscriptionArn: /[.@]invalid$/.test(endpoint) ? 'PendingConfirmation' : `${topicArn}:${randomUUID()}`,
        Owner: topicArn.split(':')[4],
        Protocol: protocol,
        Endpoint: endpoint,
        TopicArn: topicArn,
      })),
    };
  }

  private find(topicArn: string): Resource | undefined {
    return this.options.assembly.resources('AWS::SNS::Topic').find(({ ref }) => ref === topicArn);
  }

  private subscriptions(topic: Resource, attributes: { readonly [name: string]: string }): Subscription[] {
    const inline = (topic.property('Subscription') ?? []) as { Protocol: string; Endpoint: string }[];
    const separate = this.options.assembly
      .resources('AWS::SNS::Subscription')
      .filter((subscription) => subscription.property('TopicArn') === topic.ref);
    return [
      ...inline.map(({ Protocol, Endpoint }) => ({ protocol: Protocol, endpoint: Endpoint, matches: true })),
      ...separate.map((subscription) => ({
        protocol: subscription.text('Protocol') ?? '',
        endpoint: endpointOf(subscription),
        // A filter on the body is for programs; what reaches a person is decided by attributes.
        matches:
          subscription.property('FilterPolicyScope') === 'MessageBody' ||
          passesFilter(subscription.property('FilterPolicy'), attributes),
      })),
    ];
  }
}

function endpointOf(subscription: Resource): string {
  return unlessUnresolved(() => subscription.text('Endpoint') ?? '') ?? '(known after deployment)';
}

/**
 * Whether a subscription's filter policy lets a message through: every attribute that the policy names must fulfil one of its
 * conditions. It knows what SNS documents for attributes: exact values, prefix, suffix, anything-but, exists and numeric ranges.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export function passesFilter(policy: unknown, attributes: { readonly [name: string]: string }): boolean {
  if (typeof policy !== 'object' || policy === null) {
    return true;
  }
  return Object.entries(policy).every(([name, conditions]) => {
    const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return [conditions]
      .flat()
      .some((condition) => fulfils(attribute, condition as Condition, (value, named) => value === String(named)));
  });
}
