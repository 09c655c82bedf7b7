import { Lazy } from 'aws-cdk-lib';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { IConstruct } from 'constructs';
import { Handler } from './handler';
import type { JobHandlers } from './job-handlers';
import { MachinePrefix, ServedJob } from './served-job';
import { deployTimeJson, jsonWithTokens } from '../deploy-time-json';
import { nameHash, SERVED_JOBS_VARIABLE, ServedJobs } from '../protocol';

/** The handlers of one job, or of several. */
type Handlers = Pick<JobHandlers, 'sendCommand' | 'getStatus' | 'closeRun'>;

/** Tells handlers which job is theirs: what an event says of another one, they do not believe. */
export function believeOnly({ sendCommand, getStatus, closeRun }: Handlers, { settings: { document }, stateMachine }: ServedJob): void {
  const own: ServedJobs = { document: document.name };
  const { stateMachineArn } = stateMachine;
  // The workflow refers to the first two, which cannot refer to it.
  setServed([sendCommand, getStatus], json(stateMachine, own));
  setServed([closeRun], json(stateMachine, { ...own, stateMachineArn }));
}

/**
 * The same for all jobs that share the handlers, which are known at last.
 *
 * @param names of their state machines, without what is the same in all of them; more may be added
 */
export function believeAll(handlers: Handler[], machines: MachinePrefix, names: string[]): void {
  const { executionArn: executionArnPrefix, workflowRole: { roleArn: workflowRoleArn } } = machines;
  const served = () => ({ shared: { executionArnPrefix, names: names.map(nameHash), workflowRoleArn } });
  setServed(handlers, Lazy.uncachedString({ produce: ({ scope }) => json(scope, served()) }));
}

/** The same for a handler that knows the state machine of its job, and sends nothing. */
export function believeMachine(handler: Handler, { stateMachineArn }: IStateMachine): void {
  setServed([handler], json(handler, { stateMachineArn }));
}

function setServed(handlers: Handler[], variable: string): void {
  handlers.forEach((handler) => handler.function.addEnvironment(SERVED_JOBS_VARIABLE, variable));
}

function json(scope: IConstruct, served: ServedJobs): string {
  return deployTimeJson(jsonWithTokens(scope, served));
}
