import { Document, DocumentStep } from './document';
import { Instance, Target } from './fleet';
import { ParameterValues, GivenParameters } from './parameters';
import { StatusDetails } from './status';

/** What SendCommand was asked, beyond whom and what to send. */
export interface SendCommandInput {
  readonly InstanceIds?: readonly string[];
  readonly Targets?: readonly Target[];
  readonly DocumentName: string;
  readonly DocumentVersion?: string;
  readonly TimeoutSeconds?: number;
  readonly Comment?: string;
  readonly Parameters?: GivenParameters;
  readonly OutputS3BucketName?: string;
  readonly OutputS3KeyPrefix?: string;
  readonly MaxConcurrency?: string;
  readonly MaxErrors?: string;
  readonly ServiceRoleArn?: string;
  readonly NotificationConfig?: unknown;
  readonly CloudWatchOutputConfig?: { readonly CloudWatchLogGroupName?: string; readonly CloudWatchOutputEnabled?: boolean };
}

/** What one step of the document came to on one instance: a *plugin* in the API. */
export interface StepResult {
  readonly name: string;
  readonly action: string;
  details: StatusDetails;
  /** -1 until the step has ended. */
  exitCode: number;
  startedAt?: number;
  endedAt?: number;
  /** Cut as the agent cuts it; empty until the step has ended. */
  stdout: string;
  stderr: string;
  /** Both together, for ListCommandInvocations. */
  output: string;
}

/** A command on one instance. */
export interface Invocation {
  readonly instance: Instance;
  readonly steps: StepResult[];
  details: StatusDetails;
}

/** A command that was sent. Times are milliseconds since the epoch, on the endpoint's clock. */
export interface Command {
  readonly commandId: string;
  /** Access key id of who has sent it; empty if that is not known. */
  readonly sentBy: string;
  readonly input: SendCommandInput;
  readonly document: Document;
  readonly values: ParameterValues;
  readonly requestedAt: number;
  /** SSM gives up then: delivery timeout and execution timeout after the request. */
  readonly expiresAt: number;
  /** When listings begin to show it: they are eventually consistent. */
  readonly visibleAt: number;
  /** How many errors are tolerated, in instances. */
  readonly maxErrors: number;
  /** How many instances run at the same time. */
  readonly maxConcurrency: number;
  readonly invocations: readonly Invocation[];
  /** SSM has found out that the targets match no instance. */
  noTargets: boolean;
}

export function newStep({ name, action }: DocumentStep): StepResult {
  return { name, action, details: 'Pending', exitCode: -1, stdout: '', stderr: '', output: '' };
}

/** The log group that a command's output goes to, if it was asked for. */
export function logGroupOf({ input, document }: Command): string | undefined {
  const config = input.CloudWatchOutputConfig;
  return config?.CloudWatchOutputEnabled ? config.CloudWatchLogGroupName ?? `/aws/ssm/${document.name}` : undefined;
}
