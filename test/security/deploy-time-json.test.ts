/**
 * Attacker: whoever sets a value that a deployment reads, as an SSM parameter. Way: a quote, that ends a string of the state machine, of a
 * schedule's input or of a handler's settings, and fields of their own behind it. What must hold: each is the JSON that it was meant to be.
 */
import { App, CfnParameter, CfnResource, Fn, Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { BatchCommand, BatchJobHandlers, JobParameter } from '../../src';
import { resolveValue } from '../../src/local/app/intrinsics';
import { JobProps, synth } from '../support/synth';

const VALUES = [
  'x","admin":"yes',
  '"}},"States":{"Evil":{"Type":"Succeed"}}}',
  '\\" \\\\" \\u0022,\\',
  'a\nb\r\n\t"c"\n',
  'Zürich 東京 💶 \u2028',
  '${AWS::Region} {{resolve:ssm:x}}',
  '',
];

/** What CloudFormation makes of a template's property, where each parameter has this value. */
const deployed = (property: unknown, value: string): string => resolveValue(property, {
  pseudo: { 'AWS::Partition': 'aws', 'AWS::Region': 'eu-south-1', 'AWS::AccountId': '123456789012', 'AWS::StackName': 'Stack', 'AWS::StackId': 'arn:aws:cloudformation:eu-south-1:1:stack/Stack/uuid' },
  mappings: mappings as never,
  parameter: (name) => (name.startsWith('Outside') ? { value } : undefined),
  ref: (id) => id,
  attribute: (id, name) => `${id}.${name}`,
  condition: () => true,
  importValue: () => value,
  stackOutput: () => value,
}) as string;

let mappings: unknown;

function everywhere(text: string, stack: Stack): JobProps {
  return {
    jobName: text,
    notificationSubject: text,
    notificationTopic: Topic.fromTopicArn(stack, 'Theirs', text),
    instanceIds: [text, `i-${text}`],
    command: BatchCommand.document('Ours', { parameters: { playbook: [text, 'known "quoted"'] }, version: text }),
    parameters: { KEYWORDS: JobParameter.string({ default: text, allowedValues: [text, '"'] }), PATTERN: JobParameter.string({ pattern: text, default: 'a' }) },
    schedule: ScheduleExpression.expression('rate(1 day)'),
    scheduleOptions: { parameters: { KEYWORDS: text, PATTERN: 'b"' } },
  };
}

describe.each<[string, (stack: Stack) => string]>([
  ['a parameter of the template', (stack) => new CfnParameter(stack, 'Outside').valueAsString],
  ['an export of another stack', () => Fn.importValue('export')],
  ['a part of a parameter', (stack) => Fn.select(0, Fn.split('#', new CfnParameter(stack, 'Outside').valueAsString))],
  ['an attribute of a custom resource', (stack) => new CfnResource(stack, 'Outside', { type: 'Custom::Theirs' }).getAtt('Value').toString()],
])('%s', (_source, token) => {
  test.each([['own', false], ['shared', true]])('stays in its string, with %s handlers', (_handlers, isShared) => {
    const isAttribute = _source.includes('custom');
    const { template } = synth((scope) => ({
      ...everywhere(token(scope), scope), ...isShared ? { handlers: new BatchJobHandlers(scope, 'Handlers') } : {},
    }));
    const json = template.toJSON();
    mappings = json.Mappings ?? {};
    const of = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);
    const evaluate = (property: unknown, text: string) => JSON.parse(deployed(isAttribute ? withRef(property) : property, text));
    const texts = [
      of('AWS::StepFunctions::StateMachine')[0].DefinitionString,
      of('AWS::Scheduler::Schedule')[0].Target.Input,
      ...of('AWS::Lambda::Function').flatMap(({ Environment }) => Object.values(Environment?.Variables ?? {})).filter((variable) => JSON.stringify(variable).includes('notificationTopicArn')),
    ];
    expect(texts).toHaveLength(isShared ? 2 : 3);
    for (const text of texts) {
      expect(deployed(isAttribute ? withRef(text) : text, '{{resolve:ssm:x}}')).not.toContain('{{resolve');
      const plain = JSON.stringify(evaluate(text, 'PLAIN'));
      expect(plain).toContain('PLAIN');
      for (const value of VALUES) {
        expect(evaluate(text, value)).toEqual(JSON.parse(plain.replaceAll('PLAIN', () => JSON.stringify(value).slice(1, -1))));
      }
    }
  });
});

/** The attribute of a custom resource as a parameter, which `deployed` has a value for. */
function withRef(property: unknown): unknown {
  return JSON.parse(JSON.stringify(property).replaceAll('{"Fn::GetAtt":["Outside","Value"]}', '{"Ref":"Outside"}'));
}

test('a dynamic reference, which CloudFormation would put in as it is, is refused', () => {
  const stack = new Stack(new App(), 'Stack');
  const { stringValue } = StringParameter.fromStringParameterAttributes(stack, 'Name', { parameterName: '/name', forceDynamicReference: true });
  expect(() => synth({ notificationSubject: stringValue }, stack).template).toThrow(/must have no dynamic reference, .*use StringParameter.valueForStringParameter/);
  expect(() => synth({ command: BatchCommand.shell('true', { environment: { NAME: `the ${stringValue}` } }) }, new Stack(new App(), 'Stack')).template)
    .toThrow(/must have no dynamic reference, which CloudFormation does not resolve in base64: use StringParameter.valueForStringParameter/);
});

test('a job that has no such value has nothing escaped', () => {
  expect(JSON.stringify(synth({ schedule: ScheduleExpression.expression('rate(1 day)') }).template.toJSON())).not.toContain('"Fn::Split":["\\\\');
});

