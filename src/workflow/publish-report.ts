import { ITopic } from 'aws-cdk-lib/aws-sns';
import { JsonPath, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { MessageAttribute, SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { CHAT_MESSAGE } from './chat';
import { NOTIFICATION } from './payloads';

export interface PublishReportProps {
  readonly comment: string;
  readonly topic: ITopic;
  /** Whether chat clients follow the topic. @default false */
  readonly chat?: boolean;
  /** Attributes of the message besides those that every report has. */
  readonly attributes?: { readonly [name: string]: MessageAttribute };
}

/** A state that publishes the report that a status has. What comes before and after it is the workflow's. */
export function publishReport(scope: Construct, id: string, { comment, topic, chat = false, attributes }: PublishReportProps): SnsPublish {
  const { subject, message, messageAttributes } = NOTIFICATION;
  return new SnsPublish(scope, id, {
    comment,
    topic,
    subject,
    messagePerSubscriptionType: true,
    message: TaskInput.fromObject(chat ? { ...message, https: CHAT_MESSAGE } : message),
    messageAttributes: { ...messageAttributes, ...attributes },
    resultPath: JsonPath.DISCARD,
  });
}
