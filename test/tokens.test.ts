import { Aws, Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { BatchCommand, CommandTarget, CompletionMode, InvocationLimit, JobParameter, JobSecret, Outcome, OverlapPolicy } from '../src';
import { JobProps, synth } from './support/synth';

const text = () => Lazy.string({ produce: () => 'text' });
const number = () => Lazy.number({ produce: () => 4 });
const list = () => Lazy.list({ produce: () => ['cloud'] });
const duration = () => Duration.seconds(number());

/** What CDK writes for a token. */
const INTERNALS = /Token\[|e\+\d{3}/;

const parameter = (options: Parameters<typeof JobParameter.string>[0]): JobProps => ({ parameters: { KEYWORDS: JobParameter.string(options) } });
const shell = (options: Parameters<typeof BatchCommand.shell>[1]): JobProps => ({ command: BatchCommand.shell('true', options) });
const document = (options: Parameters<typeof BatchCommand.document>[1]): JobProps => ({ command: BatchCommand.document('Ours', options) });

test.each<[string, () => JobProps]>([
  ['instanceIds', () => ({ instanceIds: [text()] })],
  ['the values of a tag', () => ({ instanceIds: undefined, targets: [CommandTarget.tag('Role', text(), text())] })],
  ['a resource group', () => ({ instanceIds: undefined, targets: [CommandTarget.resourceGroup(text())] })],
  ['allowedValues', () => parameter({ default: 'cloud', allowedValues: ['cloud', text()] })],
  ['allowedValues that do not have the default', () => parameter({ default: 'cloud', allowedValues: ['storm', text()] })],
  ['allowedValues of numbers that do not have the default', () => ({ parameters: { DEPTH: JobParameter.number({ default: 4, allowedValues: [1, number()] }) } })],
  ['allowedValues that break the pattern', () => parameter({ default: 'cloud', pattern: '[a-z]+', allowedValues: ['cloud', text()] })],
  ['a default that breaks no known rule', () => parameter({ default: `cloud ${text()}`, pattern: '[a-z]+' })],
  ['a value of scheduleOptions.parameters', () => ({
    schedule: ScheduleExpression.rate(Duration.days(1)),
    scheduleOptions: { parameters: { KEYWORDS: text() } },
    parameters: { KEYWORDS: JobParameter.string({ allowedValues: ['cloud'] }) },
  })],
  ['reservedConcurrentExecutions', () => ({ handlerOptions: { reservedConcurrentExecutions: number() } })],
  ['outputKeyPrefix', () => ({ outputBucket: Bucket.fromBucketName(new Stack(), 'Bucket', 'output'), outputKeyPrefix: text() })],
  ['the description of a parameter', () => ({ parameters: { KEYWORDS: JobParameter.string({ default: 'cloud', description: text() }) } })],
  ['the pattern', () => parameter({ default: 'cloud', pattern: text() })],
  ['the default', () => parameter({ default: text(), pattern: '[a-z]+', allowedValues: ['cloud'] })],
  ['numbers', () => ({ parameters: { DEPTH: JobParameter.number({ default: number(), allowedValues: [1, number()] }) } })],
  ['a document', () => ({ command: BatchCommand.document(text()) })],
  ['the version of a document', () => document({ version: text() })],
  ['a list of a document', () => document({ parameters: { playbook: list() } })],
  ['a script', () => ({ command: BatchCommand.shell(text()) })],
  ['a user', () => shell({ runAs: text() })],
  ['a folder', () => shell({ workingDirectory: text() })],
  ['a variable', () => shell({ environment: { LANG: text() } })],
  ['jobName', () => ({ jobName: text() })],
  ['what people are told of a job', () => ({ description: text(), owner: text(), runbookUrl: text() })],
  ['notificationSubject', () => ({ notificationSubject: text() })],
  ['maxConcurrency', () => ({ maxConcurrency: InvocationLimit.count(number()) })],
  ['maxErrors', () => ({ maxErrors: InvocationLimit.percent(number()) })],
])('a token in %s is left to the run', (_what, props) => {
  expect(() => synth(props()).template).not.toThrow();
});

test.each<[string, () => JobProps]>([
  ['instanceIds must be a list that is known at synth; what is in it may be tokens', () => ({ instanceIds: list() })],
  ['the target tag:Role must be a list that is known at synth; what is in it may be tokens',
    () => ({ instanceIds: undefined, targets: [CommandTarget.tag('Role', ...list())] })],
  ['the key of a tag target must be known at synth, because an IAM condition is named after it',
    () => ({ instanceIds: undefined, targets: [CommandTarget.tag(text(), 'crawler')] })],
  ['allowedValues must be a list that is known at synth; what is in it may be tokens', () => parameter({ allowedValues: list() })],
  ['successExitCodes must be known at synth', () => shell({ successExitCodes: [0, number()] })],
  ['retry.exitCodes must be known at synth', () => ({ retry: { exitCodes: [number()] } })],
  ['retry.maxAttempts must be known at synth', () => ({ retry: { maxAttempts: number() } })],
  ['retry.backoffRate must be known at synth', () => ({ retry: { backoffRate: number() } })],
  ['retry.interval must be known at synth', () => ({ retry: { interval: duration() } })],
  ['executionTimeout must be known at synth', () => ({ executionTimeout: duration() })],
  ['deliveryTimeout must be known at synth', () => ({ deliveryTimeout: duration() })],
  ['pollInterval must be known at synth', () => ({ pollInterval: duration() })],
  ['unresponsiveAfter must be known at synth', () => ({ unresponsiveAfter: duration() })],
  ['longRunningAfter must be known at synth', () => ({ longRunningAfter: duration() })],
])('%s', (message, props) => {
  expect(() => synth(props())).toThrow(new Error(`${message}, got a token`));
});

test.each<[string, () => JobProps]>([
  ['a name in environment', () => shell({ environment: { [text()]: 'C' } })],
  ['the name of a parameter', () => ({ parameters: { [text()]: JobParameter.flag() } })],
  ['one of two props that exclude each other', () => ({ targets: [CommandTarget.tag('Role', text())] })],
  ['a prop without effect', () => ({ outputKeyPrefix: text() })],
  ['a value beside a token', () => ({ instanceIds: [text(), 'one'] })],
  ['a text around a token', () => ({ parameters: { [`X-${text()}`]: JobParameter.flag() } })],
  ['an unknown parameter', () => ({ command: BatchCommand.document('Ours'), parameters: { X: JobParameter.string({ default: text() }) } })],
  ['a parameter of a document', () => document({ parameters: { [text()]: ['x'] } })],
  ['a parameter of a document that is set twice', () => document({ parameters: { a: ['x'] }, executionTimeoutParameter: text() })],
  ['a value of a document\'s parameter', () => document({ parameters: { a: [number() as unknown as string] } })],
  ['values of a document\'s parameter', () => document({ parameters: { a: text() as unknown as string[] } })],
  ['a secret', () => ({ secrets: { [text()]: JobSecret.fromSecretsManager(Secret.fromSecretNameV2(new Stack(), 'Secret', 'db')) } })],
  ['an interpreter', () => ({ command: BatchCommand.shell(`#!${text()}\ntrue`) })],
  ['a shell', () => shell({ shell: text() })],
  ['the same exit codes', () => shell({ successExitCodes: [number(), number()] })],
  ['lists of exit codes', () => shell({ successExitCodes: Token.asList(number()) as unknown as number[] })],
  ['an unknown outcome', () => ({ notifyOn: [text() as Outcome] })],
  ['outcomes of a retry', () => ({ retry: { outcomes: [text() as Outcome] } })],
  ['an overlap policy', () => ({ overlapPolicy: text() as OverlapPolicy })],
  ['a completion mode', () => ({ completion: text() as CompletionMode })],
  ['parameters of the schedule', () => ({ schedule: ScheduleExpression.rate(Duration.days(1)), scheduleOptions: { parameters: { [text()]: 'x' } } })],
  ['a folder beside a token', () => shell({ workingDirectory: 'tmp', environment: { A: text() } })],
  ['targets of one key', () => ({ instanceIds: undefined, targets: [CommandTarget.tag('Role', text()), CommandTarget.tag('Role', text())] })],
  ['a resource group with others', () => ({ instanceIds: undefined, targets: [CommandTarget.resourceGroup(text()), CommandTarget.tag('Role', text())] })],
  ['an ID that is there twice', () => { const id = text(); return { instanceIds: [id, id] }; }],
  ['a key', () => ({ jobKey: `${Aws.REGION}-nightly` })],
  ['an ID of a list that is there twice', () => ({ instanceIds: [...list(), ...list()] })],
  ['subjects without an outcome', () => ({ notifyOn: [], notificationSubject: text() })],
  ['a duration of another kind', () => ({ pollInterval: number() as unknown as Duration })],
  ['a script of another kind', () => ({ command: BatchCommand.shell(number() as unknown as string) })],
])('a refusal of %s shows nothing of CDK', (_what, props) => {
  expect(messageOf(() => synth(props()))).toMatch(/got /);
  expect(messageOf(() => synth(props()))).not.toMatch(INTERNALS);
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('must be refused');
}
