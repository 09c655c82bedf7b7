import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { JobSettings, Status } from './protocol';

/** All calls to SNS. Errors are those of the SDK. */
export class Sns {
  private readonly client = new SNSClient({
    maxAttempts: 6,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });

  /** Sends what the workflow's own state sends: a mail for people, the result for programs. */
  public async notify(job: JobSettings, { notification, outcome, result }: Status): Promise<void> {
    const attribute = (value: string) => ({ DataType: 'String', StringValue: value });
    await this.client.send(new PublishCommand({
      TopicArn: job.notificationTopicArn,
      Subject: notification.subject,
      MessageStructure: 'json',
      Message: JSON.stringify({ default: JSON.stringify(result), email: notification.text, sms: notification.subject }),
      MessageAttributes: { job: attribute(job.name), outcome: attribute(outcome) },
    }));
  }
}
