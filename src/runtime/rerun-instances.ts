import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import type { Command, CommandFilter, CommandInvocation } from '@aws-sdk/client-ssm';
import { meaning, readWord } from './aws/words';
import { chunks, isFoundBySsm, isOfExecution, readPart } from './command-input';
import { isObject } from './fields';
import { findFilters, ofDocument } from './find-command';
import { FIRST_EVENTS, LAST_EVENTS, readHistory, RunHistory } from './history';
import { judgeInvocation } from './invocation';
import { ALREADY_STARTED_EXIT_CODE, FAULT_STATE, Outcome, RETRYING, RUNNING, Status } from '../protocol';
import type { World } from './world';
import { plural, quote } from '../protocol/text';

type Calls = Pick<World, 'ssm' | 'states'>;

/** Commands whose invocations are asked for at the same time. */
const PARALLEL = 5;

/** How many instances a refusal names. */
const MAX_NAMED = 5;

/** By how much the clocks of SSM and Step Functions may differ. */
const TOLERANCE_SECONDS = 300;

/** SSM, or Step Functions, does not list all of a run yet, or not any more: asked again, it may. */
export class NotListedError extends Error {}

/** Where a run did not succeed. */
export interface Unsuccessful {
  /** The instances; none where nothing of the run was ever started, and they are wherever the job runs. */
  readonly instanceIds?: string[];
  /** Why nothing of it may be run again; empty if it may. */
  readonly problem: string;
  /** Whether that is because it succeeded everywhere. */
  readonly nothingFailed?: boolean;
}

/** What is known of the instances of a run. */
interface Known {
  readonly outcomes: Map<string, Outcome | typeof RUNNING>;
  /** Instances of which SSM has counted, or been sent, and lists none. */
  readonly unlisted: number;
  /** Whether another execution has started the same run on one of them. */
  readonly isOthers: boolean;
}

/**
 * Finds out where a run that has ended did not succeed, in the last of its attempts on each instance.
 *
 * It takes nothing for granted: an instance is named only where SSM lists how the program ended there, or it is certain that the program was
 * never sent there. And where the workflow has judged the run, what SSM lists now must agree with that: a listing that is not whole, however
 * odd, never makes a rerun reach an instance on which the run succeeded.
 *
 * @param isAll whether all of the run is to be run again, so that only what may still run is of interest
 * @throws NotListedError where SSM or Step Functions does not list what it must
 */
export async function unsuccessfulOf(described: DescribeExecutionOutput, isAll: boolean, world: Calls): Promise<Unsuccessful> {
  const executionId = described.executionArn!;
  const first = await world.states.history(executionId, FIRST_EVENTS, false);
  const last = await world.states.history(executionId, LAST_EVENTS, true);
  if (first.length === 0 || last.length === 0) {
    throw new NotListedError('Step Functions lists no event of it');
  }
  const history = readHistory(first, last);
  const isFault = last.some(({ stateEnteredEventDetails: details }) => details?.name === FAULT_STATE);
  const judged = isFault ? undefined : judgedStatus(history);
  if (judged) {
    const { total, succeeded } = judged.result.instances;
    const refused = refusalOf(judged);
    if (refused || isAll) {
      return refuse(refused);
    }
    if (total > 0 && succeeded === total) {
      return nothingFailed(total);
    }
  }
  const commands = ofDocument(history.job, await world.ssm.commands(windowOf(described, history), true))
    .filter(({ Comment: text }) => isOfExecution(executionId, text));
  if (commands.length === 0) {
    return neverStarted(history, judged);
  }
  const known = await readOutcomes(history, commands, world);
  return known.isOthers
    ? refuse('on an instance of it, another execution had started the same run: rerun that one') : whole(history, judged, commands, known);
}

/** How the workflow says that the run ended; undefined where it was stopped, or could not go on. */
function judgedStatus({ status }: RunHistory): Status | undefined {
  return status && status.outcome !== RUNNING && status.outcome !== RETRYING ? status : undefined;
}

/** Why a run is not run again, whatever SSM lists. */
function refusalOf({ result: { instances, failures }, run }: Status): string {
  const unknown = instances.unresponsive + instances.running;
  if (unknown > 0) {
    const names = failures.filter(({ outcome }) => outcome === Outcome.UNRESPONSIVE).map(({ instanceId }) => instanceId).filter((id) => id);
    return unresponsive(unknown, names);
  }
  if (run.wasStartedBefore) {
    return 'it has started nothing, because another execution had started the same run: rerun that one';
  }
  return run.commands.some(({ commandId, refusal }) => !commandId && !refusal)
    ? 'whether all of it was started is not known: look on its instances, and start the job itself again' : '';
}

/** @returns what runs wherever the job does: nothing of the run was sent */
function neverStarted({ job, maySend, isWhole, input }: RunHistory, judged: Status | undefined): Unsuccessful {
  const isCertain = judged ? judged.result.attempts === 0 && judged.run.commands.every(({ refusal }) => refusal) : !maySend && isWhole;
  if (!isCertain) {
    throw new NotListedError('SSM lists no command of it');
  }
  if (isObject(input) && input.rerunOf !== undefined) {
    return refuse(`it has started nothing of the run that it was to rerun, which is ${quote(input.rerunOf)}: rerun that one`);
  }
  return { problem: '', ...job.instanceIds.length > 0 ? { instanceIds: [...job.instanceIds].sort() } : {} };
}

/** What `ListCommands` is asked for: the commands of the time in which the execution ran. */
function windowOf({ startDate, stopDate }: DescribeExecutionOutput, { job }: RunHistory): CommandFilter[] {
  const before = new Date(Number(stopDate ?? startDate) + 1000 * TOLERANCE_SECONDS).toISOString().replace(/\.\d+Z$/, 'Z');
  return [...findFilters(job, new Date(Number(startDate)).toISOString(), TOLERANCE_SECONDS), { key: 'InvokedBefore', value: before }];
}

/** Of an instance that was tried again, the latest attempt counts: the commands are listed in their order. */
async function readOutcomes({ job }: RunHistory, commands: Command[], { ssm }: Calls): Promise<Known> {
  const outcomes = new Map<string, Outcome | typeof RUNNING>();
  let unlisted = 0;
  let isOthers = false;
  for (let i = 0; i < commands.length; i += PARALLEL) {
    const group = commands.slice(i, i + PARALLEL);
    const listed = await Promise.all(group.map(async ({ CommandId: id }): Promise<CommandInvocation[]> => ssm.invocations(id!)));
    group.forEach((command, n) => {
      const verdicts = listed[n].map((invocation) => judgeInvocation(job, invocation)).filter(({ instanceId }) => instanceId);
      verdicts.forEach(({ instanceId, outcome }) => outcomes.set(instanceId, outcome));
      const found = new Set(verdicts.map(({ instanceId }) => instanceId));
      const { InstanceIds: named = [], TargetCount: count = 0, Status: status } = command;
      unlisted += named.length > 0 ? named.filter((id) => !found.has(id)).length : Math.max(0, count - found.size) + (isOver(status) ? 0 : 1);
      isOthers ||= verdicts.some(({ outcome, exitCode }) => outcome === Outcome.SKIPPED && exitCode === ALREADY_STARTED_EXIT_CODE);
    });
  }
  return { outcomes, unlisted, isOthers };
}

function isOver(status: string | undefined): boolean {
  const means = meaning(readWord(status));
  return means !== undefined && means !== RUNNING;
}

/** Puts together what SSM lists, and what was never sent. */
function whole(history: RunHistory, judged: Status | undefined, commands: Command[], { outcomes, unlisted }: Known): Unsuccessful {
  const unknown = [...outcomes].filter(([, outcome]) => outcome === RUNNING || outcome === Outcome.UNRESPONSIVE).map(([id]) => id);
  if (unknown.length > 0) {
    return refuse(unresponsive(unknown.length, unknown));
  }
  if (unlisted > 0) {
    throw new NotListedError(`SSM does not list ${plural(unlisted, 'instance')} of it`);
  }
  const refused = refusedInstances(history);
  const meant = meantInstances(history);
  const all = new Set([...outcomes.keys(), ...refused, ...meant]);
  const succeeded = [...outcomes.values()].filter((outcome) => outcome === Outcome.SUCCEEDED).length;
  if (judged) {
    const { total, succeeded: wanted } = judged.result.instances;
    if (all.size !== total || succeeded !== wanted) {
      throw new NotListedError(`SSM lists ${all.size} instances of it, of which ${succeeded} succeeded; the run had ${total} and ${wanted}`);
    }
  } else if (meant.some((id) => !outcomes.has(id) && !refused.includes(id)) || !hasAllParts(history, commands)) {
    throw new NotListedError('SSM does not list every command of it');
  }
  const instanceIds = [...all].filter((id) => outcomes.get(id) !== Outcome.SUCCEEDED).sort();
  return instanceIds.length > 0 ? { instanceIds, problem: '' } : nothingFailed(all.size);
}

/** The instances of the latest attempt that SSM refused: nothing was sent there. */
function refusedInstances({ job, run }: RunHistory): string[] {
  return run ? chunks(job, run).flatMap((ids, i) => run.commands[i]?.refusal ? ids : []) : [];
}

/** The instances that are known to have been meant, by name. */
function meantInstances({ job, run, input }: RunHistory): string[] {
  const isPart = isObject(input) && input.rerunOf !== undefined && input.only !== 'all';
  return [...isPart ? [] : job.instanceIds, ...run?.instanceIds ?? []];
}

/** Whether there is a command for each part of each attempt, or it was refused. */
function hasAllParts({ job, run }: RunHistory, commands: Command[]): boolean {
  const found = new Map<string, Set<number>>();
  const wanted = new Map<string, number>();
  for (const { Comment: text = '' } of commands) {
    const { index, count } = readPart(text);
    const attempt = text.slice(0, text.lastIndexOf(` ${index}/${count} `));
    wanted.set(attempt, count);
    found.set(attempt, (found.get(attempt) ?? new Set()).add(index));
  }
  const refused = run && !isFoundBySsm(job, run) ? run.commands.filter(({ refusal }) => refusal).length : 0;
  const missing = [...wanted].reduce((sum, [attempt, count]) => sum + count - found.get(attempt)!.size, 0);
  return missing <= refused;
}

function refuse(problem: string): Unsuccessful {
  return { problem };
}

function nothingFailed(total: number): Unsuccessful {
  const where = total === 1 ? 'its instance' : `all its ${total} instances`;
  return { problem: `it succeeded on ${where}: to run all of it again, say "only": "all"`, nothingFailed: true };
}

function unresponsive(count: number, names: string[]): string {
  const example = names.length > 0 ? ` (${names.slice(0, MAX_NAMED).join(', ')}${names.length > MAX_NAMED ? ', ...' : ''})` : '';
  return `the program may still run on ${plural(count, 'instance')} of it${example}: look there, and start the job itself again when it is certain`;
}
