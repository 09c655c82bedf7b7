import type { Command, CommandFilter } from '@aws-sdk/client-ssm';
import { chunks, comment, isOfExecution, readPart, runKeys, RunToSend } from './command-input';
import { CHECK_VALUE, DocumentParameter, JobSettings, Run, RunCommand } from '../protocol';

/**
 * How far back to look for commands: a Lambda function that sends them lives at most 15 minutes, and clocks differ.
 */
const LOOK_BACK_SECONDS = 3600;

/**
 * What `ListCommands` is asked for: commands since `lookBackSeconds` before `now`. The filter takes a document's name; that it takes the
 * ARN of a shared document is not documented, and commands are listed by name, so those are told apart by `match` alone.
 */
export function findFilters(job: JobSettings, now: string, lookBackSeconds = LOOK_BACK_SECONDS): CommandFilter[] {
  const after = new Date(Date.parse(now) - lookBackSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return [
    { key: 'InvokedAfter', value: after },
    ...job.document.name.includes(':') ? [] : [{ key: 'DocumentName' as const, value: job.document.name }],
  ];
}

/** Whether a command is a check: it holds no lock, and no run waits for it. */
export function isCheck({ Parameters: parameters }: Command): boolean {
  return parameters?.[DocumentParameter.CHECK]?.at(0) === CHECK_VALUE;
}

/** The commands of an attempt among those listed, in the order of its chunks; those that are missing are unconfirmed. */
export function match(job: JobSettings, run: RunToSend, executionId: string, listed: Command[]): RunCommand[] {
  const ours = ofDocument(job, listed);
  return chunks(job, run).map((_, i, all) => {
    const wanted = runKeys(run, executionId).map((key) => comment(run, executionId, i, all.length, key));
    const commandId = ours.find((command) => wanted.includes(command.Comment ?? ''))?.CommandId;
    return commandId ? { commandId } : {};
  });
}

/**
 * The attempt of an execution as SSM lists it, for a rerun whose start was not confirmed: nothing else says on which instances it runs. Of
 * the parts that are not listed, nobody knows where they run.
 */
export function listedAttempt(job: JobSettings, executionId: string, listed: Command[]): Pick<Run, 'instanceIds' | 'commands'> {
  const own = ofDocument(job, listed).filter(({ Comment: text }) => isOfExecution(executionId, text))
    .sort((a, b) => readPart(a.Comment).index - readPart(b.Comment).index);
  const { count } = readPart(own[0]?.Comment);
  const missing = Array.from({ length: Math.max(own.length > 0 ? 0 : 1, count - own.length) }, (): RunCommand => ({}));
  return {
    instanceIds: own.flatMap(({ InstanceIds: ids = [] }) => ids),
    commands: [...own.map(({ CommandId: commandId }): RunCommand => ({ commandId })), ...missing],
  };
}

/** Commands of the job's document, the oldest first. */
export function ofDocument(job: JobSettings, listed: Command[]): Command[] {
  return listed
    .filter((command) => command.CommandId && baseName(command.DocumentName ?? '') === baseName(job.document.name))
    .sort((a, b) => Number(a.RequestedDateTime ?? 0) - Number(b.RequestedDateTime ?? 0));
}

/** The name of a document that is given by its ARN. */
export function baseName(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
}
