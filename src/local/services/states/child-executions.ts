import { ExecutionResult, RunningExecution } from './engine';
import { TaskCall } from './engine-branch';
import { TaskError } from '../../app/errors';
import { AccessControl } from '../../aws/access';
import { JsonObject } from '../../aws/api-service';

/** Parameters of StartExecution, as a state machine gives them. */
export interface StartExecutionParameters {
  readonly StateMachineArn: string;
  readonly Input?: unknown;
  readonly Name?: string;
}

export interface ChildExecutionsOptions {
  readonly access: AccessControl;
  /** Calls StartExecution. */
  readonly start: (input: JsonObject, accessKeyId: string) => Promise<unknown>;
  /** Calls StopExecution. */
  readonly stop: (input: JsonObject, accessKeyId: string) => Promise<unknown>;
  readonly find: (executionArn: string) => RunningExecution;
}

/** The rule with which Step Functions learns that an execution it waits for has ended; CDK grants the rights to it. */
const WAITING_RULE = 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';
const WAITING_ACTIONS = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

/** State machines that state machines start. */
export class ChildExecutions {
  constructor(private readonly options: ChildExecutionsOptions) {}

  /** Starts an execution and does not wait for it. */
  public async start(parameters: StartExecutionParameters, accessKeyId: string): Promise<object> {
    return started(await this.begin(parameters, accessKeyId));
  }

  /**
   * Starts an execution and waits for its end. It is stopped when the execution that waits for it ends first.
   *
   * @param form How input and output are returned: `.sync` returns them as text, `.sync:2` as JSON
   * @throws TaskError `States.TaskFailed` if the execution does not succeed, with its description as cause
   */
  public async run(parameters: StartExecutionParameters, accessKeyId: string, task: TaskCall, form: 'text' | 'json'): Promise<object> {
    await this.authorizeWaiting(parameters, accessKeyId);
    const child = await this.begin(parameters, accessKeyId);
    task.submitted(started(child));
    // What the end of the child causes belongs to the record, although the execution that waited for it has ended.
    const stop = (): void => this.options.access.callerOf(accessKeyId)?.record.follow(this.stop(child, accessKeyId));
    task.signal.addEventListener('abort', stop, { once: true });
    try {
      const result = await child.result;
      const description = describe(result, parameters, form);
      if (result.status !== 'SUCCEEDED') {
        throw new TaskError('States.TaskFailed', JSON.stringify(description));
      }
      return description;
    } finally {
      task.signal.removeEventListener('abort', stop);
    }
  }

  private async begin({ StateMachineArn, Input = {}, Name }: StartExecutionParameters, accessKeyId: string): Promise<RunningExecution> {
    const input = typeof Input === 'string' ? Input : JSON.stringify(Input);
    const answer = await this.options.start({ stateMachineArn: StateMachineArn, input, name: Name }, accessKeyId);
    return this.options.find((answer as { executionArn: string }).executionArn);
  }

  /** A role that may not stop the child leaves it running. */
  private async stop(child: RunningExecution, accessKeyId: string): Promise<void> {
    await this.options.stop({ executionArn: child.arn }, accessKeyId).catch(() => undefined);
  }

  private async authorizeWaiting({ StateMachineArn }: StartExecutionParameters, accessKeyId: string): Promise<void> {
    const { access } = this.options;
    const [, partition, , region, account] = StateMachineArn.split(':');
    for (const action of WAITING_ACTIONS) {
      const arn = `arn:${partition}:events:${region}:${account}:${WAITING_RULE}`;
      const denial = await access.check(access.callerOf(accessKeyId), action, [{ arn }]);
      if (denial !== undefined) {
        throw new TaskError(
          'StepFunctions.AWSStepFunctionsException',
          `${denial} (Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDeniedException)`,
        );
      }
    }
  }
}

/** What StartExecution answers. */
function started({ arn, startDate }: RunningExecution): object {
  return { ExecutionArn: arn, StartDate: startDate };
}

/** As the event of the execution's end has it: dates are milliseconds. */
function describe(
  result: ExecutionResult,
  { StateMachineArn, Input = {} }: StartExecutionParameters,
  form: 'text' | 'json',
): object {
  const data = (value: unknown): unknown => (form === 'json' ? value : JSON.stringify(value));
  return {
    ExecutionArn: result.arn,
    Input: data(typeof Input === 'string' ? JSON.parse(Input) : Input),
    Name: result.name,
    ...(result.status === 'SUCCEEDED' ? { Output: data(result.output) } : { Error: result.error, Cause: result.cause }),
    StartDate: Date.parse(result.startDate),
    StateMachineArn,
    Status: result.status,
    StopDate: Date.parse(result.stopDate),
  };
}
