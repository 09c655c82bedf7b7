import { randomUUID } from 'node:crypto';
import { ChildExecutions, StartExecutionParameters } from './child-executions';
import { TaskCall } from './engine-branch';
import { Executions } from './executions';
import { messageOf, TaskError, UsageError } from '../../app/errors';
import { AccessControl } from '../../aws/access';
import { ApiService, JsonObject } from '../../aws/api-service';
import { AwsError, ConnectionLostError } from '../../aws/aws-error';
import { Dispatch } from '../../aws/dispatch';
import { FunctionErrorPayload, InvokeAnswer } from '../lambda/service';

/** How Step Functions calls a service, and what it makes of the service's errors. */
export interface Integration {
  /** What the service's IAM actions begin with. */
  readonly iamPrefix: string;
  /** What the names of errors begin with, e.g. `SNS`. */
  readonly errorPrefix: string;
  /** What the SDK's client calls the service, e.g. `AmazonSNS`: the name of errors that the service's model has no shape for. */
  readonly client: string;
  /** Errors of that kind. */
  readonly unmodeled: readonly string[];
}

/** The optimized integrations, by the first part of their resources. */
const OPTIMIZED = {
  lambda: { iamPrefix: 'lambda', errorPrefix: 'Lambda', client: 'AWSLambda', unmodeled: ['AccessDeniedException'] },
  sns: { iamPrefix: 'sns', errorPrefix: 'SNS', client: 'AmazonSNS', unmodeled: [] },
  events: { iamPrefix: 'events', errorPrefix: 'EventBridge', client: 'AmazonEventBridge', unmodeled: ['AccessDeniedException'] },
  states: { iamPrefix: 'states', errorPrefix: 'StepFunctions', client: 'AWSStepFunctions', unmodeled: ['AccessDeniedException'] },
} satisfies { [service: string]: Integration };

/** The SDK integrations, by the service in `aws-sdk:service:operation`. Members of requests and answers begin with a capital letter there. */
const SDK: { readonly [service: string]: Integration } = {
  scheduler: sdk('scheduler', 'Scheduler'),
  sqs: sdk('sqs', 'Sqs'),
  ssm: sdk('ssm', 'Ssm', 'ValidationException', 'ThrottlingException'),
  sfn: sdk('states', 'Sfn'),
};

function sdk(iamPrefix: string, client: string, ...unmodeled: string[]): Integration {
  return { iamPrefix, errorPrefix: client, client, unmodeled: ['AccessDeniedException', ...unmodeled] };
}

/** What services refuse requests with whose members have other types than in the model: Step Functions does not even send them. */
const MALFORMED = 'SerializationException';

/** What the local run's own services answer to what they do not know: no state machine may take that for an error of AWS. */
const UNKNOWN_HERE = 'UnknownOperationException';

/** Step Functions cannot tell a request that was lost from an answer. */
const CONNECTION_LOST = 'Unable to execute HTTP request: Read timed out';

/** The door for state machines: a Task becomes a call, and a service's error becomes the error that `Retry` and `Catch` match. */
export class Tasks {
  private readonly children: ChildExecutions;

  constructor(private readonly dispatch: Dispatch, access: AccessControl, executions: Executions) {
    const start = async (input: JsonObject, accessKeyId: string) => this.call(OPTIMIZED.states, 'StartExecution', input, accessKeyId);
    const stop = async (input: JsonObject, accessKeyId: string) => this.call(OPTIMIZED.states, 'StopExecution', input, accessKeyId);
    this.children = new ChildExecutions({ access, start, stop, find: (arn) => executions.find(arn).execution });
  }

  /**
   * Carries out a Task of a state machine, by its `Resource`.
   *
   * @param accessKeyId The execution's
   * @throws TaskError what the service answers; or, uncatchable, what the local run itself can not do
   */
  public async run(task: TaskCall, accessKeyId: string): Promise<unknown> {
    try {
      return await this.route(task, accessKeyId);
    } catch (error) {
      if (error instanceof TaskError) {
        throw error;
      }
      throw new TaskError('LocalRun.Failed', messageOf(error), true);
    }
  }

  private async route(task: TaskCall, accessKeyId: string): Promise<unknown> {
    const { resource, input, state } = task;
    if (/^arn:[^:]+:lambda:/.test(resource)) {
      return (await this.invoke({ FunctionName: resource, Payload: input }, accessKeyId)).Payload;
    }
    const [, integration = ''] = /^arn:[^:]+:states:::(.+)$/.exec(resource) ?? [];
    const [, service, operation] = /^aws-sdk:(\w+):(\w+)$/.exec(integration) ?? [];
    if (operation !== undefined) {
      const name = operation.charAt(0).toUpperCase() + operation.slice(1);
      if (!Object.hasOwn(SDK, service) || !this.knows(SDK[service], name)) {
        throw new UsageError(`the local run does not know the resource '${integration}'`);
      }
      const isCamelCase = SDK[service] === SDK.sfn;
      const request = (isCamelCase ? withMembers(input, (member) => member.charAt(0).toLowerCase()) : input) as JsonObject;
      const answer = await this.call(SDK[service], name, request, accessKeyId);
      return isCamelCase ? withMembers(answer, (member) => member.charAt(0).toUpperCase()) : answer;
    }
    switch (integration) {
      case 'lambda:invoke':
        return this.invoke(input as JsonObject, accessKeyId);
      case 'sns:publish':
        return this.call(OPTIMIZED.sns, 'Publish', input as JsonObject, accessKeyId);
      case 'events:putEvents':
        return this.call(OPTIMIZED.events, 'PutEvents', entriesOf(input as JsonObject), accessKeyId);
      case 'states:startExecution':
        return this.children.start(input as StartExecutionParameters, accessKeyId);
      case 'states:startExecution.sync':
        return this.children.run(input as StartExecutionParameters, accessKeyId, task, 'text');
      case 'states:startExecution.sync:2':
        return this.children.run(input as StartExecutionParameters, accessKeyId, task, 'json');
      default:
        throw new UsageError(`the local run does not know the resource '${resource}' of the state '${state}'`);
    }
  }

  /** @throws TaskError as Step Functions sees the failure of a function, too */
  private async invoke(input: JsonObject, accessKeyId: string): Promise<InvokeAnswer> {
    const answer = await this.call(OPTIMIZED.lambda, 'Invoke', input, accessKeyId) as InvokeAnswer;
    if (answer.FunctionError === undefined) {
      return answer;
    }
    const payload = answer.Payload as FunctionErrorPayload;
    if (payload.errorType !== undefined) {
      throw new TaskError(payload.errorType, JSON.stringify(payload));
    }
    throw new TaskError(
      'Lambda.Unknown',
      'The cause could not be determined because Lambda did not return an error type. ' +
        `Returned payload: ${JSON.stringify(payload)}`,
    );
  }

  private async call(integration: Integration, operation: string, input: JsonObject, accessKeyId: string): Promise<unknown> {
    try {
      return await this.dispatch.call({ service: this.service(integration), operation, input }, accessKeyId);
    } catch (error) {
      if (error instanceof ConnectionLostError) {
        throw new TaskError(`${integration.errorPrefix}.SdkClientException`, CONNECTION_LOST);
      }
      throw error instanceof AwsError ? taskError(integration, error, input) : error;
    }
  }

  private knows(integration: Integration, operation: string): boolean {
    const service = this.find(integration);
    return service !== undefined && Object.hasOwn(service.operations, operation);
  }

  private service(integration: Integration): ApiService {
    return this.find(integration)!;
  }

  private find({ iamPrefix }: Integration): ApiService | undefined {
    return this.dispatch.services.find((service) => service.iamPrefix === iamPrefix);
  }
}

/** The same data, with another first letter of its members. */
function withMembers(data: unknown, first: (member: string) => string): unknown {
  if (Array.isArray(data)) {
    return data.map((item) => withMembers(item, first));
  }
  return typeof data === 'object' && data !== null
    ? Object.fromEntries(Object.entries(data).map(([member, value]) => [first(member) + member.slice(1), withMembers(value, first)])) : data;
}

/** Step Functions makes a text of the detail of an event. */
function entriesOf({ Entries, ...others }: JsonObject): JsonObject {
  const entries = (Array.isArray(Entries) ? Entries : []) as JsonObject[];
  return { ...others, Entries: entries.map((entry) => ({ ...entry, Detail: typeof entry.Detail === 'string' ? entry.Detail : JSON.stringify(entry.Detail) })) };
}

function taskError({ errorPrefix, client, unmodeled }: Integration, { code, message, httpStatus }: AwsError, input: JsonObject): Error {
  if (code === UNKNOWN_HERE) {
    return new UsageError(message);
  }
  if (code === MALFORMED) {
    const cause = `The Parameters '${JSON.stringify(input)}' could not be used to start the Task: [${message}]`;
    return new TaskError('States.Runtime', cause, true);
  }
  const name = (unmodeled.includes(code) ? client : code).replace(/Exception$/, '');
  const about = client === errorPrefix
    ? `(Service: ${client}, Status Code: ${httpStatus}, Request ID: ${randomUUID()})`
    : `(Service: ${client}; Status Code: ${httpStatus}; Error Code: ${code})`;
  return new TaskError(`${errorPrefix}.${name}Exception`, `${message} ${about}`);
}
