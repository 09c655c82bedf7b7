import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';

const ssm = new SSMClient();

/** What the state machine hands from state to state. */
export interface HandWiredRun {
  readonly instanceId: string;
  readonly commands: string[];
  readonly executionTimeoutSeconds: number;
}

interface SentRun extends HandWiredRun {
  readonly commandId: string;
  readonly looks: number;
  readonly status: string;
}

/** Starts the program, with a limit that it fits in: without one, SSM would stop it after an hour. */
export async function send(run: HandWiredRun): Promise<SentRun> {
  const { Command } = await ssm.send(new SendCommandCommand({
    DocumentName: 'AWS-RunShellScript',
    InstanceIds: [run.instanceId],
    Parameters: { commands: run.commands, executionTimeout: [String(run.executionTimeoutSeconds)] },
  }));
  return { ...run, commandId: Command!.CommandId!, looks: 0, status: 'Pending' };
}

/** Asks how the program does. */
export async function look(run: SentRun): Promise<SentRun> {
  const invocation = new GetCommandInvocationCommand({ CommandId: run.commandId, InstanceId: run.instanceId });
  const status = await ssm.send(invocation).then(({ Status }) => Status!, (error: Error) => {
    // Right after a command was sent, SSM may not know it.
    if (error.name === 'InvocationDoesNotExist') {
      return 'Pending';
    }
    throw error;
  });
  return { ...run, looks: run.looks + 1, status };
}
