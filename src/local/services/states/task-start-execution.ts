import { AccessControl, Caller } from '../../aws/access';
import { ExecutionResult, RunningExecution } from './engine';
import { TaskCall } from './engine-branch';
import { messageOf, TaskError } from '../../app/errors';

/** Parameters of StartExecution, as a state machine gives them. */
export interface StartExecutionParameters {
  readonly StateMachineArn: string;
  readonly Input?: unknown;
  readonly Name?: string;
}

/** Starts an execution in the same local run. */
export type StartExecution = (
  stateMachineArn: string,
  input: unknown,
  name: string | undefined,
  caller: Caller,
) => RunningExecution;

/** The rule with which Step Functions learns that an execution it waits for has ended; CDK grants the rights to it. */
const WAITING_RULE = 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';
const WAITING_ACTIONS = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

/** State machines that state machines start. */
export class ChildExecutions {
  constructor(
    private readonly access: AccessControl,
    private readonly startExecution: StartExecution,
  ) {}

  /** Starts an execution and does not wait for it. */
  public async start(parameters: StartExecutionParameters, caller: Caller): Promise<object> {
    return started(await this.begin(parameters, caller));
  }

  /**
   * Starts an execution and waits for its end. It is stopped when the execution that waits for it ends first.
   *
   * @param form How input and output are returned: `.sync` returns them as text, `.sync:2` as JSON
   * @throws TaskError `States.TaskFailed` if the execution does not succeed, with its description as cause
   */
  public async run(parameters: StartExecutionParameters, caller: Caller, call: TaskCall, form: 'text' | 'json'): Promise<object> {
    const rule = ruleArn(parameters.StateMachineArn);
    for (const action of WAITING_ACTIONS) {
      await this.authorize(caller, action, rule);
    }
    const child = await this.begin(parameters, caller);
    call.submitted(started(child));
    // What the end of the child causes belongs to the record, although the execution that waited for it has ended.
    const stop = (): void => caller.record.follow(this.stop(child, caller));
    call.signal.addEventListener('abort', stop, { once: true });
    try {
      const result = await child.result;
      const description = describe(result, parameters, form);
      if (result.status !== 'SUCCEEDED') {
        throw new TaskError('States.TaskFailed', JSON.stringify(description));
      }
      return description;
    } finally {
      call.signal.removeEventListener('abort', stop);
    }
  }

  private async begin({ StateMachineArn, Input, Name }: StartExecutionParameters, caller: Caller): Promise<RunningExecution> {
    await this.authorize(caller, 'states:StartExecution', StateMachineArn);
    try {
      return this.startExecution(StateMachineArn, typeof Input === 'string' ? JSON.parse(Input) : (Input ?? {}), Name, caller);
    } catch (error) {
      const name = error instanceof Error ? error.name : 'Error';
      throw new TaskError(
        `StepFunctions.${name}Exception`,
        `${messageOf(error)} (Service: AWSStepFunctions; Status Code: 400; Error Code: ${name})`,
      );
    }
  }

  private async stop(child: RunningExecution, caller: Caller): Promise<void> {
    const denial = await this.access.check(caller, 'states:StopExecution', [{ arn: child.arn }]);
    if (denial !== undefined) {
      return;
    }
    child.abort();
    await child.result;
  }

  private async authorize(caller: Caller, action: string, arn: string): Promise<void> {
    const denial = await this.access.check(caller, action, [{ arn }]);
    if (denial === undefined) {
      return;
    }
    throw new TaskError(
      'StepFunctions.AWSStepFunctionsException',
      `${denial} (Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDeniedException)`,
    );
  }
}

function ruleArn(stateMachineArn: string): string {
  const [, partition, , region, account] = stateMachineArn.split(':');
  return `arn:${partition}:events:${region}:${account}:${WAITING_RULE}`;
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
