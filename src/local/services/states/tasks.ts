import { Caller } from '../../aws/access';
import { TaskCall } from './engine-branch';
import { messageOf, TaskError, UsageError } from '../../app/errors';
import { Functions } from '../lambda/functions';
import { PublishParameters } from '../sns/sns-message';
import { TopicTasks } from '../sns/task-publish';
import { SdkTasks } from './task-sdk';
import { ChildExecutions, StartExecutionParameters } from './task-start-execution';

/** What Tasks call. */
export interface TaskServices {
  readonly functions: Functions;
  readonly topics: TopicTasks;
  readonly children: ChildExecutions;
  readonly sdk: SdkTasks;
}

/**
 * Carries out a Task of a state machine, by its `Resource`.
 *
 * @throws TaskError what the service answers; or, uncatchable, what the local run itself can not do
 */
export async function runTask(call: TaskCall, caller: Caller, services: TaskServices): Promise<unknown> {
  try {
    return await route(call, caller, services);
  } catch (error) {
    if (error instanceof TaskError) {
      throw error;
    }
    throw new TaskError('LocalRun.Failed', messageOf(error), true);
  }
}

async function route(call: TaskCall, caller: Caller, { functions, topics, children, sdk }: TaskServices): Promise<unknown> {
  const { resource, input, state } = call;
  if (/^arn:[^:]+:lambda:/.test(resource)) {
    return functions.invoke(resource, input, caller);
  }
  const [, integration = ''] = /^arn:[^:]+:states:::(.+)$/.exec(resource) ?? [];
  const [, service, operation] = /^aws-sdk:(\w+):(\w+)$/.exec(integration) ?? [];
  if (operation !== undefined) {
    return sdk.call(service, operation, input, caller);
  }
  switch (integration) {
    case 'lambda:invoke':
      return invokeFunction(input as InvokeParameters, caller, functions);
    case 'sns:publish':
      return topics.publish(input as PublishParameters, caller);
    case 'states:startExecution':
      return children.start(input as StartExecutionParameters, caller);
    case 'states:startExecution.sync':
      return children.run(input as StartExecutionParameters, caller, call, 'text');
    case 'states:startExecution.sync:2':
      return children.run(input as StartExecutionParameters, caller, call, 'json');
    default:
      throw new UsageError(`the local run does not know the resource '${resource}' of the state '${state}'`);
  }
}

interface InvokeParameters {
  readonly FunctionName: string;
  readonly Payload?: unknown;
  readonly Qualifier?: string;
  readonly InvocationType?: string;
}

/** The optimized integration wraps what the function gets and returns. */
async function invokeFunction(parameters: InvokeParameters, caller: Caller, functions: Functions): Promise<object> {
  const { FunctionName, Qualifier, Payload = {} } = parameters;
  const result = await functions.invoke(Qualifier ? `${FunctionName}:${Qualifier}` : FunctionName, Payload, caller);
  return { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 };
}
