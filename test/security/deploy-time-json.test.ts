/**
 * Attacker: whoever sets a value that a deployment reads, as an SSM parameter. Way: a quote, that ends a string of the state machine, of a
 * schedule's input or of a handler's settings, and fields of their own behind it. What must hold: each is the JSON that it was meant to be.
 */
import { App, CfnParameter, CfnResource, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { CfnStateMachine, DefinitionBody, JsonPath, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchCommand, BatchJobHandlers, BatchJobTask, CotsBatchJob, JobParameter } from '../../src';
import { deployTimeJson } from '../../src/deploy-time-json';
import { resolveValue } from '../../src/local/app/intrinsics';
import { readInput } from '../../src/runtime/input';
import { job as settings } from '../runtime/samples';
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

describe('what a parent hands over', () => {
  const theirs = (stack: Stack) => new CfnParameter(stack, 'Outside').valueAsString;

  /** What a run is started with, in the definition of a parent where `Outside` has a value. */
  function handedOver(task: (job: CotsBatchJob, stack: Stack) => BatchJobTask, queryLanguage: QueryLanguage) {
    const synthesized = synth({ parameters: { A: JobParameter.string(), B: JobParameter.string() } });
    const { stack, job } = synthesized;
    const definitionBody = DefinitionBody.fromChainable(task(job, stack));
    const parent = stack.getLogicalId(new StateMachine(stack, 'Parent', { definitionBody, queryLanguage }).node.defaultChild as CfnStateMachine);
    const { DefinitionString: definition } = synthesized.template.findResources('AWS::StepFunctions::StateMachine')[parent].Properties;
    return (value: string) => {
      const run = JSON.parse(deployed(definition, value)).States.Index.Branches[0].States['Index: run'];
      const { AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: _, 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': __, ...input } = (run.Parameters ?? run.Arguments).Input;
      return { input, values: readInput(settings({ parameters: { A: { type: 'String' }, B: { type: 'String', default: '-' } } }), { ...input, parameters: {} }) };
    };
  }

  test.each<[QueryLanguage, { [name: string]: string }, (job: CotsBatchJob, stack: Stack) => BatchJobTask]>([
    [
      QueryLanguage.JSON_PATH, { 'B.$': '$.b' },
      (job, stack) => job.asTask(stack, 'Index', { parameters: { A: `the ${theirs(stack)}`, B: JsonPath.stringAt('$.b') } }),
    ],
    [
      QueryLanguage.JSONATA, { B: '{% $states.input.b %}' },
      (job, stack) => job.asJsonataTask(stack, 'Index', { parameters: { A: `the ${theirs(stack)}`, B: '{% $states.input.b %}' } }),
    ],
  ])('is data, by %s', (queryLanguage, parameters, task) => {
    const seen = handedOver(task, queryLanguage);
    for (const value of VALUES) {
      const { input, values } = seen(value);
      expect(input).toEqual({ parameters, encodedParameters: { A: expect.stringMatching(/^[A-Za-z0-9+/=]+$/) } });
      expect(values).toMatchObject({ problems: [], values: new Map([['A', `the ${value}`], ['B', '-']]) });
    }
  });

  test('is refused where it would be a part of an expression', () => {
    const { stack, job } = synth({ parameters: { A: JobParameter.string() } });
    expect(() => job.asJsonataTask(stack, 'Index', { parameters: { A: `{% $states.input.a & "${theirs(stack)}" %}` } }))
      .toThrow('parameters A must be known at synth where it is an expression, because a value in it would be evaluated, got ');
  });

  test('is in no comment where it is the name of the job', () => {
    const synthesized = synth((stack) => ({ jobName: theirs(stack) }));
    const { stack, job } = synthesized;
    const definitionBody = DefinitionBody.fromChainable(job.asTask(stack, 'Index'));
    const parent = stack.getLogicalId(new StateMachine(stack, 'Parent', { definitionBody }).node.defaultChild as CfnStateMachine);
    const { DefinitionString: definition } = synthesized.template.findResources('AWS::StepFunctions::StateMachine')[parent].Properties;
    expect(JSON.parse(deployed(definition, VALUES[0])).States.Index.Comment).toBe('Runs a batch job');
  });

  test('is refused where the parent would take it of a result', () => {
    const { stack, job } = synth();
    expect(() => job.asTask(stack, 'Index', { resultSelector: { note: theirs(stack) } }))
      .toThrow('resultSelector note must be known at synth, or a path into the result, because CDK puts it into the definition as it is, got a token');
  });

  test('stands as it is where AWS names it, or where it is known', () => {
    const seen = handedOver((job, stack) => job.asTask(stack, 'Index', {
      parameters: { A: new Topic(stack, 'Topic').topicArn, B: 'plain' },
    }), QueryLanguage.JSON_PATH);
    expect(seen('').input).toEqual({ parameters: { A: expect.stringMatching(/^Topic/), B: 'plain' } });
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
    .toThrow(/must have no dynamic reference, which CloudFormation does not resolve there: use StringParameter.valueForStringParameter/);
});

test('a job that has no such value has nothing escaped', () => {
  expect(JSON.stringify(synth({ schedule: ScheduleExpression.expression('rate(1 day)') }).template.toJSON())).not.toContain('"Fn::Split":["\\\\');
});


test('what changes until the template is written is in it, and what it was in an earlier one is not', () => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  let value = 'first';
  const json = deployTimeJson(`"${Lazy.uncachedString({ produce: () => value })}"`);
  new CfnResource(stack, 'Resource', { type: 'Custom::Ours', properties: { json } });
  const written = () => app.synth({ force: true }).getStackArtifact('Stack').template.Resources.Resource.Properties.json;
  const change = (text: string, read: () => unknown) => {
    value = text;
    return read();
  };
  expect(change('asked', () => stack.resolve(json))).toBe('"asked"');
  expect(change('asked again', () => stack.resolve(json))).toBe('"asked again"');
  expect(change('written', written)).toBe('"written"');
  expect(change('written again', written)).toBe('"written again"');
});
