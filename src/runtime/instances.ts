import type { Command, CommandInvocation } from '@aws-sdk/client-ssm';
import { meaning, readWord, verdictWord } from './aws/words';
import { chunks } from './command-input';
import { judgeInvocation, NO_EXIT_CODE } from './invocation';
import { GRACE_SECONDS, InstanceVerdict, JobSettings, Outcome, Reason, Run, RUNNING } from '../protocol';
import { secondsBetween } from '../protocol/poll-plan';

/** What SSM lists of an attempt. */
export interface Listing {
  /** Of each command, in the order of `run.commands`, up to the last one of which there are any. */
  readonly invocations: CommandInvocation[][];
  /** Only asked for where SSM finds the instances: otherwise it is known which ones must be there. */
  readonly command?: Command;
  /** Whether these are some of what SSM lists: as far as they tell, all other instances run. Default: they are all of it. */
  readonly isPartial?: boolean;
}

/** What is known of a run at one poll. */
export interface Observation {
  /** Each instance once. */
  readonly instances: InstanceVerdict[];
  /** Whether SSM may still list instances that nobody knows of yet. */
  readonly open: boolean;
  /** Whether SSM found no instance that matches the targets. */
  readonly noInstances: boolean;
  /** Whether SSM did not list all that was sent: then what is missing says nothing, as long as it was missing once. */
  readonly isIncomplete: boolean;
}

type Word = Pick<InstanceVerdict, 'reason' | 'said'>;

const NOT_REGISTERED: Word = { reason: Reason.NOT_REGISTERED };

/** Words for a command that SSM gave up before it reached any instance. */
const NEVER_SENT_WORDS = [Reason.RATE_EXCEEDED, Reason.LIMIT_EXCEEDED];

/** Which of two verdicts on one instance counts: one that is still running keeps the watch going, then the worse one. */
const SEVERITY: InstanceVerdict['outcome'][] = [
  RUNNING, Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNRESPONSIVE, Outcome.UNDELIVERED, Outcome.CANCELLED, Outcome.SKIPPED,
  Outcome.NOT_DUE, Outcome.SUCCEEDED,
];

/** The outcome that counts among those of several instances; without any, nobody has answered. */
export function worst(outcomes: InstanceVerdict['outcome'][]): InstanceVerdict['outcome'] {
  return SEVERITY.find((outcome) => outcomes.includes(outcome)) ?? Outcome.UNRESPONSIVE;
}

/** Sorts verdicts, the one that counts first. */
export function bySeverity(a: InstanceVerdict, b: InstanceVerdict): number {
  return SEVERITY.indexOf(a.outcome) - SEVERITY.indexOf(b.outcome);
}

/** Puts together what SSM says of all the commands of a run's attempt. */
export function observe(job: JobSettings, run: Run, { invocations, command, isPartial }: Listing, now: string): Observation {
  // A listing is eventually consistent: an instance that is missing soon after the start says nothing.
  const mustBeListed = !isPartial && secondsBetween(run.sentAt, now) >= job.deliveryTimeoutSeconds + GRACE_SECONDS;
  const parts = chunks(job, run).map((instanceIds, i): Observation => {
    // Where a run does not say what became of a command, that is not known.
    const { commandId, refusal } = run.commands[i] ?? {};
    const verdicts = distinct((invocations[i] ?? []).map((invocation) => judgeInvocation(job, invocation)));
    if (!commandId) {
      const ids = instanceIds.length > 0 ? instanceIds : [''];
      return closed(ids.map((id) => refusal
        ? { ...unlisted(id, '', Outcome.UNDELIVERED, { reason: Reason.REFUSED }), refusal }
        : unlisted(id, '', Outcome.UNRESPONSIVE, { reason: Reason.UNCONFIRMED })));
    }
    return instanceIds.length > 0
      ? observeInstances(instanceIds, commandId, verdicts, mustBeListed)
      : observeTargets(commandId, verdicts, command, mustBeListed);
  });
  return {
    // One instance may be in several chunks, where an ID was given twice.
    instances: distinct(parts.flatMap(({ instances }) => instances)),
    open: parts.some(({ open }) => open),
    noInstances: parts.some(({ noInstances }) => noInstances),
    isIncomplete: parts.some(({ isIncomplete }) => isIncomplete),
  };
}

function observeInstances(
  expected: string[], commandId: string, verdicts: InstanceVerdict[], mustBeListed: boolean,
): Observation {
  const listed = new Map(verdicts.map((verdict) => [verdict.instanceId, verdict]));
  // That SSM does not list an instance does not say that the program did not run there.
  const missing = mustBeListed ? Outcome.UNRESPONSIVE : RUNNING;
  return {
    ...closed(expected.map((id) => listed.get(id) ?? unlisted(id, commandId, missing, NOT_REGISTERED))),
    isIncomplete: expected.some((id) => !listed.has(id)),
  };
}

function observeTargets(
  commandId: string, verdicts: InstanceVerdict[], command: Command | undefined, mustBeListed: boolean,
): Observation {
  const words = [command?.StatusDetails, command?.Status];
  const isTerminal = isTerminalCommand(command);
  const count = command?.TargetCount;
  if (verdicts.length === 0 && isTerminal) {
    if (readWord(command?.StatusDetails) === Reason.NO_INSTANCES_IN_TAG || count === 0) {
      return { ...closed([]), noInstances: true };
    }
    const word = words.find((candidate) => NEVER_SENT_WORDS.includes(readWord(candidate)));
    if (word) {
      return closed(unnamed(count ?? 1, commandId, Outcome.UNDELIVERED, verdictWord(word)));
    }
  }
  const missing = Math.max(0, (count ?? 0) - verdicts.length);
  const isLost = isTerminal && mustBeListed;
  return {
    instances: [...verdicts, ...unnamed(missing, commandId, isLost ? Outcome.UNRESPONSIVE : RUNNING, NOT_REGISTERED)],
    open: !isTerminal || count === undefined,
    noInstances: false,
    isIncomplete: count === undefined || missing > 0 || verdicts.length === 0,
  };
}

/** Of a command, unlike of an invocation, the plain status is enough to know whether it has ended. */
function isTerminalCommand(command: Command | undefined): boolean {
  const means = meaning(readWord(command?.Status));
  return means !== undefined && means !== RUNNING;
}

function closed(instances: InstanceVerdict[]): Observation {
  return { instances, open: false, noInstances: false, isIncomplete: false };
}

function unlisted(instanceId: string, commandId: string, outcome: InstanceVerdict['outcome'], word: Word): InstanceVerdict {
  return { instanceId, commandId, outcome, ...word, exitCode: NO_EXIT_CODE, step: '', severalSteps: false };
}

function unnamed(count: number, commandId: string, outcome: InstanceVerdict['outcome'], word: Word): InstanceVerdict[] {
  return Array.from({ length: count }, () => unlisted('', commandId, outcome, word));
}

/** Each named instance once, with the verdict that counts; SSM lists one twice when it changes between two pages. */
function distinct(verdicts: InstanceVerdict[]): InstanceVerdict[] {
  const kept = new Map<string, InstanceVerdict>();
  for (const verdict of verdicts.filter(({ instanceId }) => instanceId)) {
    const other = kept.get(verdict.instanceId);
    kept.set(verdict.instanceId, other && bySeverity(other, verdict) <= 0 ? other : verdict);
  }
  return [...kept.values(), ...verdicts.filter(({ instanceId }) => !instanceId)];
}
