import { App, CfnCondition, CfnOutput, CfnParameter, Fn, Intrinsic, NestedStack, Stack, Token } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { CloudAssembly } from '../../../src/local/app/cloud-assembly';
import { removeFolders, temporaryFolder } from '../run/synthesized-app';

afterAll(removeFolders);

const HERE = { account: '111111111111', region: 'eu-west-1' };
const OTHER_REGION = { account: '111111111111', region: 'eu-central-1' };
const OTHER_ACCOUNT = { account: '222222222222', region: 'eu-west-1' };
const ADVICE = 'for a local run, synthesize the app with a value in its place';

/** The function as newer versions of the CDK emit it by default: the oldest one that the package works with has no method for it. */
const stackOutput = (output: object) => Token.asString(new Intrinsic({ 'Fn::GetStackOutput': output }));

/** What a stack makes of a value, in an app with three stacks of one name, of which each has a topic. */
function resolved(value: (topic: Topic) => string): unknown {
  const app = new App({ outdir: temporaryFolder() });
  const [topic] = [HERE, OTHER_REGION, OTHER_ACCOUNT].map((env, index) => {
    const stack = new Stack(app, `Producer${index}`, { stackName: 'Producer', env });
    // Without a name that is known at synth: the CDK refers to those without a function.
    const made = new Topic(new NestedStack(stack, 'Nested'), 'Topic');
    new CfnOutput(stack, 'Topic', { value: made.topicArn });
    const condition = new CfnCondition(stack, 'Never', { expression: Fn.conditionEquals('a', 'b') });
    new CfnOutput(stack, 'Absent', { value: 'absent', condition });
    return made;
  });
  new CfnOutput(new Stack(app, 'Consumer', { env: HERE }), 'Value', { value: value(topic) });
  const assembly = CloudAssembly.read(app.synth().directory);
  return assembly.stacks.find(({ stackName }) => stackName === 'Consumer')!.output('Value');
}

test.each<[string, (topic: Topic) => string, string]>([
  ['an export, by Fn::ImportValue', (topic) => topic.topicArn, 'eu-west-1:111111111111'],
  ['an output, by Fn::GetStackOutput', () => stackOutput({ StackName: 'Producer', OutputName: 'Topic' }), 'eu-west-1:111111111111'],
  ['an output of another region', () => stackOutput({ StackName: 'Producer', OutputName: 'Topic', Region: 'eu-central-1' }),
    'eu-central-1:111111111111'],
  ['an output of another account', () => stackOutput({
    StackName: 'Producer', OutputName: 'Topic', Region: 'eu-west-1', RoleArn: Fn.sub('arn:${AWS::Partition}:iam::222222222222:role/read'),
  }), 'eu-west-1:222222222222'],
])('%s', (_, value, place) => {
  expect(resolved(value)).toMatch(new RegExp(`^arn:aws:sns:${place}:Producer-Nested`));
});

test.each<[string, () => string, string]>([
  ['a stack that is not in the app', () => stackOutput({ StackName: 'Network', OutputName: 'Server' }),
    "stack Consumer, Outputs.Value: Fn::GetStackOutput: the local run knows outputs of this app's stacks only, and none is the output 'Server' "
    + `of the stack 'Network' in 111111111111/eu-west-1: ${ADVICE}`],
  ['a stack of a region where the app has none', () => stackOutput({ StackName: 'Producer', OutputName: 'Topic', Region: 'us-east-1' }),
    "of the stack 'Producer' in 111111111111/us-east-1"],
  ['an output that is not there', () => stackOutput({ StackName: 'Producer', OutputName: 'Server' }),
    "there is no output 'Server' of the stack 'Producer' in 111111111111/eu-west-1"],
  ['an output whose condition is false', () => stackOutput({ StackName: 'Producer', OutputName: 'Absent' }), "there is no output 'Absent'"],
  ['an export of no stack', () => Fn.importValue('network:Server'),
    `stack Consumer, Outputs.Value: Fn::ImportValue: no stack of this app exports 'network:Server' in this account and region: ${ADVICE}`],
])('refused: %s', (_, value, message) => {
  expect(() => resolved(value)).toThrow(message);
});

test('an export whose name only a deployment knows does not hide another one', () => {
  const app = new App({ outdir: temporaryFolder() });
  const shared = new Stack(app, 'Shared');
  const prefix = new CfnParameter(shared, 'Prefix');
  new CfnOutput(shared, 'First', { value: 'first', exportName: `${prefix.valueAsString}:server` });
  new CfnOutput(shared, 'Second', { value: 'second', exportName: 'server' });
  new CfnOutput(new Stack(app, 'Consumer'), 'Value', { value: Fn.importValue('server') });

  expect(CloudAssembly.read(app.synth().directory).stacks[1].output('Value')).toBe('second');
});
