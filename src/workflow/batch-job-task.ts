import { Token, Tokenization } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import {
  CatchProps, Chain, Choice, Condition, Errors, Fail, IChainable, INextable, IntegrationPattern, IStateMachine, JsonPath, Parallel, ParallelProps,
  Pass, QueryLanguage, RetryProps, State, StateGraph, TaskInput, Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { failureExpression, NO_ANSWER, NO_CAUSE, RUN_ERRORS, STOPPED, TIMED_OUT, WAITED } from './jsonata-failure';
import { isHarmless } from '../deploy-time-json';
import { executionInput } from '../execution-input';
import { ERROR_PREFIX, Outcome, RunResult } from '../protocol';
import { refuseSecretReferences } from '../secret-references';
import { refuse } from '../validation';

/** The states of a step are named after it, and Step Functions takes 80 characters. */
const MAX_NAME_LENGTH = 60;

/**
 * How a step of a larger state machine runs the job, whatever its query language.
 */
export interface BatchJobTaskBaseProps {
  /**
   * Values of the job's parameters. One that only the deployment of the parent knows, as that of an SSM parameter, travels in base64
   * (`encodedParameters`), so that it can be any text.
   *
   * @default - the defaults of the parameters
   */
  readonly parameters?: { [name: string]: string };

  /**
   * How long the step waits for the run. It fails with `CotsBatchJob.TimedOut` then, and the run may go on: what limits the run itself is
   * the job's `executionTimeout`.
   *
   * @default - as long as the run takes
   */
  readonly taskTimeout?: Timeout;

  /**
   * The name of the state, at most 60 characters.
   *
   * @default - the ID of the construct
   */
  readonly stateName?: string;

  /**
   * What the step is for.
   *
   * @default - runs the batch job
   */
  readonly comment?: string;
}

/**
 * How a step of a state machine that uses JSONPath runs the job. Values of `parameters` are texts, or JSON paths into the state's input
 * (`JsonPath.stringAt`).
 */
export interface BatchJobTaskProps extends BatchJobTaskBaseProps {
  /**
   * The part of the state's input that `parameters` are read from. With `JsonPath.DISCARD`, it is none of it.
   *
   * @default '$' - the whole input
   */
  readonly inputPath?: string;

  /**
   * What is taken of the result of the run: texts, or JSON paths into it (`JsonPath.stringAt('$.exitCode')`, whatever the type is).
   *
   * @default - the whole result
   */
  readonly resultSelector?: { [field: string]: string };

  /**
   * Where the result goes in the state's input. With `JsonPath.DISCARD`, it goes nowhere.
   *
   * @default '$' - the result replaces the input
   */
  readonly resultPath?: string;

  /**
   * The part of the input, with the result in it, that the next state gets. With `JsonPath.DISCARD`, it gets nothing.
   *
   * @default '$' - all of it
   */
  readonly outputPath?: string;
}

/**
 * How a step of a state machine that uses JSONata runs the job. Values of `parameters` are texts, or JSONata expressions
 * (`{% $states.input.day %}`).
 */
export interface BatchJobJsonataTaskProps extends BatchJobTaskBaseProps {
  /**
   * What the next state gets, as a JSONata expression: `$states.result` is a list that has the result of the run, so that
   * `{% $states.result.exitCode %}` is its exit code.
   *
   * @default - the result
   */
  readonly outputs?: string;

  /**
   * Variables that the step sets, as JSONata expressions.
   *
   * @default - none
   */
  readonly assign?: { [name: string]: string };
}

/**
 * What a step runs.
 *
 * @internal
 */
export interface BatchJobTaskTarget {
  readonly jobName: string;
  readonly stateMachine: IStateMachine;
  /** Of the state machine. */
  readonly encryptionKey?: IKey;
}

/**
 * A step of a larger state machine that runs a job, waits for its end and returns its result: `asTask` and `asJsonataTask` make it.
 *
 * A run that does not succeed fails the step with the error `CotsBatchJob.<Outcome>`, which can be caught or retried by name.
 */
export class BatchJobTask extends Construct implements IChainable, INextable {
  /** @internal */
  public static _jsonPath(scope: Construct, id: string, target: BatchJobTaskTarget, props: BatchJobTaskProps): BatchJobTask {
    return new BatchJobTask(scope, id, props, (task, name) => jsonPathStep(task, name, target, props));
  }

  /** @internal */
  public static _jsonata(scope: Construct, id: string, target: BatchJobTaskTarget, props: BatchJobJsonataTaskProps): BatchJobTask {
    const path = Object.entries(props.parameters ?? {}).find(([, value]) => JsonPath.isEncodedJsonPath(value));
    if (path) {
      refuse(`parameters ${path[0]}`, 'must be a text or a JSONata expression in asJsonataTask', 'a JSON path');
    }
    return new BatchJobTask(scope, id, props, (task, name) => jsonataStep(task, name, target, props));
  }

  /** Identifies the step in the definition. */
  public readonly id: string;
  public readonly startState: State;
  public readonly endStates: INextable[];

  private readonly step: Parallel;

  private constructor(scope: Construct, id: string, props: BatchJobTaskBaseProps, step: (task: Construct, name: string) => Parallel) {
    super(scope, id);
    refuseSecretReferences(this, props);
    const { stateName = id } = props;
    if (stateName.length > MAX_NAME_LENGTH) {
      refuse('the name of a task', `must not be longer than ${MAX_NAME_LENGTH} characters, because its states are named after it`, stateName);
    }
    this.id = id;
    this.step = step(this, stateName);
    this.startState = this.step;
    this.endStates = this.step.endStates;
  }

  /**
   * Continues with a state.
   */
  public next(state: IChainable): Chain {
    return this.step.next(state);
  }

  /**
   * Runs the job once more where it does not succeed. Each time is a run of its own; see the job's `retry` for one that starts the program
   * only where it failed.
   */
  public addRetry(props?: RetryProps): BatchJobTask {
    this.step.addRetry(props);
    return this;
  }

  /**
   * Continues with a state where the job does not succeed: `errors: ['CotsBatchJob.TimedOut']`.
   */
  public addCatch(handler: IChainable, props?: CatchProps): BatchJobTask {
    this.step.addCatch(handler, props);
    return this;
  }
}

/**
 * A `Parallel` state of one branch: Step Functions reports every failure of a nested execution as `States.TaskFailed`. Within the branch
 * that is turned into the error that the nested execution ended with, so that a parent can catch or retry it by name.
 */
class Step extends Parallel {
  constructor(scope: Construct, name: string, private readonly target: BatchJobTaskTarget, props: ParallelProps) {
    super(scope, 'Resource', { stateName: name, ...props, comment: props.comment ?? (isHarmless(target.jobName) ? `Runs batch job ${target.jobName}` : 'Runs a batch job') });
  }

  public toStateJson(topLevelQueryLanguage?: QueryLanguage): object {
    if (topLevelQueryLanguage === QueryLanguage.JSONATA && this.queryLanguage !== QueryLanguage.JSONATA) {
      refuse('asTask', 'must be asJsonataTask in a state machine whose queryLanguage is JSONata', this.node.scope!.node.path);
    }
    return super.toStateJson(topLevelQueryLanguage);
  }

  protected whenBoundToGraph(graph: StateGraph): void {
    super.whenBoundToGraph(graph);
    if (this.target.encryptionKey) {
      // Step Functions reads with the role of the parent how the run has ended.
      graph.registerPolicyStatement(new PolicyStatement({ actions: ['kms:Decrypt'], resources: [this.target.encryptionKey.keyArn] }));
    }
  }
}

/**
 * What a parent gets: every field of a result, one by one, because the result of a `Parallel` state is an array. Not what is of
 * no use to a parent (a task is no check, and no rerun): the result of a job of an earlier release does not have it.
 */
const RESULT_FIELDS: { [field in Exclude<keyof RunResult, 'check' | 'warnings' | 'rerunOf' | 'nextScheduledTime' | 'recoveredFrom'>]: true } = {
  outcome: true,
  job: true,
  description: true,
  owner: true,
  account: true,
  region: true,
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

function jsonPathStep(scope: Construct, name: string, target: BatchJobTaskTarget, props: BatchJobTaskProps): Parallel {
  const run = StepFunctionsStartExecution.jsonPath(scope, 'Run', {
    ...startExecution(name, target, props),
    outputPath: '$.Output',
  });

  const fail = (id: string, what: string, outcome: Outcome, cause: { cause: string } | { causePath: string }) =>
    new Fail(scope, id, { stateName: `${name}: ${what}`, error: `${ERROR_PREFIX}${outcome}`, ...cause });
  const raise = new Fail(scope, 'RaiseOutcome', {
    stateName: `${name}: raise outcome`, errorPath: '$.execution.Error', causePath: '$.execution.Cause',
  });

  // How it ended comes before the words: those of whoever stopped it may be any.
  const howDidItEnd = new Choice(scope, 'HowDidItEnd', { stateName: `${name}: how did it end?` })
    .when(Condition.and(Condition.stringEquals('$.execution.Status', 'ABORTED'), isText('$.execution.Cause')),
      fail('StoppedBy', 'stopped by', Outcome.CANCELLED, { causePath: '$.execution.Cause' }))
    .when(Condition.stringEquals('$.execution.Status', 'ABORTED'), fail('Stopped', 'stopped', Outcome.CANCELLED, { cause: STOPPED }))
    .when(Condition.stringEquals('$.execution.Status', 'TIMED_OUT'), fail('TimedOut', 'timed out', Outcome.TIMED_OUT, { cause: TIMED_OUT }))
    .when(Condition.and(isText('$.execution.Cause'), isText('$.execution.Error'), isOutcome('$.execution.Error')), raise)
    .when(isText('$.execution.Cause'), fail('WorkflowFailed', 'workflow failed', Outcome.FAILED, { causePath: '$.execution.Cause' }))
    .otherwise(fail('NoCause', 'no cause', Outcome.FAILED, { cause: NO_CAUSE }));

  const readExecution = new Pass(scope, 'ReadExecution', {
    stateName: `${name}: read execution`,
    parameters: {
      execution: JsonPath.stringToJson(JsonPath.stringAt('$.fault.Cause')),
      fault: JsonPath.objectAt('$.fault'),
    },
  });

  // Only a nested execution that ran has its description as the cause: no right to start it, for one, has a text.
  const didItRun = new Choice(scope, 'DidItRun', { stateName: `${name}: did it run?` })
    .when(Condition.and(
      Condition.stringEquals('$.fault.Error', Errors.TASKS_FAILED),
      isText('$.fault.Cause'),
      Condition.stringMatches('$.fault.Cause', '{*"Status"*}'),
    ), readExecution.next(howDidItEnd))
    .when(Condition.stringEquals('$.fault.Error', Errors.TIMEOUT), fail('Waited', 'waited', Outcome.TIMED_OUT, { cause: WAITED }))
    .when(isText('$.fault.Cause'), fail('RaiseError', 'raise error', Outcome.FAILED, { causePath: '$.fault.Cause' }))
    .otherwise(fail('NoAnswer', 'no answer', Outcome.FAILED, { cause: NO_ANSWER }));

  run.addCatch(didItRun, { errors: [Errors.ALL], resultPath: '$.fault' });
  if (props.resultSelector) {
    for (const [field, value] of Object.entries(props.resultSelector).filter(([, text]) => isOfDeployment(text))) {
      refuse(`resultSelector ${field}`, 'must be known at synth, or a path into the result, because CDK puts it into the definition as it is', value);
    }
    run.next(new Pass(scope, 'Select', { stateName: `${name}: select result`, parameters: props.resultSelector }));
  }

  const fields = Object.keys(props.resultSelector ?? RESULT_FIELDS).map((field) => field.replace(/\.\$$/, ''));
  return new Step(scope, name, target, {
    comment: props.comment,
    inputPath: props.inputPath,
    resultSelector: Object.fromEntries(fields.map((field) => [`${field}.$`, /^\w+$/.test(field) ? `$[0].${field}` : `$[0]['${field}']`])),
    resultPath: props.resultPath,
    outputPath: props.outputPath,
  }).branch(run);
}

function jsonataStep(scope: Construct, name: string, target: BatchJobTaskTarget, props: BatchJobJsonataTaskProps): Parallel {
  for (const [parameter, value] of Object.entries(props.parameters ?? {})) {
    if (value.startsWith('{%') && isOfDeployment(value)) {
      refuse(`parameters ${parameter}`, 'must be known at synth where it is an expression, because a value in it would be evaluated', value);
    }
  }
  const run = StepFunctionsStartExecution.jsonata(scope, 'Run', {
    ...startExecution(name, target, props),
    outputs: '{% $states.result.Output %}',
  });
  run.addCatch(Fail.jsonata(scope, 'RaiseOutcome', {
    stateName: `${name}: raise outcome`, error: '{% $states.input.error %}', cause: '{% $states.input.cause %}',
  }), { errors: [Errors.ALL], outputs: failureExpression() });

  return new Step(scope, name, target, {
    queryLanguage: QueryLanguage.JSONATA,
    comment: props.comment,
    outputs: props.outputs ?? '{% $states.result[0] %}',
    assign: props.assign,
  }).branch(run);
}

function startExecution(name: string, { stateMachine }: BatchJobTaskTarget, { parameters = {}, taskTimeout }: BatchJobTaskBaseProps) {
  return {
    stateName: `${name}: run`,
    stateMachine,
    integrationPattern: IntegrationPattern.RUN_JOB,
    associateWithParent: true,
    input: TaskInput.fromObject(executionInput(parameters, isOfDeployment)),
    taskTimeout,
  };
}

/**
 * Whether a text is unknown until the parent is deployed. CDK puts it into the definition of the parent as it is: a value with a quote would
 * end its string, and go on with fields of its own. What is unknown until the parent runs is a path, which CDK checks.
 */
function isOfDeployment(text: string): boolean {
  const { tokens } = Tokenization.reverseString(text);
  return !tokens.some((token) => JsonPath.isEncodedJsonPath(Token.asString(token))) && !isHarmless(text);
}

/** Whether there is a text: what is missing would end the parent with an error that nobody can catch. */
function isText(path: string): Condition {
  return Condition.and(Condition.isPresent(path), Condition.isString(path));
}

/** Whether an error is one that a run ends with. Others are faults of its workflow, of which a parent knows nothing. */
function isOutcome(path: string): Condition {
  return Condition.or(...RUN_ERRORS.map((error) => Condition.stringEquals(path, error)));
}
