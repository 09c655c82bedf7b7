import { Executions, StartedExecution } from './executions';
import { historyPage, HistoryQuery } from './history-listing';
import { executionOf, TaskTokens } from './task-tokens';
import { definitionOf } from '../../app/jobs';
import { AccessControl } from '../../aws/access';
import { ApiResource, CallContext, JsonObject, JsonService } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';
import { page } from '../../aws/paging';
import { Shape, validate } from '../../aws/validation';
import { RunRecord } from '../../run/run-record';

const arn: Shape = { type: 'string', required: true, min: 1, max: 256 };

const taskToken: Shape = { type: 'string', required: true, min: 1, max: 2048 };

/** What requests must look like, by operation; from the model of the service. */
const SHAPES = {
  GetExecutionHistory: {
    type: 'structure',
    members: {
      executionArn: arn,
      maxResults: { type: 'integer', min: 0, max: 1000 },
      reverseOrder: { type: 'boolean' },
      nextToken: { type: 'string', min: 1, max: 1024 },
      includeExecutionData: { type: 'boolean' },
    },
  },
  DescribeExecution: { type: 'structure', members: { executionArn: arn } },
  ListExecutions: {
    type: 'structure',
    members: {
      stateMachineArn: { ...arn, required: false },
      statusFilter: { type: 'string' },
      maxResults: { type: 'integer', min: 0, max: 1000 },
      nextToken: { type: 'string', min: 1, max: 3096 },
    },
  },
  DescribeStateMachine: { type: 'structure', members: { stateMachineArn: arn } },
  StopExecution: {
    type: 'structure',
    members: { executionArn: arn, error: { type: 'string', max: 256 }, cause: { type: 'string', max: 32_768 } },
  },
  StartExecution: {
    type: 'structure',
    members: { stateMachineArn: arn, name: { type: 'string', min: 1, max: 80 }, input: { type: 'string', max: 262_144 } },
  },
  SendTaskSuccess: {
    type: 'structure',
    members: { taskToken, output: { type: 'string', required: true, max: 262_144 } },
  },
  SendTaskFailure: {
    type: 'structure',
    members: { taskToken, error: { type: 'string', max: 256 }, cause: { type: 'string', max: 32_768 } },
  },
  SendTaskHeartbeat: { type: 'structure', members: { taskToken } },
} satisfies { [operation: string]: Shape };

interface ListExecutionsInput {
  readonly stateMachineArn: string;
  readonly statusFilter?: string;
  readonly maxResults?: number;
  readonly nextToken?: string;
}

/** Step Functions, as far as it starts, stops and describes executions, and answers their tasks. */
export class StatesService implements JsonService {
  public readonly targetPrefix = 'AWSStepFunctions';
  public readonly iamPrefix = 'states';
  public readonly operations: JsonService['operations'];

  constructor(private readonly executions: Executions, private readonly access: AccessControl) {
    this.operations = {
      GetExecutionHistory: (input) => this.getExecutionHistory(input),
      DescribeExecution: (input) => this.describeExecution(input),
      ListExecutions: (input) => this.listExecutions(input),
      DescribeStateMachine: (input) => this.describeStateMachine(input),
      StopExecution: async (input) => this.stopExecution(input),
      StartExecution: (input, context) => this.startExecution(input, context),
      ...callbackOperations(executions.tokens),
    };
  }

  public resources(operation: string, input: JsonObject): ApiResource[] {
    if (operation.startsWith('SendTask')) {
      return callbackResources(input);
    }
    const { executionArn, stateMachineArn } = input;
    return [{ arn: String(stateMachineArn ?? executionArn), tags: {} }];
  }

  private getExecutionHistory(input: JsonObject): object {
    validate(input, SHAPES.GetExecutionHistory);
    return historyPage(this.find(input), input as HistoryQuery);
  }

  private describeExecution(input: JsonObject): object {
    validate(input, SHAPES.DescribeExecution);
    const { execution, stateMachineArn, input: executionInput, result } = this.find(input);
    return {
      executionArn: execution.arn,
      stateMachineArn,
      name: execution.name,
      status: result?.status ?? 'RUNNING',
      startDate: seconds(execution.startDate),
      ...result && { stopDate: seconds(result.stopDate), error: result.error, cause: result.cause },
      input: executionInput,
      inputDetails: { included: true },
      ...result?.output !== undefined && { output: JSON.stringify(result.output), outputDetails: { included: true } },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
    };
  }

  private listExecutions(input: JsonObject): object {
    validate(input, SHAPES.ListExecutions);
    const { stateMachineArn, statusFilter, maxResults, nextToken: token } = input as unknown as ListExecutionsInput;
    this.executions.job(stateMachineArn);
    const items = this.executions.of(stateMachineArn)
      .map(({ execution, result }) => ({
        executionArn: execution.arn,
        stateMachineArn,
        name: execution.name,
        status: result?.status ?? 'RUNNING',
        startDate: seconds(execution.startDate),
        ...result && { stopDate: seconds(result.stopDate) },
      }))
      .filter(({ status }) => statusFilter === undefined || status === statusFilter);
    const { items: executions, nextToken } = page(items, { stateMachineArn, statusFilter }, maxResults || 100, token, 'InvalidToken');
    return { executions, ...nextToken && { nextToken } };
  }

  private describeStateMachine(input: JsonObject): object {
    validate(input, SHAPES.DescribeStateMachine);
    const job = this.executions.job(String(input.stateMachineArn));
    return { stateMachineArn: job.arn, roleArn: job.roleArn, definition: JSON.stringify(definitionOf(job)), status: 'ACTIVE', type: 'STANDARD' };
  }

  private async stopExecution(input: JsonObject): Promise<object> {
    validate(input, SHAPES.StopExecution);
    const { execution, result } = this.find(input);
    if (!result) {
      execution.abort(input.error as string | undefined, input.cause as string | undefined);
    }
    return { stopDate: seconds((await execution.result).stopDate) };
  }

  private startExecution(input: JsonObject, { accessKeyId }: CallContext): object {
    validate(input, SHAPES.StartExecution);
    const { stateMachineArn, name, input: text = '{}' } = input as { stateMachineArn: string; name?: string; input?: string };
    const record = this.access.callerOf(accessKeyId)?.record ?? new RunRecord();
    const { arn: executionArn, startDate } = this.executions.start(stateMachineArn, parse(text), name, record);
    return { executionArn, startDate: seconds(startDate) };
  }

  private find({ executionArn }: JsonObject): StartedExecution {
    const wanted = String(executionArn);
    if (!wanted.startsWith('arn:')) {
      throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${wanted}'`);
    }
    return this.executions.find(wanted);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${text.slice(0, 200)}' is no JSON`);
  }
}

/** As timestamps are in JSON. */
function seconds(date: string): number {
  return Date.parse(date) / 1000;
}

/** The operations of Step Functions that end a task from outside, or say that it goes on. */
export function callbackOperations(tokens: TaskTokens): JsonService['operations'] {
  return {
    SendTaskSuccess: (input) => {
      validate(input, SHAPES.SendTaskSuccess);
      const task = tokens.find(String(input.taskToken));
      task.complete({ output: outputOf(String(input.output)) });
    },
    SendTaskFailure: (input) => {
      validate(input, SHAPES.SendTaskFailure);
      const { error = '', cause = '' } = input as { error?: string; cause?: string };
      tokens.find(String(input.taskToken)).complete({ error, cause });
    },
    SendTaskHeartbeat: (input) => {
      validate(input, SHAPES.SendTaskHeartbeat);
      tokens.find(String(input.taskToken)).requireOpen();
    },
  };
}

/**
 * What IAM decides about: the state machine whose task it is, although the documentation of IAM has no resource type for these
 * calls. A text that is no token belongs to none.
 *
 * @see https://github.com/aws/aws-cdk/pull/8486
 */
export function callbackResources({ taskToken: token }: JsonObject): ApiResource[] {
  const execution = executionOf(String(token ?? ''));
  return execution === undefined ? [] : [{ arn: stateMachineOf(execution), tags: {} }];
}

function stateMachineOf(executionArn: string): string {
  return executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, '');
}

function outputOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('InvalidOutput', `Invalid Output: '${text.slice(0, 200)}' is no JSON`);
  }
}
