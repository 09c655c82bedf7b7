import { Choice, Condition, Errors, Fail, IntegrationPattern, IStateMachine, JsonPath, Parallel, Pass, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { ERROR_PREFIX, Outcome, RunResult } from '../protocol';
import { refuse } from '../validation';

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

  const fail = (name: string, outcome: Outcome, cause: { cause: string } | { causePath: string }) =>
    new Fail(states, `${id}: ${name}`, { error: `${ERROR_PREFIX}${outcome}`, ...cause });
  const raise = new Fail(states, `${id}: raise outcome`, { errorPath: '$.execution.Error', causePath: '$.execution.Cause' });

  // How it ended comes before the words: those of whoever stopped it may be any.
  const howDidItEnd = new Choice(states, `${id}: how did it end?`)
    .when(Condition.and(Condition.stringEquals('$.execution.Status', 'ABORTED'), isText('$.execution.Cause')),
      fail('stopped by', Outcome.CANCELLED, { causePath: '$.execution.Cause' }))
    .when(Condition.stringEquals('$.execution.Status', 'ABORTED'),
      fail('stopped', Outcome.CANCELLED, { cause: 'The execution of the batch job was stopped' }))
    .when(Condition.stringEquals('$.execution.Status', 'TIMED_OUT'),
      fail('timed out', Outcome.TIMED_OUT, { cause: 'The execution of the batch job timed out' }))
    .when(Condition.and(isText('$.execution.Cause'), isText('$.execution.Error'), isOutcome('$.execution.Error')), raise)
    .when(isText('$.execution.Cause'), fail('workflow failed', Outcome.FAILED, { causePath: '$.execution.Cause' }))
    .otherwise(fail('no cause', Outcome.FAILED, { cause: 'The execution of the batch job failed, and does not say why' }));

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
      isText('$.fault.Cause'),
      Condition.stringMatches('$.fault.Cause', '{*"Status"*}'),
    ), readExecution.next(howDidItEnd))
    .when(isText('$.fault.Cause'), fail('raise error', Outcome.FAILED, { causePath: '$.fault.Cause' }))
    .otherwise(fail('no answer', Outcome.FAILED, { cause: 'The execution of the batch job could not be started, or has no answer' }));

  run.addCatch(didItRun, { errors: [Errors.ALL], resultPath: '$.fault' });

  return new Parallel(scope, id, {
    comment: props.comment ?? `Runs batch job ${jobName}`,
    resultSelector: Object.fromEntries(Object.keys(RESULT_FIELDS).map((field) => [`${field}.$`, `$[0].${field}`])),
    resultPath: props.resultPath,
  }).branch(run);
}

/** Whether there is a text: what is missing would end the parent with an error that nobody can catch. */
function isText(path: string): Condition {
  return Condition.and(Condition.isPresent(path), Condition.isString(path));
}

/** Whether an error is one that a run ends with. Others are faults of its workflow, of which a parent knows nothing. */
function isOutcome(path: string): Condition {
  return Condition.or(...Object.values(Outcome).map((outcome) => Condition.stringEquals(path, `${ERROR_PREFIX}${outcome}`)));
}
