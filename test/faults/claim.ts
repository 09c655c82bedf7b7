import { Claim } from './trial';
import { LocalRunResult } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';

/** How a person reads a cause. The first that matches counts: who does not know one thing does not know the rest. */
const WORDS: readonly (readonly [RegExp, Claim])[] = [
  [/\bis unknown\b|\bmay still be running\b/, Claim.UNKNOWN],
  [/\bThe batch program (was not started|did not run)\b|\bNothing had been started\b|\bwas not delivered to\b|\bThe input was refused\b|\(not started: /, Claim.NOT_STARTED],
  [/\bdoes not run any more\b/, Claim.STOPPED],
];

/** What an execution has told of its end, by its output or its first notification; undefined if it has told nothing. */
export function resultOf({ output, notifications: [first] }: LocalRunResult): RunResult | undefined {
  return output as RunResult | undefined ?? (first && JSON.parse(first.messages.default));
}

export function claimOf({ cause }: RunResult): Claim {
  return WORDS.find(([words]) => words.test(cause))?.[1] ?? Claim.WATCHED;
}
