import { Annotations as Notes, App, CfnParameter, Fn, Lazy, NestedStack, SecretValue, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { SubscriptionProtocol } from 'aws-cdk-lib/aws-sns';
import { UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchCommand, CommandTarget, CotsBatchJob, CotsBatchJobProps, JobParameter } from '../../src';

/**
 * The attacker may read the SSM document, the state machine or the schedule. CloudFormation would write the value of a secret there in clear
 * text. Each place in which it could, and each way in which a secret can come there.
 */

const RULE = 'must not have the value of a secret in it ({{resolve:secretsmanager:…}}, {{resolve:ssm-secure:…}}, a SecretValue, a CfnParameter '
  + 'with noEcho): CloudFormation would write it in clear text where many can read it; use secrets, which the instances read themselves';

/** Ways in which a secret comes into a text. */
const WAYS: { readonly [way: string]: (stack: Stack) => string } = {
  'a reference to Secrets Manager': () => '{{resolve:secretsmanager:billing:SecretString:password}}',
  'a reference to Parameter Store': () => '{{resolve:ssm-secure:/billing/password}}',
  'a secret of the app': (stack) => new Secret(stack, 'Secret').secretValueFromJson('password').unsafeUnwrap(),
  'the secret of another stack': (stack) => new Secret(new Stack(stack.node.root, 'Other'), 'Secret').secretValue.unsafeUnwrap(),
  'a secret that is there': (stack) => Secret.fromSecretNameV2(stack, 'Secret', 'billing').secretValue.unsafeUnwrap(),
  'a SecretValue as a text': () => SecretValue.secretsManager('billing').toString(),
  'a SecureString': () => SecretValue.ssmSecure('/billing/password').unsafeUnwrap(),
  'a parameter that is not shown': (stack) => SecretValue.cfnParameter(new CfnParameter(stack, 'Hidden', { noEcho: true })).unsafeUnwrap(),
  'a parameter of another stack that is not shown': (stack) => new CfnParameter(new Stack(stack.node.root, 'Other'), 'Hidden', { noEcho: true }).valueAsString,
  'a parameter that is not shown, by its name': (stack) => Fn.ref(stack.getLogicalId(new CfnParameter(stack, 'Hidden', { noEcho: true }))),
  'a join': () => Fn.join('', ['user:', SecretValue.ssmSecure('/x').unsafeUnwrap()]),
  'a join that puts the reference together': () => Fn.join('', ['{{resolve:', 'ssm-secure:', Fn.ref('AWS::StackName'), '}}']),
  'a substitution': () => Fn.sub('{{resolve:secretsmanager:${AWS::StackName}}}'),
  'a text that comes late': () => Lazy.string({ produce: () => SecretValue.ssmSecure('/x').unsafeUnwrap() }),
};

/** Places in which a text can stand. */
const PLACES: { readonly [prop: string]: (text: string) => Partial<CotsBatchJobProps> } = {
  'command.script': (text) => ({ command: BatchCommand.shell(`bin/index.sh -p ${text}`) }),
  'command.environment.X': (text) => ({ command: BatchCommand.shell('x', { environment: { X: text } }) }),
  'command.workingDirectory': (text) => ({ command: BatchCommand.shell('x', { workingDirectory: `/opt/${text}` }) }),
  'command.parameters.x': (text) => ({ command: BatchCommand.document('Vendor', { parameters: { x: ['y', text] } }) }),
  'parameters.X.default': (text) => ({ parameters: { X: JobParameter.string({ default: text }) } }),
  'parameters.X.allowedValues': (text) => ({ parameters: { X: JobParameter.string({ allowedValues: ['y', text] }) } }),
  'parameters.X.pattern': (text) => ({ parameters: { X: JobParameter.string({ pattern: Lazy.string({ produce: () => text }) }) } }),
  'parameters.X.description': (text) => ({ parameters: { X: JobParameter.string({ description: text }) } }),
  'scheduleOptions.parameters.X': (text) => ({
    schedule: ScheduleExpression.cron({ hour: '3' }),
    scheduleOptions: { parameters: { X: text } },
    parameters: { X: JobParameter.string() },
  }),
  'notificationSubject': (text) => ({ notificationSubject: text }),
  'targets.values': (text) => ({ instanceIds: undefined, targets: [CommandTarget.tag('Role', text)] }),
};

function message(make: (stack: Stack) => unknown): string {
  const stack = new Stack(new App(), 'Stack');
  try {
    make(stack);
    Template.fromStack(stack);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

const makeJob = (stack: Stack, props: Partial<CotsBatchJobProps> = {}) =>
  new CotsBatchJob(stack, 'Job', { instanceIds: ['i-0123456789abcdef0'], command: BatchCommand.shell('x'), ...props });

const late = WAYS['a secret of the app'];

test.each(Object.keys(WAYS))('%s is refused', (way) => {
  const found = message((stack) => makeJob(stack, PLACES['command.environment.X'](WAYS[way](stack))));
  expect(found).toContain(`command.environment.X ${RULE}`);
  expect(found).not.toMatch(/billing|password/);
});

test('a parameter that is not shown of the stack around a nested one is refused', () => {
  expect(message((stack) => {
    const { valueAsString } = new CfnParameter(stack, 'Hidden', { noEcho: true });
    makeJob(new NestedStack(stack, 'Nested'), PLACES['command.environment.X'](valueAsString));
  })).toContain(`command.environment.X ${RULE}`);
});

test.each(Object.keys(PLACES))('%s has none', (place) => {
  expect(message((stack) => makeJob(stack, PLACES[place](late(stack))))).toContain(`${place} ${RULE}`);
  if (place !== 'parameters.X.pattern') {
    expect(message((stack) => makeJob(stack, PLACES[place](WAYS['a reference to Secrets Manager'](stack))))).toBe(`${place} ${RULE}`);
  }
});

test('runAs has none', () => {
  expect(message((stack) => makeJob(stack, { command: BatchCommand.shell('x', { runAs: '{{resolve:secretsmanager:billing}}' }) })))
    .toContain('runAs must be the name of a user');
  expect(message((stack) => makeJob(stack, { command: BatchCommand.shell('x', { runAs: late(stack) }) }))).toMatch(/runAs must /);
});

test.each([
  ['parameters.X', (text: string) => ({ parameters: { X: text } })],
  ['comment', (text: string) => ({ parameters: { X: '' }, comment: text })],
])('%s of a task has none', (prop, props) => {
  for (const method of ['asTask', 'asJsonataTask'] as const) {
    for (const way of ['a secret of the app', 'a reference to Secrets Manager']) {
      expect(message((stack) => {
        const job = makeJob(stack, { parameters: { X: JobParameter.string() } });
        new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(job[method](stack, 'Task', props(WAYS[way](stack)))) });
      })).toContain(`${prop} ${RULE}`);
    }
  }
});

describe('what is no secret stays possible', () => {
  test.each<[string, (stack: Stack) => Partial<CotsBatchJobProps>]>([
    ['the text of a reference to a plain parameter, which reaches the program as it is', () => PLACES['command.environment.X']('{{resolve:ssm:/billing/url}}')],
    ['the same as a token', (stack) => PLACES['command.environment.X'](StringParameter.valueForStringParameter(stack, '/billing/url'))],
    ['the ARN of a secret', (stack) => PLACES['command.environment.X'](new Secret(stack, 'Secret').secretArn)],
    [
      'a parameter of the template that is shown, next to one that is not', (stack) => {
        new CfnParameter(stack, 'Hidden', { noEcho: true });
        return PLACES['command.environment.X'](new CfnParameter(stack, 'Shown').valueAsString);
      },
    ],
    ['a secret in the address of a web hook, which ends in no document', (stack) => ({
      notificationTargets: [new UrlSubscription(Fn.join('', ['https://', late(stack)]), { protocol: SubscriptionProtocol.HTTPS })],
    })],
  ])('%s', (_what, props) => {
    expect(message((stack) => makeJob(stack, props(stack)))).toBe('');
  });

  test('a text that comes late is asked for when all is there, and not before', () => {
    const produce = jest.fn(() => 'x');
    expect(message((stack) => {
      makeJob(stack, PLACES['command.environment.X'](Lazy.string({ produce })));
      expect(produce).not.toHaveBeenCalled();
    })).toBe('');
    expect(produce).toHaveBeenCalled();
  });
});

describe('what is named like a secret', () => {
  const warnings = (props: Partial<CotsBatchJobProps>) => {
    const stack = new Stack(new App(), 'Stack');
    makeJob(stack, props);
    return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('plainSecret')).map(({ entry }) => entry.data as string);
  };

  test.each([
    'PASSWORD', 'DB_PASSWORD', 'dbPassword', 'DBPassword', 'PGPASSWORD', 'MYSQL_PWD', 'DB_PASS', 'PASSWD', 'DB_PASSWD', 'KEY_PASSPHRASE', 'SECRET',
    'CLIENT_SECRET', 'clientSecret', 'TOKEN', 'ACCESS_TOKEN', 'accessToken', 'authtoken', 'API_KEY', 'apiKey', 'APIKEY', 'ACCESS_KEY', 'PRIVATE_KEY',
    'AWS_SECRET_ACCESS_KEY', 'ENCRYPTION_KEY', 'CREDENTIAL', 'CREDENTIALS', 'DB_CREDENTIALS', 'PASSWORD_OLD', 'PASSWORD2', 'PASSWORD_2', 'TOKEN_PROD',
    'API_KEY_BASE64',
  ])('%s', (name) => {
    expect(warnings({ parameters: { [name]: JobParameter.string() } })).toEqual([expect.stringMatching(
      new RegExp(`^parameters should have no secrets, because their values can be read in .*, got ${name}`))]);
    expect(warnings({ command: BatchCommand.shell('x', { environment: { [name]: 'x' } }) })).toEqual([expect.stringMatching(
      new RegExp(`^environment should have no secrets, because their values can be read in the template and the SSM document: .*, got ${name}`))]);
  });

  test.each([
    'KEYWORDS', 'KEYWORD', 'KEY', 'PRIMARY_KEY', 'SORT_KEY', 'KEY_NAME', 'TOKEN_COUNT', 'TOKENS', 'MAX_TOKENS', 'TOKENIZER', 'NEXT_TOKEN', 'nextToken',
    'TOKEN_FILE', 'PASSWORD_FILE', 'PASSWORD_LENGTH', 'SECRET_ARN', 'SECRET_NAME', 'SECRETARY', 'AWS_ACCESS_KEY_ID', 'PASS', 'FIRST_PASS', 'COMPASS',
    'BYPASS', 'MONKEY', 'API_KEY_ID', 'CREDENTIALS_PATH', 'SITES', 'PASSENGERS',
  ])('%s is not', (name) => {
    expect(warnings({ parameters: { [name]: JobParameter.string() } })).toEqual([]);
  });

  test.each<[string, Partial<CotsBatchJobProps>]>([
    ['a sensitive one', { parameters: { PASSWORD: JobParameter.string({ sensitive: true }) } }],
    ['a flag', { parameters: { TOKEN: JobParameter.flag() } }],
    ['an empty variable', { command: BatchCommand.shell('x', { environment: { PASSWORD: '' } }) }],
  ])('but for %s', (_what, props) => {
    expect(warnings(props)).toEqual([]);
  });

  test.each<[string, Partial<CotsBatchJobProps>]>([
    ['PowerShell', { command: BatchCommand.powerShell('x', { environment: { PASSWORD: 'x' } }) }],
    ['a document', { command: BatchCommand.document('Vendor', { parameters: { password: ['x'] } }) }],
  ])('also for %s', (_what, props) => {
    expect(warnings(props)).toHaveLength(1);
  });

  test('can be acknowledged', () => {
    const stack = new Stack(new App(), 'Stack');
    Notes.of(makeJob(stack, { parameters: { PASSWORD: JobParameter.string() } })).acknowledgeWarning('cdk-cots-batch-job:plainSecret');
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('plainSecret'))).toEqual([]);
  });
});
