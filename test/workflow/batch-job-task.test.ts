import { Duration } from 'aws-cdk-lib';
import { DefinitionBody, JsonPath, Pass, QueryLanguage, StateMachine, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchJobTaskProps, JobParameter } from '../../src';
import { choose, reachable, StateMachineDefinition } from '../support/state-machine';
import { synth, SynthesizedJob } from '../support/synth';

const parameters = { KEYWORDS: JobParameter.string({ pattern: '[a-z]+' }), DEPTH: JobParameter.number({ default: 3 }) };

/** The definition of a parent that runs the job as its step `Index`, and the parent's rights. */
function parent(props: BatchJobTaskProps = { parameters: { KEYWORDS: 'cloud' } }) {
  const synthesized = synth({ parameters, jobName: 'Nightly index' });
  const task = synthesized.job.asTask(synthesized.stack, 'Index', props);
  const stateMachine = new StateMachine(synthesized.stack, 'Parent', {
    definitionBody: DefinitionBody.fromChainable(task.next(new Pass(synthesized.stack, 'After'))),
  });
  const { Index: step } = synthesized.definitionOf(stateMachine).States;
  return { step, branch: step.Branches![0], statements: synthesized.statements(stateMachine.role) };
}

/** The state that a failed start or run of the job ends in. */
function endOf(branch: StateMachineDefinition, fault: { Error: string; Cause: string }): string {
  const first = choose(branch.States['Index: did it run?'], { fault })!;
  if (first !== 'Index: read execution') {
    return first;
  }
  return choose(branch.States[branch.States[first].Next!], { fault, execution: JSON.parse(fault.Cause) })!;
}

/** What Step Functions reports of a nested execution that did not succeed. */
const taskFailed = (execution: object) => ({
  Error: 'States.TaskFailed',
  Cause: JSON.stringify({ ExecutionArn: 'arn', ...execution }),
});

test('starts a run, waits for its end, and hands over parameters, fixed or from the state\'s input', () => {
  const { branch } = parent({ parameters: { KEYWORDS: JsonPath.stringAt('$.words'), DEPTH: '5' } });
  expect(branch.States[branch.StartAt]).toMatchObject({
    Type: 'Task',
    Resource: 'arn:<AWS::Partition>:states:::states:startExecution.sync:2',
    Parameters: {
      StateMachineArn: '<Job/Workflow>',
      Input: {
        'parameters': { 'KEYWORDS.$': '$.words', 'DEPTH': '5' },
        'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id',
      },
    },
    OutputPath: '$.Output',
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Index: did it run?' }],
  });
});

test('never starts the job a second time by itself', () => {
  const { branch, step } = parent();
  expect(step).not.toHaveProperty('Retry');
  expect(branch.States['Index: run']).not.toHaveProperty('Retry');
});

test('its result is that of the run, field by field, and replaces the input', () => {
  const { step } = parent();
  expect(step.ResultSelector).toEqual(Object.fromEntries([
    'outcome', 'job', 'description', 'owner', 'account', 'region', 'execution', 'runId', 'commandIds', 'startedAt', 'endedAt', 'durationSeconds',
    'attempts', 'exitCode', 'cause', 'instances', 'failures', 'links',
  ].map((field) => [`${field}.$`, `$[0].${field}`])));
  expect(step).not.toHaveProperty('ResultPath');
  expect(step.Next).toBe('After');
});

test('its states are below it, and named after it', () => {
  const { job, stack } = synth({ parameters: {} });
  const task = job.asTask(stack, 'Index', { stateName: 'Make the index' });
  const { States } = new SynthesizedJob(stack, job).definitionOf(new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(task) }));
  expect(Object.keys(States)).toEqual(['Make the index']);
  expect(Object.keys(States['Make the index'].Branches![0].States).every((name) => name.startsWith('Make the index: '))).toBe(true);
  expect(stack.node.children.map(({ node }) => node.id).filter((id) => id.startsWith('Index'))).toEqual(['Index']);
});

test('waits no longer than taskTimeout', () => {
  const { branch } = parent({ parameters: { KEYWORDS: 'a' }, taskTimeout: Timeout.duration(Duration.hours(2)) });
  expect(branch.States['Index: run'].TimeoutSeconds).toBe(7200);
});

test('inputPath, resultPath and outputPath, as Step Functions has them', () => {
  const paths = { inputPath: '$.index', resultPath: '$.index.result', outputPath: '$.index' };
  expect(parent({ parameters: { KEYWORDS: JsonPath.stringAt('$.words') }, ...paths }).step)
    .toMatchObject({ InputPath: '$.index', ResultPath: '$.index.result', OutputPath: '$.index' });
});

test('resultSelector takes its paths from the result of the run', () => {
  const { step, branch } = parent({
    parameters: { KEYWORDS: 'a' }, resultSelector: { 'code': JsonPath.stringAt('$.exitCode'), 'by hand': 'yes' },
  });
  expect(branch.States['Index: run'].Next).toBe('Index: select result');
  expect(branch.States['Index: select result']).toEqual({
    Type: 'Pass', End: true, Parameters: { 'code.$': '$.exitCode', 'by hand': 'yes' },
  });
  expect(step.ResultSelector).toEqual({ 'code.$': '$[0].code', 'by hand.$': '$[0][\'by hand\']' });
});

test('resultPath and comment', () => {
  expect(parent().step.Comment).toBe('Runs batch job Nightly index');
  expect(parent({ parameters: { KEYWORDS: 'a' }, resultPath: '$.index', comment: 'Makes the index' }).step)
    .toMatchObject({ ResultPath: '$.index', Comment: 'Makes the index' });
});

describe('a run that does not succeed fails the step', () => {
  const { branch } = parent();

  test.each([
    [
      'with the error of the run', taskFailed({ Status: 'FAILED', Error: 'CotsBatchJob.TimedOut', Cause: 'too slow' }),
      'Index: raise outcome',
    ],
    ['as Cancelled, where it was stopped', taskFailed({ Status: 'ABORTED' }), 'Index: stopped'],
    [
      'as Cancelled, with the words of whoever stopped it', taskFailed({ Status: 'ABORTED', Error: 'Ops', Cause: 'maintenance' }),
      'Index: stopped by',
    ],
    ['as TimedOut, where the state machine\'s own limit ended it', taskFailed({ Status: 'TIMED_OUT' }), 'Index: timed out'],
    ['as Cancelled, where it was stopped with an error only', taskFailed({ Status: 'ABORTED', Error: 'CotsBatchJob.Failed' }), 'Index: stopped'],
    [
      'as TimedOut, whatever the error says', taskFailed({ Status: 'TIMED_OUT', Error: 'States.Timeout', Cause: 'x' }),
      'Index: timed out',
    ],
    [
      'as Failed, where its workflow had a fault of its own',
      taskFailed({ Status: 'FAILED', Error: 'States.DataLimitExceeded', Cause: 'too large' }), 'Index: workflow failed',
    ],
    ['as Failed, where nothing says why', taskFailed({ Status: 'FAILED' }), 'Index: no cause'],
    ['as Failed, where its description was cut', { Error: 'States.TaskFailed', Cause: '{"Status":"FAILED","In' }, 'Index: raise error'],
    ['as Failed, where it has no answer', { Error: 'States.TaskFailed' } as { Error: string; Cause: string }, 'Index: no answer'],
    ['as TimedOut, where the step did not wait longer', { Error: 'States.Timeout' } as { Error: string; Cause: string }, 'Index: waited'],
    [
      'with what Step Functions says, where it did not run', { Error: 'States.TaskFailed', Cause: 'no right' },
      'Index: raise error',
    ],
    [
      'with what Step Functions says, where it could not be started',
      { Error: 'StepFunctions.ExecutionLimitExceededException', Cause: '{"Status"}' },
      'Index: raise error',
    ],
  ])('%s', (_how, fault, end) => {
    expect(endOf(branch, fault)).toBe(end);
  });

  test('under a name that a parent can catch', () => {
    expect(branch.States['Index: raise outcome'])
      .toEqual({ Type: 'Fail', ErrorPath: '$.execution.Error', CausePath: '$.execution.Cause' });
    expect(branch.States['Index: raise error']).toEqual({ Type: 'Fail', Error: 'CotsBatchJob.Failed', CausePath: '$.fault.Cause' });
    expect(branch.States['Index: workflow failed']).toEqual({ Type: 'Fail', Error: 'CotsBatchJob.Failed', CausePath: '$.execution.Cause' });
    expect(branch.States['Index: stopped by'])
      .toEqual({ Type: 'Fail', Error: 'CotsBatchJob.Cancelled', CausePath: '$.execution.Cause' });
    expect(branch.States['Index: stopped']).toMatchObject({ Type: 'Fail', Error: 'CotsBatchJob.Cancelled' });
    expect(branch.States['Index: timed out']).toMatchObject({ Type: 'Fail', Error: 'CotsBatchJob.TimedOut' });
    expect(branch.States['Index: waited']).toMatchObject({ Type: 'Fail', Error: 'CotsBatchJob.TimedOut' });
  });

  test('and reads the description of the run from the cause', () => {
    expect(branch.States['Index: read execution'].Parameters).toEqual({
      'execution.$': 'States.StringToJson($.fault.Cause)', 'fault.$': '$.fault',
    });
  });

  test('no state is out of reach', () => {
    expect([...reachable(branch)].sort()).toEqual(Object.keys(branch.States).sort());
  });
});

test('the parent may start, watch and stop runs of this job', () => {
  const { statements } = parent();
  expect(statements).toContainEqual({ actions: ['states:StartExecution'], resources: ['<Job/Workflow>'] });
  expect(statements.find(({ actions }) => actions.includes('states:StopExecution'))?.resources[0]).toContain('<Job/Workflow>');
});

test('twice in one state machine', () => {
  const synthesized = synth();
  const { job, stack } = synthesized;
  const stateMachine = new StateMachine(stack, 'Parent', {
    definitionBody: DefinitionBody.fromChainable(job.asTask(stack, 'First').next(job.asTask(stack, 'Second'))),
  });
  expect(Object.keys(synthesized.definitionOf(stateMachine).States)).toEqual(['First', 'Second']);
});

describe('refuses parameters that the run would refuse', () => {
  test.each([
    ['an unknown one', { KEYWORD: 'cloud' }, 'parameters must only have parameters of the job (KEYWORDS, DEPTH), got "KEYWORD"'],
    ['a missing one', {}, 'parameters must have a value for KEYWORDS, which has no default, got {}'],
    ['a value that breaks the rule', { KEYWORDS: 'A' }, 'parameters KEYWORDS must match "[a-z]+" as a whole, got "A"'],
  ])('%s', (_what, values, message) => {
    const { job, stack } = synth({ parameters });
    expect(() => job.asTask(stack, 'Index', { parameters: values })).toThrow(new Error(message));
  });
});

test('its name leaves room for the names of its states', () => {
  const { job, stack } = synth();
  expect(() => job.asTask(stack, 'I'.repeat(61))).toThrow(new Error(
    `the name of a task must not be longer than 60 characters, because its states are named after it, got "${'I'.repeat(61)}"`));

  const { States } = new SynthesizedJob(stack, job).definitionOf(new StateMachine(stack, 'Parent', {
    definitionBody: DefinitionBody.fromChainable(job.asTask(stack, 'I'.repeat(60))),
  }));
  const [step] = Object.values(States);
  expect(Math.max(...Object.keys(step.Branches![0].States).map((name) => name.length))).toBeLessThanOrEqual(80);
});

test('a state machine in JSONata is refused: AWS would refuse it at deployment', () => {
  const { job, stack } = synth();
  expect(() => new StateMachine(stack, 'Parent', {
    queryLanguage: QueryLanguage.JSONATA, definitionBody: DefinitionBody.fromChainable(job.asTask(stack, 'Index')),
  })).toThrow(new Error('asTask must be asJsonataTask in a state machine whose queryLanguage is JSONata, got "Stack/Index"'));
});
