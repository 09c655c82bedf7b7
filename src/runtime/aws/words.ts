import { InstanceVerdict, Outcome, Reason, RUNNING } from '../../protocol';

/** What a word of SSM says of the program. The other words that SSM has for a command, or a step, say nothing of it. */
const MEANINGS = new Map<Reason, Outcome | typeof RUNNING>([
  [Reason.PENDING, RUNNING],
  [Reason.IN_PROGRESS, RUNNING],
  [Reason.DELAYED, RUNNING],
  [Reason.CANCELLING, RUNNING],
  [Reason.SUCCESS, Outcome.SUCCEEDED],
  [Reason.FAILED, Outcome.FAILED],
  [Reason.TIMED_OUT, Outcome.TIMED_OUT],
  [Reason.EXECUTION_TIMED_OUT, Outcome.TIMED_OUT],
  [Reason.DELIVERY_TIMED_OUT, Outcome.UNDELIVERED],
  [Reason.UNDELIVERABLE, Outcome.UNDELIVERED],
  [Reason.INVALID_PLATFORM, Outcome.UNDELIVERED],
  [Reason.ACCESS_DENIED, Outcome.UNDELIVERED],
  [Reason.CANCELLED, Outcome.CANCELLED],
  [Reason.TERMINATED, Outcome.CANCELLED],
]);

/** SSM's words by their letters. */
const WORDS = new Map([
  ...MEANINGS.keys(), Reason.SKIPPED, Reason.NO_INSTANCES_IN_TAG, Reason.RATE_EXCEEDED, Reason.LIMIT_EXCEEDED,
].map((word) => [letters(word), word]));

/** Reads a word of SSM: documentation, API and console spell them with and without spaces. This is the one place that does. */
export function readWord(text: string | undefined): Reason {
  const plain = letters(text ?? '');
  return plain === '' ? Reason.NONE : WORDS.get(plain) ?? Reason.UNKNOWN;
}

/** A word as a verdict has it: with SSM's own spelling, where that is another one. */
export function verdictWord(text: string | undefined): Pick<InstanceVerdict, 'reason' | 'said'> {
  const reason = readWord(text);
  return reason === Reason.NONE || reason === text ? { reason } : { reason, said: text };
}

/** What a word says of the program; undefined where it says nothing. */
export function meaning(word: Reason): Outcome | typeof RUNNING | undefined {
  return MEANINGS.get(word);
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}
