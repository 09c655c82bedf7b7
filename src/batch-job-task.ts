import { Choice, Condition, Errors, Fail, IntegrationPattern, IStateMachine, JsonPath, Parallel, Pass, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { ERROR_PREFIX, Outcome, RunResult } from './runtime/protocol';
import { refuse } from './validation';

/** The states of a step are named after it, and Step Functions takes 80 characters. */
const MAX_ID_LENGTH = 60;

/**
 * How a step of a larger state machine runs the job.
 */
export interface BatchJobTaskProps {
  /**
   * Values of the job's parameters: texts, or JSON paths into the state's input (`JsonPath.stringAt`).
   *
   * @default - the defaults of the parameters
   */
  readonly parameters?: { [name: string]: string };

  /**
   * Where the result goes in the state's input.
   *
   * @default '$' - the result replaces the input
   */
  readonly resultPath?: string;

  /**
   * What the step is for.
   *
   * @default - runs the batch job
   */
  readonly comment?: string;
}

/** What a parent gets: every field of a result, one by one, because the result of a `Parallel` state is an array. */
const RESULT_FIELDS: { [field in keyof RunResult]: true } = {
  outcome: true,
  job: true,
  execution: true,
  runId: true,
  commandIds: true,
  startedAt: true,
  endedAt: true,
  durationSeconds: true,
  attempts: true,
  exitCode: true,
  cause: true,
  instances: true,
  failures: true,
  links: true,
};

/**
 * A step that starts a job, waits for its end and raises its outcome as an error.
 *
 * A `Parallel` state of one branch: Step Functions reports every failure of a nested execution as `States.TaskFailed`. Within the
 * branch that is turned into the error that the nested execution ended with, so that a parent can catch or retry it by name.
 */
export function batchJobTask(scope: Construct, id: string, jobName: string, stateMachine: IStateMachine, props: BatchJobTaskProps): Parallel {
  if (id.length > MAX_ID_LENGTH) {
    refuse('the ID of a task', `must not be longer than ${MAX_ID_LENGTH} characters, because states are named after it`, id);
  }
  const states = new Construct(scope, `${id}States`);

  const run = new StepFunctionsStartExecution(states, `${id}: run`, {
    stateMachine,
    integrationPattern: IntegrationPattern.RUN_JOB,
    associateWithParent: true,
    input: TaskInput.fromObject({ parameters: props.parameters ?? {} }),
    outputPath: '$.Output',
  });

  const raise = new Fail(states, `${id}: raise outcome`, { errorPath: '$.execution.Error', causePath: '$.execution.Cause' });
  const raiseOther = new Fail(states, `${id}: raise error`, { errorPath: '$.fault.Error', causePath: '$.fault.Cause' });
  const stopped = new Fail(states, `${id}: stopped`, {
    error: `${ERROR_PREFIX}${Outcome.CANCELLED}`,
    cause: 'The execution of the batch job was stopped',
  });
  const timedOut = new Fail(states, `${id}: timed out`, {
    error: `${ERROR_PREFIX}${Outcome.TIMED_OUT}`,
    cause: 'The execution of the batch job timed out',
  });

  const howDidItEnd = new Choice(states, `${id}: how did it end?`)
    .when(Condition.and(Condition.isPresent('$.execution.Error'), Condition.isPresent('$.execution.Cause')), raise)
    .when(Condition.stringEquals('$.execution.Status', 'ABORTED'), stopped)
    .when(Condition.stringEquals('$.execution.Status', 'TIMED_OUT'), timedOut)
    .otherwise(raiseOther);

  const readExecution = new Pass(states, `${id}: read execution`, {
    parameters: {
      execution: JsonPath.stringToJson(JsonPath.stringAt('$.fault.Cause')),
      fault: JsonPath.objectAt('$.fault'),
    },
  });

  // Only a nested execution that ran has its description as the cause: no right to start it, for one, has a text.
  const didItRun = new Choice(states, `${id}: did it run?`)
    .when(Condition.and(
      Condition.stringEquals('$.fault.Error', 'States.TaskFailed'),
      Condition.stringMatches('$.fault.Cause', '{*"Status"*}'),
    ), readExecution.next(howDidItEnd))
    .otherwise(raiseOther);

  run.addCatch(didItRun, { errors: [Errors.ALL], resultPath: '$.fault' });

  return new Parallel(scope, id, {
    comment: props.comment ?? `Runs batch job ${jobName}`,
    resultSelector: Object.fromEntries(Object.keys(RESULT_FIELDS).map((field) => [`${field}.$`, `$[0].${field}`])),
    resultPath: props.resultPath,
  }).branch(run);
}
