import type { Command } from '@aws-sdk/client-ssm';
import { DocumentParameter, encodeVariables, JobSettings, Status } from '../../src/protocol';
import { Log } from '../../src/runtime/handler';
import { poll } from '../../src/runtime/poll';
import { after, COMMAND, FIRST, invocation, job, statusRequest } from '../runtime/samples';
import { Parts, world } from '../runtime/world';

/** With all that shells, URLs, JSON and regular expressions have a use for. */
export const CANARY = 'cAn4ry "va|ue" \'$(x)\' +/%';

/** How the value may look where it got out. */
const TRACES = ['cAn4ry', Buffer.from(CANARY).toString('base64').slice(0, 12)];

export const parameters: JobSettings['parameters'] = {
  LICENCE: { type: 'String', sensitive: true },
  PIN: { type: 'Number', sensitive: true, default: '7351' },
  SITES: { type: 'String', default: 'all' },
};
export const settings = job({ parameters, logGroupName: '/jobs' });
export const input = { parameters: { LICENCE: CANARY } };

/** Everything that leaves a handler: its answer or its error, and its log. */
export async function told(call: (log: Log) => Promise<Status>): Promise<{ text: string; status?: Status }> {
  const lines: unknown[] = [];
  let status: Status | undefined;
  try {
    status = await call((message, details) => void lines.push([message, details]));
  } catch (error) {
    const fields = Object.getOwnPropertyNames(error).map((name) => (error as { [field: string]: unknown })[name]);
    lines.push(fields.map(String));
  }
  return { text: JSON.stringify([lines, status]), status };
}

export function expectNoValue(text: string): void {
  expect(TRACES.filter((trace) => text.includes(trace))).toEqual([]);
  // Quotes and backslashes of the value, however they are written.
  expect(text).not.toContain('va|ue');
}

/** What SSM lists of the command of a run. */
export const command: Command = {
  CommandId: COMMAND,
  Parameters: { [DocumentParameter.VARIABLES]: [encodeVariables(new Map([['LICENCE', CANARY], ['PIN', '7351'], ['SITES', 'cloud']]))] },
};
export const failed = [invocation(FIRST, 'Failed', 1)];

export async function polled(parts: Parts['ssm'] & object, overrides: Partial<JobSettings> = {}, logs: Parts['logs'] = {}) {
  return told(async (log) => poll(statusRequest({ job: job({ ...settings, ...overrides }), now: after(7200) }), world({
    ssm: { invocations: async () => failed, command: async () => command, ...parts }, logs, log,
  })));
}
