import validate from 'asl-validator';
import { Duration } from 'aws-cdk-lib';
import { DefinitionBody, JsonPath, Pass, QueryLanguage, StateMachine, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import jsonata from 'jsonata';
import { BatchJobJsonataTaskProps, JobParameter } from '../../src';
import { State } from '../support/state-machine';
import { synth } from '../support/synth';

const parameters = { DAY: JobParameter.string({ pattern: '[a-z]+' }), DEPTH: JobParameter.number({ default: 3 }) };

/** The definition of a parent that runs the job as its step `Index`. */
function parent(props: BatchJobJsonataTaskProps = { parameters: { DAY: 'monday' } }, queryLanguage = QueryLanguage.JSONATA) {
  const synthesized = synth({ parameters, jobName: 'Nightly index' });
  const { stack, job } = synthesized;
  const task = job.asJsonataTask(stack, 'Index', props);
  task.addCatch(Pass.jsonata(stack, 'Use the old one'), { errors: ['CotsBatchJob.TimedOut'] });
  const definition = synthesized.definitionOf(new StateMachine(stack, 'Parent', {
    queryLanguage, definitionBody: DefinitionBody.fromChainable(task.next(Pass.jsonata(stack, 'After'))),
  }));
  const step = definition.States.Index;
  return { definition, step, branch: step.Branches![0] };
}

/** As Step Functions does: a text within {% %} is an expression, in objects and lists, too. */
async function evaluate(value: unknown, states: object): Promise<unknown> {
  if (typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}')) {
    const expression = jsonata(value.slice(2, -2));
    expression.registerFunction('parse', (text: string) => JSON.parse(text));
    return expression.evaluate({}, { states });
  }
  return value;
}

/** All states of a definition. */
function statesOf({ States }: { States: { [name: string]: State } }): State[] {
  return Object.values(States).flatMap((state) => [state, ...(state.Branches ?? []).flatMap(statesOf)]);
}

test.each([QueryLanguage.JSONATA, QueryLanguage.JSON_PATH])('AWS takes it in a state machine whose query language is %s', (queryLanguage) => {
  const { definition } = parent({
    parameters: { DAY: '{% $states.input.day %}' }, taskTimeout: Timeout.duration(Duration.hours(1)), assign: { code: '{% $states.result.exitCode %}' },
  }, queryLanguage);
  expect(validate(JSON.parse(JSON.stringify(definition).replaceAll('<AWS::Partition>', 'aws')))).toMatchObject({ errors: [] });
  const JSON_PATH_FIELDS = ['InputPath', 'OutputPath', 'ResultPath', 'ResultSelector', 'Parameters', 'ErrorPath', 'CausePath'];
  for (const state of statesOf(definition)) {
    expect(JSON_PATH_FIELDS.filter((field) => field in state)).toEqual([]);
    expect((state.Catch ?? []).filter((handler) => 'ResultPath' in handler)).toEqual([]);
  }
  // The states of a branch do not take the language of the state around them.
  const inherited = queryLanguage === QueryLanguage.JSONATA ? [undefined, 'JSONata'] : ['JSONata'];
  statesOf(definition).forEach((state) => expect(inherited).toContain(state.QueryLanguage));
});

test('starts a run, waits for its end, and hands over parameters, fixed or from the state\'s input', async () => {
  const { branch } = parent({ parameters: { DAY: '{% $states.input.day %}', DEPTH: '5' }, taskTimeout: Timeout.duration(Duration.hours(1)) });
  const run = branch.States[branch.StartAt];
  expect(run).toMatchObject({
    Type: 'Task',
    QueryLanguage: 'JSONata',
    Resource: 'arn:<AWS::Partition>:states:::states:startExecution.sync:2',
    Arguments: {
      StateMachineArn: '<Job/Workflow>',
      Input: {
        parameters: { DAY: '{% $states.input.day %}', DEPTH: '5' },
        AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: '{% $states.context.Execution.Id %}',
      },
    },
    TimeoutSeconds: 3600,
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Index: raise outcome' }],
  });
  expect(await evaluate(run.Output, { result: { Status: 'SUCCEEDED', Output: { exitCode: 4 } } })).toEqual({ exitCode: 4 });
});

test('its result is that of the run; outputs take what they want of it', async () => {
  const result = [{ outcome: 'Succeeded', exitCode: 4 }];
  expect(await evaluate(parent().step.Output, { result })).toEqual(result[0]);
  const { step } = parent({ parameters: { DAY: 'a' }, outputs: '{% $states.result.exitCode %}' });
  expect(await evaluate(step.Output, { result })).toBe(4);
});

describe('a run that does not succeed fails the step', () => {
  const { branch } = parent();
  const taskFailed = (execution: object) => ({ Error: 'States.TaskFailed', Cause: JSON.stringify({ ExecutionArn: 'arn', ...execution }) });

  /** What the step fails with. */
  async function raised(errorOutput: object) {
    const [handler] = branch.States['Index: run'].Catch!;
    const input = await evaluate((handler as unknown as { Output: string }).Output, { errorOutput });
    const { Error, Cause } = branch.States[handler.Next];
    return [await evaluate(Error, { input }), await evaluate(Cause, { input })];
  }

  test.each<[string, object, string, string]>([
    [
      'with the error of the run', taskFailed({ Status: 'FAILED', Error: 'CotsBatchJob.TimedOut', Cause: 'too "slow"\n{}' }),
      'CotsBatchJob.TimedOut', 'too "slow"\n{}',
    ],
    ['as Cancelled, where it was stopped', taskFailed({ Status: 'ABORTED' }), 'CotsBatchJob.Cancelled', 'The execution of the batch job was stopped'],
    [
      'as Cancelled, with the words of whoever stopped it', taskFailed({ Status: 'ABORTED', Error: 'Ops', Cause: 'maintenance' }),
      'CotsBatchJob.Cancelled', 'maintenance',
    ],
    [
      'as TimedOut, where the state machine\'s own limit ended it', taskFailed({ Status: 'TIMED_OUT', Error: 'States.Timeout', Cause: 'x' }),
      'CotsBatchJob.TimedOut', 'The execution of the batch job timed out',
    ],
    [
      'as Failed, where its workflow had a fault of its own', taskFailed({ Status: 'FAILED', Error: 'States.DataLimitExceeded', Cause: 'too large' }),
      'CotsBatchJob.Failed', 'too large',
    ],
    [
      'as Failed, where nothing says why', taskFailed({ Status: 'FAILED', Error: 'CotsBatchJob.Failed', Cause: null }),
      'CotsBatchJob.Failed', 'The execution of the batch job failed, and does not say why',
    ],
    [
      'as Failed, where its description was cut', { Error: 'States.TaskFailed', Cause: '{"Status":"FAILED","In' },
      'CotsBatchJob.Failed', '{"Status":"FAILED","In',
    ],
    ['as Failed, where it has no answer', { Error: 'States.TaskFailed' }, 'CotsBatchJob.Failed', 'The execution of the batch job could not be started, or has no answer'],
    [
      'as TimedOut, where the step did not wait longer', { Error: 'States.Timeout' },
      'CotsBatchJob.TimedOut', 'The step did not wait longer for the execution of the batch job, which may go on',
    ],
    ['with what Step Functions says, where it did not run', { Error: 'States.TaskFailed', Cause: 'no right' }, 'CotsBatchJob.Failed', 'no right'],
    [
      'with what Step Functions says, where it could not be started', { Error: 'StepFunctions.ExecutionLimitExceededException', Cause: '{"Status"}' },
      'CotsBatchJob.Failed', '{"Status"}',
    ],
  ])('%s', async (_how, errorOutput, error, cause) => {
    expect(await raised(errorOutput)).toEqual([error, cause]);
  });
});

test('refuses parameters that the run would refuse, as far as they are known', () => {
  const { job, stack } = synth({ parameters });
  const task = (values: { [name: string]: string }) => () => job.asJsonataTask(stack, `Index ${Object.values(values)}`, { parameters: values });
  expect(task({ DAY: 'MONDAY' })).toThrow('parameters DAY must match "[a-z]+" as a whole, got "MONDAY"');
  expect(task({ DAY: '{% $states.input.day %}', DEPT: '3' })).toThrow('parameters must only have parameters of the job (DAY, DEPTH), got "DEPT"');
  expect(task({ DAY: JsonPath.stringAt('$.day') })).toThrow(new Error('parameters DAY must be a text or a JSONata expression in asJsonataTask, got "a JSON path"'));
  expect(task({ DAY: '{% $states.input.day %}' })).not.toThrow();
});
