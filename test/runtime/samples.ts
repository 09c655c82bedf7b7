import type { CommandInvocation, CommandPlugin } from '@aws-sdk/client-ssm';
import {
  CompletionMode, GetStatusRequest, JobSettings, Outcome, OverlapPolicy, Run, SendCommandRequest, SERVED_JOBS_VARIABLE, ServedJobs,
} from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';

export const NAME = 'a1b2c3d4-0000-4000-8000-000000000001';
export const EXECUTION = `arn:aws:states:eu-west-1:123456789012:execution:NightlyIndex:${NAME}`;
export const START = '2026-03-01T02:00:00.000Z';
export const COMMAND = '11111111-2222-4333-8444-555555555555';
export const DOCUMENT = 'Stack-NightlyIndex-Document';

/** The deployment of a job writes its document into the environment of its handlers. */
export function deploy(document: string): void {
  const served: ServedJobs = { document };
  process.env[SERVED_JOBS_VARIABLE] = JSON.stringify(served);
}

deploy(DOCUMENT);

/** A time that many seconds after `START`. */
export function after(seconds: number): string {
  return new Date(Date.parse(START) + seconds * 1000).toISOString();
}

/** `i-00000000000000001`, … */
export function ids(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `i-${String(i + 1).padStart(17, '0')}`);
}

export const [FIRST, SECOND, THIRD] = ids(3);

export function job(overrides: Partial<JobSettings> = {}): JobSettings {
  return {
    name: 'NightlyIndex',
    description: '',
    owner: '',
    runbookUrl: '',
    document: { name: DOCUMENT, own: true, parameters: {} },
    instanceIds: [FIRST],
    targets: [],
    parameters: {},
    pollIntervalSeconds: 300,
    executionTimeoutSeconds: 3600,
    deliveryTimeoutSeconds: 600,
    unresponsiveAfterSeconds: 1800,
    successExitCodes: [0],
    overlapPolicy: OverlapPolicy.SKIP,
    completion: CompletionMode.POLLING,
    notificationTopicArn: 'arn:aws:sns:us-east-1:123456789012:Topic',
    notifyOn: [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNDELIVERED, Outcome.CANCELLED, Outcome.UNRESPONSIVE],
    notificationSubject: 'Batch job NightlyIndex',
    ...overrides,
  };
}

/** Settings of a job that finds its instances by tag. */
export function taggedJob(overrides: Partial<JobSettings> = {}): JobSettings {
  return job({ instanceIds: [], targets: [{ key: 'tag:Role', values: ['crawler', 'indexer'] }], ...overrides });
}

export function run(overrides: Partial<Run> = {}): Run {
  return {
    id: NAME,
    startedAt: START,
    pollIntervalSeconds: 300,
    attempt: 1,
    sentAt: START,
    commands: [{ commandId: COMMAND }],
    ...overrides,
  };
}

export function sendRequest(overrides: Partial<SendCommandRequest> = {}): SendCommandRequest {
  return {
    action: 'send',
    job: job(),
    executionId: EXECUTION,
    executionName: NAME,
    input: {},
    now: START,
    retryCount: 0,
    status: {},
    ...overrides,
  };
}

export function statusRequest(overrides: Partial<GetStatusRequest> = {}): GetStatusRequest {
  return { job: job(), run: run(), executionId: EXECUTION, now: after(60), ...overrides };
}

export function plugin(details: string, code?: number, name: string = 'run'): CommandPlugin {
  return { Name: name, Status: plainStatus(details), StatusDetails: details, ResponseCode: code };
}

/** What SSM says of whoever sent the command of a run. */
export const SENT = { Comment: comment(run(), EXECUTION, 0, 1), DocumentName: DOCUMENT };

/** An invocation with one step. */
export function invocation(
  instanceId: string, details: string, code?: number, overrides: Partial<CommandInvocation> = {},
): CommandInvocation {
  return {
    CommandId: COMMAND,
    ...SENT,
    InstanceId: instanceId,
    Status: plainStatus(details),
    StatusDetails: details,
    CommandPlugins: [plugin(details, code)],
    ...overrides,
  };
}

const PLAIN: { [details: string]: CommandInvocation['Status'] } = {
  ExecutionTimedOut: 'TimedOut',
  DeliveryTimedOut: 'TimedOut',
  Undeliverable: 'Failed',
  InvalidPlatform: 'Failed',
  AccessDenied: 'Failed',
  Terminated: 'Cancelled',
};

function plainStatus(details: string): CommandPlugin['Status'] {
  return (PLAIN[details] ?? details) as CommandPlugin['Status'];
}
