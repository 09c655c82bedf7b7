import { AwsError } from '../../aws/aws-error';

/** Parameters of Publish, as a state machine or a handler gives them. */
export interface PublishParameters {
  readonly TopicArn?: unknown;
  readonly Message?: unknown;
  readonly MessageStructure?: unknown;
  readonly Subject?: unknown;
  readonly MessageAttributes?: { readonly [name: string]: MessageAttribute };
}

interface MessageAttribute {
  readonly DataType?: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MAX_MESSAGE_BYTES = 262_144;

/** Less than 100 characters of ASCII, none of them a control character; the first is no space. */
const SUBJECT = /^[\x21-\x7e][\x20-\x7e]{0,98}$/;

/**
 * The topic that a message is for.
 *
 * @throws AwsError `InvalidParameter` if it is no topic
 */
export function topicArnOf({ TopicArn }: PublishParameters): string {
  if (typeof TopicArn === 'string' && /^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]{1,256}(\.fifo)?$/.test(TopicArn)) {
    return TopicArn;
  }
  throw invalid(`TopicArn must be the ARN of a topic, got ${JSON.stringify(TopicArn)}`);
}

/**
 * The texts of a message by protocol, if SNS would take the message.
 *
 * @throws AwsError `InvalidParameter` with the rule that is broken
 */
export function messagesOf(parameters: PublishParameters): { [protocol: string]: string } {
  const { Subject, Message, MessageStructure } = parameters;
  if (Subject !== undefined && (typeof Subject !== 'string' || !SUBJECT.test(Subject))) {
    throw invalid(`Subject must be 1 to 99 printable characters of ASCII, got ${JSON.stringify(Subject)}`);
  }
  // Step Functions takes a message that is an object, and sends it as JSON.
  const text = typeof Message === 'string' ? Message : (JSON.stringify(Message) ?? '');
  if (text === '') {
    throw invalid('Empty message');
  }
  const bytes = Buffer.byteLength(text) + attributeBytes(parameters);
  if (bytes > MAX_MESSAGE_BYTES) {
    throw invalid(`Message too long: ${bytes} bytes, at most ${MAX_MESSAGE_BYTES}`);
  }
  if (MessageStructure === undefined) {
    return { default: text };
  }
  if (MessageStructure !== 'json') {
    throw invalid(`MessageStructure must be 'json', got ${JSON.stringify(MessageStructure)}`);
  }
  return protocols(text);
}

/** Message attributes as text. */
export function attributesOf({ MessageAttributes = {} }: PublishParameters): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => {
      const value = StringValue ?? BinaryValue;
      if (!DataType || !value) {
        throw invalid(`The message attribute '${name}' must contain a DataType and a non-empty value`);
      }
      return [name, value];
    }),
  );
}

function protocols(text: string): { [protocol: string]: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  // SNS ignores what is no text.
  const texts = Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  if (!Object.hasOwn(texts, 'default')) {
    throw invalid('Message Structure - No default entry in JSON message body');
  }
  return texts;
}

/** Attributes count as part of the message: name, type and value. */
function attributeBytes({ MessageAttributes = {} }: PublishParameters): number {
  return Object.entries(MessageAttributes).reduce(
    (sum, [name, { DataType = '', StringValue = '', BinaryValue = '' }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue + BinaryValue),
    0,
  );
}

function invalid(rule: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${rule}`);
}
