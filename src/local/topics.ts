import { randomUUID } from 'node:crypto';
import { AccessControl, Caller } from './access';
import { ScaledClock } from './clock';
import { CloudAssembly } from './cloud-assembly';
import { TaskError, UnresolvedValueError } from './errors';
import { passesFilter } from './filter-policy';
import { SnsFault, SnsFaultKind, TaskFaults } from './run-faults';
import { RunEvent, SentNotification, Subscription } from './run-record';
import { attributesOf, messagesOf, PublishParameters } from './sns-message';
import { Resource } from './template';

export interface TopicsOptions {
  readonly assembly: CloudAssembly;
  readonly access: AccessControl;
  readonly clock: ScaledClock;
  readonly faults?: readonly SnsFault[];
  readonly emit: (event: RunEvent) => void;
}

/** The app's SNS topics: messages are held against the rules of SNS, and kept to be shown. */
export class Topics {
  private readonly faults: TaskFaults<SnsFaultKind>;

  constructor(private readonly options: TopicsOptions) {
    this.faults = new TaskFaults(options.faults);
  }

  /**
   * Publishes as a state machine does.
   *
   * @throws TaskError as Step Functions sees failures of SNS
   */
  async publish(parameters: PublishParameters, caller: Caller): Promise<{ MessageId: string }> {
    return this.options.clock.busy(this.authorizeAndPublish(parameters, caller));
  }

  private async authorizeAndPublish(parameters: PublishParameters, caller: Caller): Promise<{ MessageId: string }> {
    const { access, clock, emit } = this.options;
    const topicArn = String(parameters.TopicArn ?? '');
    const denial = await access.check(caller, 'sns:Publish', [{ arn: topicArn }]);
    if (denial !== undefined) {
      throw new TaskError(
        'SNS.AuthorizationErrorException',
        `${denial} (Service: AmazonSNS; Status Code: 403; Error Code: AuthorizationError)`,
      );
    }
    const fault = this.faults.next([topicArn], parameters);
    if (fault === 'throttle') throw new TaskError('SNS.ThrottledException', 'Rate exceeded');
    if (fault === 'internalError') throw new TaskError('SNS.InternalErrorException', 'Internal Error');

    // A topic of another app is known by its ARN alone: what it does with the message is not known here.
    const topic = this.find(topicArn);
    const messages = messagesOf(parameters);
    const attributes = attributesOf(parameters);
    const notification: SentNotification = {
      at: new Date(clock.now()).toISOString(),
      topicArn,
      subject: String(parameters.Subject ?? ''),
      messages,
      attributes,
      subscriptions: topic ? this.subscriptions(topic, attributes) : [],
    };
    caller.record.notifications.push(notification);
    emit({ kind: 'notification', at: clock.now(), execution: caller.execution, notification });
    if (fault === 'loseResponse') throw new TaskError('SNS.SdkClientException', 'Unable to execute HTTP request: Read timed out');
    return { MessageId: randomUUID() };
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
  try {
    return subscription.text('Endpoint') ?? '';
  } catch (error) {
    if (error instanceof UnresolvedValueError) return '(known after deployment)';
    throw error;
  }
}
