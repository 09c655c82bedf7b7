import { ListSubscriptionsByTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { allPages } from './paging';
import { JobSettings, Status } from '../../protocol';

/** Whom a topic would notify, if they had confirmed that they want to be. */
export interface UnconfirmedSubscription {
  /** `email`, `https`, … */
  readonly protocol: string;
  readonly endpoint: string;
}

/** What SNS has for the ARN of a subscription that nobody has confirmed. */
const UNCONFIRMED = 'PendingConfirmation';

/** All calls to SNS. Errors are those of the SDK. */
export class Sns {
  private readonly client = new SNSClient({
    maxAttempts: 6,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });

  /**
   * Sends what the workflow's own state sends: a mail for people, the result for programs. A deployment may have changed the topic since
   * the execution was started: it goes to the one that the job has now, and to the execution's only where that one refuses it.
   *
   * @param currentTopicArn where the job reports now
   */
  public async notify(job: JobSettings, status: Status, currentTopicArn = job.notificationTopicArn): Promise<void> {
    try {
      await this.publish(currentTopicArn, job, status);
    } catch (error) {
      if (currentTopicArn === job.notificationTopicArn || !isRefusal(error)) {
        throw error;
      }
      await this.publish(job.notificationTopicArn, job, status);
    }
  }

  /** The subscriptions of a topic that nobody has confirmed. SNS forgets them after some days: then there is none. */
  public async unconfirmed(topicArn: string): Promise<UnconfirmedSubscription[]> {
    const subscriptions = await allPages('ListSubscriptionsByTopic', async (NextToken) => {
      const page = await this.client.send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn, NextToken }));
      return { items: page.Subscriptions, nextToken: page.NextToken };
    });
    return subscriptions.filter(({ SubscriptionArn: arn }) => arn === UNCONFIRMED)
      .map(({ Protocol: protocol = '', Endpoint: endpoint = '' }) => ({ protocol, endpoint }));
  }

  private async publish(topicArn: string, job: JobSettings, { notification, outcome, result }: Status): Promise<void> {
    const attribute = (value: string) => ({ DataType: 'String', StringValue: value });
    await this.client.send(new PublishCommand({
      TopicArn: topicArn,
      Subject: notification.subject,
      MessageStructure: 'json',
      Message: JSON.stringify({
        default: JSON.stringify(result),
        email: notification.text,
        sms: notification.subject,
        ...notification.chat ? { https: JSON.stringify(notification.chat) } : {},
      }),
      MessageAttributes: { job: attribute(job.name), outcome: attribute(outcome) },
    }));
  }
}

/** Whether SNS has surely not taken a message, and will not take it: no right, no such topic, no right to its key. */
function isRefusal(error: unknown): boolean {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const { httpStatusCode = 0 } = metadata ?? {};
  return httpStatusCode >= 400 && httpStatusCode < 500 && httpStatusCode !== 429;
}
