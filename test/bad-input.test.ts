import { App, Aws, Duration, Fn, Stack, Token } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { BatchCommand, CommandTarget, CotsBatchJob, InvocationLimit, JobParameter, Outcome } from '../src';
import { INSTANCE_ID, JobProps, synth } from './support/synth';

type Case = [what: string, props: () => JobProps, message: string];

/** Each message names the prop, the rule and what was received. */
function refuses(cases: Case[]) {
  test.each(cases)('%s', (_what, props, message) => {
    expect(() => synth(props())).toThrow(new Error(message));
  });
}

/** What TypeScript would refuse, and other languages let through. */
const untyped = (value: unknown) => value as never;

const COUNT_RULE = 'the count of an invocation limit must be a whole number between 0 and 9999999';
const PERCENT_RULE = 'the percentage of an invocation limit must be a whole number between 0 and 100';
const POLL_RULE = 'pollInterval must be whole seconds between 1 second and 1 day (one poll a day at least)';
const EXECUTION_RULE = 'executionTimeout must be whole seconds between 5 seconds and 2 days (limit of SSM)';
const DELIVERY_RULE = 'deliveryTimeout must be whole seconds between 30 seconds and 30 days (limit of SSM)';
const UNRESPONSIVE_RULE = 'unresponsiveAfter must be whole seconds between 6 minutes and 30 days (agents of SSM report every 5 minutes)';
const NAME_RULE = 'must be printable ASCII without leading or trailing blanks';

const tag = (key = 'Role') => CommandTarget.tag(key, 'crawler');
const ids = (count: number) => Array.from({ length: count }, (_, n) => `i-${n.toString(16).padStart(17, '0')}`);
const inStack = <T>(make: (stack: Stack) => T) => make(new Stack(new App(), 'Other'));

describe('props of another kind', () => refuses([
  ['no command', () => ({ command: undefined }), 'command must be a BatchCommand, got undefined'],
  ['a command that is a text', () => ({ command: untyped('echo') }), 'command must be a BatchCommand, got "echo"'],
  ['handlers of a job', () => ({ handlers: untyped({}) }), 'handlers must be BatchJobHandlers, got {}'],
  ...['deliveryTimeout', 'executionTimeout', 'longRunningAfter', 'pollInterval', 'unresponsiveAfter'].map((prop): Case => [
    `${prop} in seconds`, () => ({ [prop]: 3600 }), `${prop} must be a Duration, got 3600`,
  ]),
  ['a number of servers', () => ({ maxConcurrency: untyped(5) }), 'maxConcurrency must be an InvocationLimit, got 5'],
  ['a share of the instances', () => ({ maxErrors: untyped('10%') }), 'maxErrors must be an InvocationLimit, got "10%"'],
  ['a schedule that is a text', () => ({ schedule: untyped('rate(1 day)') }), 'schedule must be a ScheduleExpression, got "rate(1 day)"'],
  ['one ID', () => ({ instanceIds: untyped('i-01234567') }), 'instanceIds must be a list, got "i-01234567"'],
  ['one outcome', () => ({ notifyOn: untyped('Failed') }), 'notifyOn must be a list, got "Failed"'],
  ['one subscription', () => ({ notificationTargets: untyped(new EmailSubscription('ops@example.com')) }), 'notificationTargets must be a list, got EmailSubscription'],
  ['one target', () => ({ instanceIds: undefined, targets: untyped(tag()) }), 'targets must be a list, got CommandTarget'],
  [
    'targets as SSM has them', () => ({ instanceIds: undefined, targets: untyped([{ key: 'tag:Role' }]) }),
    'targets must be a list of CommandTarget, got {"key":"tag:Role"}',
  ],
  ['a parameter that is a text', () => ({ parameters: { SITE: untyped('x') } }), 'parameter SITE must be a JobParameter, got "x"'],
  ['a parameter that is nothing', () => ({ parameters: { SITE: untyped(null) } }), 'parameter SITE must be a JobParameter, got null'],
]));

describe('where the job runs', () => refuses([
  [
    'neither instanceIds nor targets', () => ({ instanceIds: undefined }),
    'CotsBatchJob must have either instanceIds or targets, got {"instanceIds":"none","targets":"none"}',
  ],
  [
    'both', () => ({ targets: [tag()] }),
    'CotsBatchJob must have either instanceIds or targets, got {"instanceIds":["i-0123456789abcdef0"],"targets":["tag:Role"]}',
  ],
  ['no instance', () => ({ instanceIds: [] }), 'instanceIds must have at least one ID, got []'],
  ...['', 'web-1', 'i-123', 'i-0123456789ABCDEF0', 'mi-01234567', ' i-01234567', 'i-01234567\n', '*'].map((id): Case => [
    `the malformed ID ${JSON.stringify(id)}`, () => ({ instanceIds: ['i-01234567', id] }),
    `instanceIds must be IDs of EC2 instances (i-…) or hybrid servers (mi-…), got ${JSON.stringify(id)}`,
  ]),
  [
    'the same ID twice', () => ({ instanceIds: ['i-01234567', 'i-01234567'] }),
    'instanceIds must not have the same ID twice, got "i-01234567"',
  ],
  [
    'more than a role can name', () => ({ instanceIds: ids(501) }),
    'instanceIds must not have more than 500 IDs, because an IAM role cannot name more; use targets, got 501',
  ],
  [
    'a list that is not known at synth', () => ({ instanceIds: Token.asList({ Ref: 'Ids' }) }),
    'instanceIds must be a list that is known at synth; what is in it may be tokens, got a token',
  ],
  ['no target', () => ({ instanceIds: undefined, targets: [] }), 'targets must have between 1 and 5 targets, got []'],
  [
    'too many targets', () => ({ instanceIds: undefined, targets: ['A', 'B', 'C', 'D', 'E', 'F'].map(tag) }),
    'targets must have between 1 and 5 targets, got ["tag:A","tag:B","tag:C","tag:D","tag:E","tag:F"]',
  ],
  [
    'one key in two targets', () => ({ instanceIds: undefined, targets: [tag(), tag()] }),
    'targets must not have the same key twice; one target takes several values, got ["tag:Role","tag:Role"]',
  ],
  [
    'a resource group and a tag', () => ({ instanceIds: undefined, targets: [CommandTarget.resourceGroup('g'), tag()] }),
    'targets must not combine a resource group with other targets, got ["resource-groups:Name","tag:Role"]',
  ],
  [
    'a tag without a key', () => ({ targets: [tag('')] }),
    'the key of a tag target must match ^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}$, got ""',
  ],
  [
    'a tag with a key that is not known at synth', () => ({ targets: [tag(Token.asString({ Ref: 'Key' }))] }),
    'the key of a tag target must be known at synth, because an IAM condition is named after it, got a token',
  ],
  [
    'a tag without values', () => ({ targets: [CommandTarget.tag('Role')] }),
    'the target tag:Role must have between 1 and 50 values, got []',
  ],
  [
    'a tag with too many values', () => ({ targets: [CommandTarget.tag('Role', ...Array(51).fill('a'))] }),
    `the target tag:Role must have between 1 and 50 values, got ${JSON.stringify(Array(51).fill('a')).slice(0, 117)}...`,
  ],
  [
    'a resource group without a name', () => ({ targets: [CommandTarget.resourceGroup('')] }),
    'the name of a resource group must not be empty, got ""',
  ],
]));

describe('times', () => refuses([
  ['no poll interval', () => ({ pollInterval: Duration.seconds(0) }), `${POLL_RULE}, got \"0 seconds\"`],
  ['a poll interval over a day', () => ({ pollInterval: Duration.hours(25) }), `${POLL_RULE}, got \"1 day 1 hour\"`],
  ['half a second', () => ({ pollInterval: Duration.millis(1500) }), `${POLL_RULE}, got \"1 second 500 millis\"`],
  ['shorter than SSM lets run', () => ({ executionTimeout: Duration.seconds(4) }), `${EXECUTION_RULE}, got \"4 seconds\"`],
  ['longer than SSM lets run', () => ({ executionTimeout: Duration.hours(49) }), `${EXECUTION_RULE}, got \"2 days 1 hour\"`],
  ['sooner than SSM delivers', () => ({ deliveryTimeout: Duration.seconds(29) }), `${DELIVERY_RULE}, got \"29 seconds\"`],
  ['later than SSM delivers', () => ({ deliveryTimeout: Duration.days(31) }), `${DELIVERY_RULE}, got \"31 days\"`],
  ['shorter than agents take to report', () => ({ unresponsiveAfter: Duration.minutes(5) }), `${UNRESPONSIVE_RULE}, got \"5 minutes\"`],
  ['silent for ever', () => ({ unresponsiveAfter: Duration.days(31) }), `${UNRESPONSIVE_RULE}, got \"31 days\"`],
  [
    'late before it has begun', () => ({ longRunningAfter: Duration.seconds(0) }),
    'longRunningAfter must be whole seconds between 1 second and 32 days (all time-outs together), got "0 seconds"',
  ],
  [
    'late when it is over', () => ({
      longRunningAfter: Duration.minutes(70), executionTimeout: Duration.hours(1), deliveryTimeout: Duration.minutes(10),
    }),
    'longRunningAfter must be shorter than deliveryTimeout and executionTimeout together (1 hour 10 minutes), got "1 hour 10 minutes"',
  ],
  ...['pollInterval', 'executionTimeout', 'deliveryTimeout', 'unresponsiveAfter', 'longRunningAfter'].map((prop): Case => [
    `${prop} that is not known at synth`,
    () => ({ [prop]: Duration.seconds(Token.asNumber({ Ref: 'Seconds' })) }),
    `${prop} must be known at synth, got a token`,
  ]),
]));

describe('limits of a command', () => refuses([
  ['a fraction of a server', () => ({ maxErrors: InvocationLimit.count(1.5) }), `${COUNT_RULE}, got 1.5`],
  ['less than no server', () => ({ maxErrors: InvocationLimit.count(-1) }), `${COUNT_RULE}, got -1`],
  ['more digits than SSM takes', () => ({ maxErrors: InvocationLimit.count(1e7) }), `${COUNT_RULE}, got 10000000`],
  ['over 100 %', () => ({ maxErrors: InvocationLimit.percent(101) }), `${PERCENT_RULE}, got 101`],
  ['under 0 %', () => ({ maxErrors: InvocationLimit.percent(-1) }), `${PERCENT_RULE}, got -1`],
  ['a fraction of a percent', () => ({ maxErrors: InvocationLimit.percent(0.5) }), `${PERCENT_RULE}, got 0.5`],
  ['nowhere at a time', () => ({ maxConcurrency: InvocationLimit.count(0) }), 'maxConcurrency must be at least 1, got "0"'],
  ['on 0 % at a time', () => ({ maxConcurrency: InvocationLimit.percent(0) }), 'maxConcurrency must be at least 1, got "0%"'],
  [
    'on fewer servers at a time than there are commands',
    () => ({ instanceIds: ids(101), maxConcurrency: InvocationLimit.count(2) }),
    'maxConcurrency must be at least 3, the number of commands that run side by side (one for 50 instanceIds); use targets, '
      + 'got "2"',
  ],
]));

describe('settings that no state has room for', () => {
  const long = 'é'.repeat(33_000);
  // Each of them has room in a command.
  const many = Array.from({ length: 10 }, (_, i) => `${'é'.repeat(3_300)}${i}`);

  test.each<[string, () => JobProps, string]>([
    [
      'a parameter', () => ({ parameters: { SMALL: JobParameter.flag(), SITE: JobParameter.string({ allowedValues: many }) } }),
      'parameter SITE takes 66\\d{3}',
    ],
    [
      'a parameter of a document', () => ({ command: BatchCommand.document('RunVendorJob', { parameters: { Sites: ['a', long] } }) }),
      'the document\'s parameter Sites takes 66008',
    ],
    ['targets', () => ({ instanceIds: undefined, targets: [CommandTarget.tag('Role', 'a', long)] }), 'targets takes 66038'],
  ])('%s', (_what, props, part) => {
    expect(() => synth(props())).toThrow(new RegExp('^CotsBatchJob must not have settings of more than 65536 bytes, because they are part of '
      + `every state of Step Functions; ${part} of them, got 6[67]\\d{3}$`));
  });
});

describe('names', () => refuses([
  ['an empty jobName', () => ({ jobName: '' }), `jobName ${NAME_RULE}, got ""`],
  ['a jobName with an umlaut', () => ({ jobName: 'Müller' }), `jobName ${NAME_RULE}, got "Müller"`],
  ['a jobName with a line break', () => ({ jobName: 'a\nb' }), `jobName ${NAME_RULE}, got "a\\nb"`],
  ['a jobName that ends with a line break', () => ({ jobName: 'a\n' }), `jobName ${NAME_RULE}, got "a\\n"`],
  ['a jobName with a blank before it', () => ({ jobName: ' a' }), `jobName ${NAME_RULE}, got " a"`],
  [
    'a long jobName', () => ({ jobName: 'a'.repeat(51) }),
    `jobName must not be longer than 50 characters, got "${'a'.repeat(51)}"`,
  ],
  ...['description', 'owner'].flatMap((prop): Case[] => [
    [`a ${prop} of two lines`, () => ({ [prop]: 'a\nb' }), `${prop} must be one line of visible characters, at most 200, got "a\\nb"`],
    [`a ${prop} with a blank before it`, () => ({ [prop]: ' a' }), `${prop} must be one line of visible characters, at most 200, got " a"`],
    [`a long ${prop}`, () => ({ [prop]: 'é'.repeat(201) }), `${prop} must be one line of visible characters, at most 200, got "${'é'.repeat(116)}...`],
  ]),
  ...['wiki.example.com', 'javascript:alert(1)', 'https://', 'https://wiki.example.com/a b', 'https://wiki.example.com/\n', `https://${'a'.repeat(493)}`]
    .map((url): Case => [
      `the runbookUrl ${JSON.stringify(url).slice(0, 40)}`, () => ({ runbookUrl: url }),
      `runbookUrl must begin with https:// or http://, and have no blanks and at most 500 characters of ASCII, got ${JSON.stringify(url).replace(/^(.{117}).{4,}$/, '$1...')}`,
    ]),
  [
    'a notificationSubject with an umlaut', () => ({ notificationSubject: 'Müller' }),
    `notificationSubject ${NAME_RULE}, because SNS takes no other, got "Müller"`,
  ],
  [
    'a notificationSubject with a line break', () => ({ notificationSubject: 'a\r\nBcc: x' }),
    `notificationSubject ${NAME_RULE}, because SNS takes no other, got "a\\r\\nBcc: x"`,
  ],
  [
    'a long notificationSubject', () => ({ notificationSubject: 'a'.repeat(51) }),
    `notificationSubject must not be longer than 50 characters, got "${'a'.repeat(51)}"`,
  ],
]));

describe('the key of a job', () => {
  refuses([
    ['a path', () => ({ jobKey: '../other' }), 'jobKey must match ^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$, got "../other"'],
    ['none', () => ({ jobKey: '' }), 'jobKey must match ^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$, got ""'],
    ['a long one', () => ({ jobKey: 'a'.repeat(81) }), `jobKey must match ^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$, got "${'a'.repeat(81)}"`],
    [
      'a token', () => ({ jobKey: Aws.STACK_ID }),
      'jobKey must be known at synth but for Aws.STACK_NAME, because it stands in the script that starts the program, got a token',
    ],
    [
      'a token beside the name of the stack', () => ({ jobKey: `${Aws.STACK_NAME}_${Aws.REGION}` }),
      'jobKey must be known at synth but for Aws.STACK_NAME, because it stands in the script that starts the program, got "<token>_<token>"',
    ],
    ['a path that is joined', () => ({ jobKey: Fn.join('/', ['a', Aws.STACK_NAME]) }), 'jobKey must match ^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$, got a token'],
    ['no key beside the name of the stack', () => ({ jobKey: `${Aws.STACK_NAME}/..` }), 'jobKey must match ^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$, got "<token>/.."'],
    [
      'of a document that exists', () => ({ jobKey: 'Nightly', command: BatchCommand.document('RunVendorJob') }),
      'jobKey has no effect without BatchCommand.shell or BatchCommand.powerShell, got "Nightly"',
    ],
  ]);

  test('that another job of the stack has', () => {
    const { stack } = synth({ jobKey: 'Nightly' });
    expect(() => new CotsBatchJob(stack, 'Other', { jobKey: 'Nightly', instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x') }))
      .toThrow(new Error('jobKey must not be that of another job (Stack/Job), because they would share lock and marks, got "Nightly"'));
    expect(() => synth({ jobKey: 'Nightly' })).not.toThrow();
  });

  test('that is joined is that of a job that has the same as a text', () => {
    const { stack } = synth({ jobKey: 'a-Stack' });
    expect(() => new CotsBatchJob(stack, 'Other', { jobKey: Fn.join('-', ['a', Aws.STACK_NAME]), instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x') }))
      .toThrow('jobKey must not be that of another job (Stack/Job)');
  });

  test('by default, of a PowerShell script in a stack with a long name', () => {
    const named = (length: number, command: BatchCommand) => () => synth({ command }, new Stack(new App(), 'Stack', { stackName: 's'.repeat(length) }));
    expect(named(112, BatchCommand.powerShell('x')))
      .toThrow(new Error(`jobKey must be set for a PowerShell script, because the default has more than 115 characters, got "${'s'.repeat(112)}_Job"`));
    expect(named(111, BatchCommand.powerShell('x'))).not.toThrow();
    expect(named(128, BatchCommand.shell('x'))).not.toThrow();
  });

  test('that a new job gets by default, in the place of one that was renamed', () => {
    const stack = new Stack(new App(), 'Stack');
    new CotsBatchJob(stack, 'Renamed', { jobKey: 'Stack_Job', instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x') });
    expect(() => synth({}, stack)).toThrow('jobKey must not be that of another job (Stack/Renamed), because they would share lock and marks, got "Stack_Job"');
  });
});

describe('options without effect', () => refuses([
  [
    'scheduleOptions without schedule', () => ({ scheduleOptions: { enabled: false, maxEventAge: Duration.minutes(5) } }),
    'scheduleOptions has no effect without schedule, got {"enabled":false,"maxEventAge":"5 minutes"}',
  ],
  [
    'outputKeyPrefix without outputBucket', () => ({ outputKeyPrefix: 'a' }),
    'outputKeyPrefix has no effect without outputBucket, got "a"',
  ],
  [
    'outputLogGroup with cloudWatchOutput off',
    () => ({ cloudWatchOutput: false, outputLogGroup: inStack((stack) => new LogGroup(stack, 'Logs')) }),
    'outputLogGroup has no effect without cloudWatchOutput, got LogGroup',
  ],
  [
    'outputLogRetention with cloudWatchOutput off', () => ({ cloudWatchOutput: false, outputLogRetention: RetentionDays.ONE_DAY }),
    'outputLogRetention has no effect without cloudWatchOutput, got 1',
  ],
  [
    'outputLogRetention with the user\'s own outputLogGroup',
    () => ({ outputLogGroup: inStack((stack) => new LogGroup(stack, 'Logs')), outputLogRetention: RetentionDays.ONE_DAY }),
    'outputLogGroup and outputLogRetention exclude each other: retention belongs to the log group that you bring, got both',
  ],
  [
    'notificationTargets without an outcome',
    () => ({ notifyOn: [], notificationTargets: [new EmailSubscription('ops@example.com')] }),
    'notificationTargets has no effect without an outcome in notifyOn, got ["EmailSubscription"]',
  ],
  [
    'notificationTargets that refer to the app',
    () => ({ notifyOn: [], notificationTargets: [inStack((stack) => new SqsSubscription(new Queue(stack, 'Queue')))] }),
    'notificationTargets has no effect without an outcome in notifyOn, got ["SqsSubscription"]',
  ],
  [
    'notificationTopic without an outcome',
    () => ({ notifyOn: [], notificationTopic: inStack((stack) => new Topic(stack, 'Topic')) }),
    'notificationTopic has no effect without an outcome in notifyOn, got Topic',
  ],
  [
    'notificationSubject without an outcome', () => ({ notifyOn: [], notificationSubject: 'a' }),
    'notificationSubject has no effect without an outcome in notifyOn, got "a"',
  ],
]));

describe('notifications and output', () => refuses([
  [
    'an outcome twice', () => ({ notifyOn: [Outcome.FAILED, Outcome.FAILED] }),
    'notifyOn must not have the same outcome twice, got ["Failed","Failed"]',
  ],
  [
    'an outcome that does not exist', () => ({ notifyOn: [Outcome.FAILED, untyped('FAILED')] }),
    'notifyOn must have only outcomes (Succeeded, Failed, TimedOut, Undelivered, Cancelled, Unresponsive, Skipped, NotDue, NotStarted), got "FAILED"',
  ],
  [
    'a FIFO topic', () => ({ notificationTopic: inStack((stack) => new Topic(stack, 'Topic', { fifo: true })) }),
    'notificationTopic must be a standard topic, because a FIFO topic sends no mail, got "Other/Topic"',
  ],
  [
    'an empty folder', () => ({ outputBucket: inStack((stack) => new Bucket(stack, 'Bucket')), outputKeyPrefix: '' }),
    'outputKeyPrefix must have between 1 and 500 characters, got ""',
  ],
  [
    'a long folder', () => ({ outputBucket: inStack((stack) => new Bucket(stack, 'Bucket')), outputKeyPrefix: 'a'.repeat(501) }),
    `outputKeyPrefix must have between 1 and 500 characters, got "${'a'.repeat(116)}...`,
  ],
  ...['/a', 'a/', 'a*', 'a?'].map((outputKeyPrefix): Case => [
    `the folder ${outputKeyPrefix}`, () => ({ outputBucket: inStack((stack) => new Bucket(stack, 'Bucket')), outputKeyPrefix }),
    `outputKeyPrefix must not begin or end with a slash, and have no * or ?, got "${outputKeyPrefix}"`,
  ]),
]));

describe('the schedule', () => {
  const schedule = ScheduleExpression.rate(Duration.days(1));
  const parameters = { SITES: JobParameter.string({ pattern: '[a-z]+' }), DEPTH: JobParameter.number({ default: 3 }) };
  const values = (given: { [name: string]: string }) => ({ schedule, parameters, scheduleOptions: { parameters: given } });

  refuses([
    [
      'a parameter that the job does not have', () => values({ SITES: 'a', SITE: 'b' }),
      'scheduleOptions.parameters must only have parameters of the job (SITES, DEPTH), got "SITE"',
    ],
    [
      'a parameter, where the job has none', () => ({ schedule, scheduleOptions: { parameters: { SITES: 'a' } } }),
      'scheduleOptions.parameters must only have parameters of the job (none), got "SITES"',
    ],
    [
      'no value for a required parameter', () => values({}),
      'scheduleOptions.parameters must have a value for SITES, which has no default, got {}',
    ],
    [
      'no options, where a parameter is required', () => ({ schedule, parameters }),
      'scheduleOptions.parameters must have a value for SITES, which has no default, got {}',
    ],
    [
      'a value that breaks the pattern', () => values({ SITES: 'A' }),
      'scheduleOptions.parameters SITES must match "[a-z]+" as a whole, got "A"',
    ],
    [
      'a value that is no number', () => values({ SITES: 'a', DEPTH: 'x' }),
      'scheduleOptions.parameters DEPTH must be a decimal number, got "x"',
    ],
    [
      'a value that is no text', () => values({ SITES: 'a', DEPTH: untyped(5) }),
      'scheduleOptions.parameters DEPTH must be a string, got 5',
    ],
  ]);

  test('a dead-letter queue that is first in, first out', () => {
    const deadLetterQueue = inStack((stack) => new Queue(stack, 'Queue', { fifo: true }));
    expect(() => synth({ schedule, scheduleOptions: { deadLetterQueue } }))
      .toThrow(new Error('scheduleOptions.deadLetterQueue must be a standard queue, because EventBridge Scheduler takes no FIFO queue, got "Other/Queue"'));
  });

  test('tries no shorter and no longer than EventBridge Scheduler allows', () => {
    expect(() => synth({ schedule, scheduleOptions: { maxEventAge: Duration.seconds(59) } }))
      .toThrow('Minimum event age is 1 minute');
    expect(() => synth({ schedule, scheduleOptions: { maxEventAge: Duration.hours(25) } })).toThrow('Maximum event age is 1 day');
  });
});

