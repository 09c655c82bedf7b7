import { Command, CommandInvocation, ListCommandsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { forget, listed, ssm } from './poll-once';
import { after, COMMAND, EXECUTION, job, NAME, sendRequest, START, statusRequest } from './samples';
import { JobSettings, RUNNING, SendCommandRequest, Status } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { handler as getStatus } from '../../src/runtime/get-status.lambda';
import { runId } from '../../src/runtime/run-id';
import { handler as sendCommand } from '../../src/runtime/send-command.lambda';

/** The time of the night, ten seconds before the first execution starts. */
export const TIME = after(-10).replace('.000Z', 'Z');
export const RUN = runId(NAME, { scheduledTime: TIME });

/** The execution that came first, of the same job. */
export const OTHER = EXECUTION.replace(NAME, 'the-first-one');
export const EARLIER = '99999999-8888-4777-8666-555555555555';

export const HOUR = 3600;
export const nightly = (overrides: Partial<JobSettings> = {}) => job({ scheduleWindowSeconds: HOUR, ...overrides });
export const input = { scheduledTime: TIME };

/** To be called before each test: SSM takes every command, and lists none. */
export function forgetStarts(): void {
  forget();
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: COMMAND } });
  ssm.on(ListCommandsCommand).resolves({ Commands: [] });
}

/** The command of the earlier start. */
export function earlier(status: string, overrides: Partial<Command> = {}): Command {
  return {
    CommandId: EARLIER,
    DocumentName: job().document.name,
    Comment: comment({ id: RUN }, OTHER, 0, 1),
    RequestedDateTime: new Date(START),
    Status: status as Command['Status'],
    StatusDetails: status,
    ...overrides,
  };
}

/** SSM lists these commands, and for the earlier one these invocations. */
export function given(commands: Command[], invocations: CommandInvocation[] = []): void {
  ssm.on(ListCommandsCommand).resolves({ Commands: commands });
  listed(invocations, EARLIER);
}

/** A second start of the time, through both handlers, as the workflow calls them. */
export async function again(seconds: number, settings = nightly(), request: Partial<SendCommandRequest> = {}): Promise<Status> {
  const status = await sendCommand(sendRequest({ job: settings, now: after(seconds), input, ...request }));
  return status.outcome === RUNNING && status.run.commands.length === 0
    ? getStatus(statusRequest({ job: settings, run: JSON.parse(JSON.stringify(status.run)), now: after(seconds + 1) }))
    : status;
}
