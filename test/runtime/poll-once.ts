import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CommandInvocation, GetCommandInvocationCommand, ListCommandInvocationsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { COMMAND, deploy, DOCUMENT, job, statusRequest } from './samples';
import { GetStatusRequest, JobSettings, Status } from '../../src/protocol';
import { handler } from '../../src/runtime/get-status.lambda';

export const ssm = mockClient(SSMClient);
export const logs = mockClient(CloudWatchLogsClient);

/** What the handler has logged since `forget`. */
export const lines: string[] = [];

/** To be called before each test. */
export function forget(): void {
  deploy(DOCUMENT);
  ssm.reset();
  logs.reset();
  lines.length = 0;
  jest.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  ssm.on(GetCommandInvocationCommand).resolves({ StandardOutputContent: 'out\n', StandardErrorContent: 'err\n' });
}

/** Lists invocations, 50 a page. */
export function listed(invocations: CommandInvocation[], commandId: string = COMMAND): void {
  const pages = Math.max(1, Math.ceil(invocations.length / 50));
  for (let page = 0; page < pages; page++) {
    const token = page === 0 ? undefined : `token-${page}`;
    ssm.on(ListCommandInvocationsCommand, { CommandId: commandId, NextToken: token }).resolves({
      CommandInvocations: invocations.slice(page * 50, page * 50 + 50),
      NextToken: page + 1 < pages ? `token-${page + 1}` : undefined,
    });
  }
}

/** One look of the handler at a run with these invocations. */
export async function look(
  invocations: CommandInvocation[], settings: Partial<JobSettings> = {}, request: Partial<GetStatusRequest> = {},
): Promise<Status> {
  listed(invocations);
  return handler(statusRequest({ job: job(settings), ...request }));
}
