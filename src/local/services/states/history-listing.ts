import { StartedExecution } from './executions';
import { HistoryEvent } from './history';
import { AwsError } from '../../aws/aws-error';

/** Parameters of GetExecutionHistory. */
export interface HistoryQuery {
  readonly executionArn?: string;
  readonly maxResults?: number;
  readonly reverseOrder?: boolean;
  readonly nextToken?: string;
  readonly includeExecutionData?: boolean;
}

const PAGE_SIZE = 100;

/**
 * A page of an execution's history, as GetExecutionHistory has it.
 *
 * @throws AwsError `InvalidToken`
 */
export function historyPage(started: StartedExecution, query: HistoryQuery): object {
  const { execution: { history }, roleArn, stateMachineArn } = started;
  const { reverseOrder = false, includeExecutionData = true, maxResults } = query;
  const scene: Scene = { roleArn, region: stateMachineArn.split(':')[3], withData: includeExecutionData };
  const step = reverseOrder ? -1 : 1;
  // By id, not by place: a running execution gets new events between two pages.
  const first = query.nextToken ? idOf(query.nextToken, query) : reverseOrder ? history.length : 1;
  const events: object[] = [];
  let id = first;
  for (; id >= 1 && id <= history.length && events.length < (maxResults || PAGE_SIZE); id += step) {
    events.push(describe(history[id - 1], scene));
  }
  return { events, ...(id >= 1 && id <= history.length ? { nextToken: tokenFor(id, query) } : {}) };
}

/** A token is good for the same question only. */
function tokenFor(id: number, { executionArn, reverseOrder, includeExecutionData }: HistoryQuery): string {
  return Buffer.from(JSON.stringify([id, executionArn, reverseOrder, includeExecutionData])).toString('base64url');
}

function idOf(token: string, query: HistoryQuery): number {
  const [id] = /\d+/.exec(Buffer.from(token, 'base64url').toString()) ?? ['0'];
  if (tokenFor(Number(id), query) === token) {
    return Number(id);
  }
  throw new AwsError('InvalidToken', `Invalid Token: '${token.slice(0, 100)}'`);
}

/** What all events of an execution have in common. */
interface Scene {
  readonly roleArn: string;
  readonly region: string;
  /** Whether inputs and outputs are wanted. */
  readonly withData: boolean;
}

function describe(event: HistoryEvent, scene: Scene): object {
  const { id, previousEventId, timestamp, type } = event;
  const details = detailsOf(event, scene);
  return { id, previousEventId, timestamp: Date.parse(timestamp) / 1000, type, ...(details && { [detailsName(type)]: details }) };
}

function detailsName(type: string): string {
  if (type.endsWith('StateEntered')) {
    return 'stateEnteredEventDetails';
  }
  if (type.endsWith('StateExited')) {
    return 'stateExitedEventDetails';
  }
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

/** Undefined for the types of events that have no details. */
function detailsOf(event: HistoryEvent, scene: Scene): object | undefined {
  const { type, state, index, length, error, cause } = event;
  if (type === 'ExecutionStarted') {
    return { ...inputOf(event, scene), roleArn: scene.roleArn };
  }
  if (type.endsWith('StateEntered')) {
    return { name: state, ...inputOf(event, scene) };
  }
  if (type.endsWith('StateExited')) {
    return { name: state, ...outputOf(event, scene) };
  }
  if (type.startsWith('MapIteration')) {
    return { name: state, index };
  }
  if (type === 'MapStateStarted') {
    return { length };
  }
  if (/^(Parallel|Map)State/.test(type) || type === 'LambdaFunctionStarted') {
    return undefined;
  }

  const resource = type.startsWith('Task') ? resourceOf(event) : {};
  if (type.endsWith('Scheduled')) {
    return { ...resource, ...scheduleOf(event, scene) };
  }
  if (type.endsWith('Started')) {
    return resource;
  }
  if (/(Succeeded|Submitted)$/.test(type)) {
    return { ...resource, ...outputOf(event, scene) };
  }
  return { ...resource, error, cause };
}

function scheduleOf(event: HistoryEvent, scene: Scene): object {
  const timeout = event.timeoutSeconds === undefined ? {} : { timeoutInSeconds: event.timeoutSeconds };
  if (event.type.startsWith('LambdaFunction')) {
    return { resource: event.resource, ...inputOf(event, scene), ...timeout };
  }
  const parameters = scene.withData ? { parameters: JSON.stringify(event.input) } : {};
  return { region: scene.region, ...parameters, ...timeout };
}

function inputOf({ input }: HistoryEvent, { withData }: Scene): object {
  return withData ? { input: JSON.stringify(input), inputDetails: { truncated: false } } : {};
}

function outputOf({ output }: HistoryEvent, { withData }: Scene): object {
  return withData ? { output: JSON.stringify(output), outputDetails: { truncated: false } } : {};
}

/** `arn:aws:states:::sns:publish`, `arn:aws:states:::aws-sdk:ssm:sendCommand` */
function resourceOf({ resource = '' }: HistoryEvent): { resourceType: string; resource: string } {
  const [, resourceType = '', action = resource] = /:::((?:aws-sdk:)?[^:]+):(.+)$/.exec(resource) ?? [];
  return { resourceType, resource: action };
}
