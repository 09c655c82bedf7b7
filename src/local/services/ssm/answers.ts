import { Command, CommandStatus, commandStatus, Invocation, isTerminal, STATUS_OF, StepResult } from './command';
import { epochSeconds as seconds } from '../../aws/api-service';

/** What SSM says of a command as a whole. */
export function statusOf(command: Command): CommandStatus {
  return commandStatus(command.invocations.map(({ details }) => details), command.maxErrors, command.noTargets);
}

/** A command as SendCommand and ListCommands answer it. */
export function commandAnswer(command: Command): object {
  const { input } = command;
  const status = statusOf(command);
  return {
    ...common(command),
    ExpiresAfter: seconds(command.expiresAt),
    Parameters: input.Parameters ?? {},
    InstanceIds: input.InstanceIds ?? [],
    Targets: input.Targets ?? [],
    Status: status.status,
    StatusDetails: status.statusDetails,
    OutputS3BucketName: input.OutputS3BucketName ?? '',
    OutputS3KeyPrefix: input.OutputS3KeyPrefix ?? '',
    MaxConcurrency: input.MaxConcurrency ?? '50',
    MaxErrors: input.MaxErrors ?? '0',
    TargetCount: status.targetCount,
    CompletedCount: status.completedCount,
    ErrorCount: status.errorCount,
    DeliveryTimedOutCount: status.deliveryTimedOutCount,
    TimeoutSeconds: input.TimeoutSeconds ?? 3600,
  };
}

/** An invocation as ListCommandInvocations answers it. */
export function invocationAnswer(command: Command, invocation: Invocation, region: string, details: boolean): object {
  return {
    ...common(command),
    InstanceId: invocation.instance.instanceId,
    InstanceName: invocation.instance.tags.Name ?? '',
    Status: STATUS_OF[invocation.details],
    StatusDetails: invocation.details,
    TraceOutput: '',
    StandardOutputUrl: outputUrl(command, invocation, onlyStep(invocation), region, 'stdout'),
    StandardErrorUrl: outputUrl(command, invocation, onlyStep(invocation), region, 'stderr'),
    CommandPlugins: details ? invocation.steps.map((step) => pluginAnswer(command, invocation, step, region)) : [],
  };
}

/** A step as GetCommandInvocation answers it. */
export function stepAnswer(command: Command, invocation: Invocation, step: StepResult, region: string): object {
  const details = stepDetails(invocation, step);
  const ended = isTerminal(details);
  return {
    ...common(command),
    RequestedDateTime: undefined,
    InstanceId: invocation.instance.instanceId,
    PluginName: step.name,
    ResponseCode: step.exitCode,
    ExecutionStartDateTime: isoTime(step.startedAt),
    ExecutionElapsedTime: ended && step.endedAt !== undefined ? `PT${seconds(step.endedAt - step.startedAt!)}S` : '',
    ExecutionEndDateTime: isoTime(step.endedAt),
    Status: STATUS_OF[details],
    StatusDetails: details,
    StandardOutputContent: step.stdout,
    StandardOutputUrl: outputUrl(command, invocation, step, region, 'stdout'),
    StandardErrorContent: step.stderr,
    StandardErrorUrl: outputUrl(command, invocation, step, region, 'stderr'),
  };
}

function pluginAnswer(command: Command, invocation: Invocation, step: StepResult, region: string): object {
  const details = stepDetails(invocation, step);
  return {
    Name: step.name,
    // A step has no status of its own for these two.
    Status: details === 'Delayed' ? 'Pending' : details === 'Cancelling' ? 'InProgress' : STATUS_OF[details],
    StatusDetails: details,
    ResponseCode: step.exitCode,
    ResponseStartDateTime: step.startedAt === undefined ? undefined : seconds(step.startedAt),
    ResponseFinishDateTime: step.endedAt === undefined ? undefined : seconds(step.endedAt),
    Output: step.output,
    StandardOutputUrl: outputUrl(command, invocation, step, region, 'stdout'),
    StandardErrorUrl: outputUrl(command, invocation, step, region, 'stderr'),
    OutputS3Region: region,
    OutputS3BucketName: command.input.OutputS3BucketName ?? '',
    OutputS3KeyPrefix: command.input.OutputS3BucketName ? outputKey(command, invocation, step) : '',
  };
}

/** A step that has not ended by itself shares the fate of its invocation. */
function stepDetails(invocation: Invocation, step: StepResult): StepResult['details'] {
  const decided = isTerminal(invocation.details) || invocation.details === 'Cancelling';
  return decided && !isTerminal(step.details) ? invocation.details : step.details;
}

function common({ commandId, document, input, requestedAt }: Command): object {
  return {
    CommandId: commandId,
    DocumentName: document.name,
    DocumentVersion: input.DocumentVersion ?? '$DEFAULT',
    Comment: input.Comment ?? '',
    RequestedDateTime: seconds(requestedAt),
    ServiceRole: input.ServiceRoleArn ?? '',
    NotificationConfig: input.NotificationConfig ?? { NotificationArn: '', NotificationEvents: [], NotificationType: '' },
    CloudWatchOutputConfig: input.CloudWatchOutputConfig ?? { CloudWatchLogGroupName: '', CloudWatchOutputEnabled: false },
  };
}

function onlyStep({ steps }: Invocation): StepResult | undefined {
  return steps.length === 1 ? steps[0] : undefined;
}

/** Where the agent would put the output; the local run does not. */
function outputUrl(command: Command, invocation: Invocation, step: StepResult | undefined, region: string, file: string): string {
  const bucket = command.input.OutputS3BucketName;
  return bucket && step ? `https://s3.${region}.amazonaws.com/${bucket}/${outputKey(command, invocation, step)}/${file}` : '';
}

function outputKey({ input, commandId }: Command, { instance }: Invocation, { action, name }: StepResult): string {
  const folders = [input.OutputS3KeyPrefix, commandId, instance.instanceId, action.replaceAll(':', ''), name.replaceAll(':', '')];
  return folders.filter((folder) => folder).join('/');
}

function isoTime(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString();
}
