import { sentValues } from '../command-input';
import { agentWords, launcherWords, outputRuleWords } from './explain';
import { isLeftOut, isLost } from '../invocation';
import { Links } from './links';
import { CUT_LINE_MARK, InstanceVerdict, JobSettings, Outcome, QUOTED_LINE_WORDS, RUNNING } from '../../protocol';
import { visible } from '../../protocol/text';
import type { StepOutput } from '../aws/ssm';
import { Redaction, sensitiveNames } from '../redaction';
import { describeError } from '../send-error';
import type { World } from '../world';

/** Failures that a result describes, whatever the size of the fleet. */
export const MAX_FAILURES = 5;

/** What SSM keeps of each stream: the beginning, in characters or bytes. */
const KEPT = { stdout: 24_000, stderr: 8_000 } as const;

/** How the agent marks what it cut. A program may print that, too: it is a reason to read the log, and no proof. */
const CUT_MARK = /-+ ?(?:output|error) truncated ?-+\s*$/i;

const NAMES = { stdout: '24,000', stderr: '8,000' } as const;

/** An instance on which the run did not succeed, with the last lines of what the program wrote there. */
export interface Failure extends InstanceVerdict, StepOutput {
  readonly outcome: Outcome;
  /** As in `InstanceFailure`. */
  readonly logs: string;
}

/**
 * Describes the first failures, with the last lines of what the program wrote. An error on the way is told in place of the
 * output, and never fails the judgement.
 */
export async function describeFailures(
  job: JobSettings, failures: InstanceVerdict[], links: Links, world: Pick<World, 'ssm' | 'logs'>,
): Promise<Failure[]> {
  return Promise.all(failures.slice(0, MAX_FAILURES).map(async (failure) => {
    const tails = await readTails(job, failure, world);
    return describeFailure(failure, links, job.quoteOutput === false ? withoutProgram(job, failure, tails) : tails);
  }));
}

const NOT_QUOTED = '[the output is not quoted: quoteOutput is false]';

/** What launcher and agent say, of which the report is made, and nothing that the program may have written. */
function withoutProgram(job: JobSettings, { exitCode }: InstanceVerdict, { stdout, stderr }: StepOutput): StepOutput {
  const rule = outputRuleWords(job, { exitCode, stderr });
  const words = [
    ...rule ? [`cots-batch-job: ${rule.reason}`] : [],
    ...job.document.own ? launcherWords(exitCode, stderr) : [],
    ...agentWords(stderr),
  ];
  const isMore = stderr.split('\n').some((line) => line.trim() !== '' && !words.includes(line));
  return {
    stdout: stdout === '' ? '' : NOT_QUOTED,
    stderr: [...isMore ? [NOT_QUOTED] : [], ...words].join('\n'),
  };
}

/**
 * What an output must not show: the values of sensitive parameters. SSM has them in the command, whatever the definition that sent it.
 *
 * @throws if they cannot be read: then nothing of the output is shown
 */
async function readRedaction(job: JobSettings, commandId: string, { ssm }: Pick<World, 'ssm'>): Promise<Redaction> {
  if (sensitiveNames(job).length === 0) {
    return new Redaction([]);
  }
  const command = await ssm.command(commandId);
  if (!command) {
    throw new Error('SSM does not list its command, which has the values that must not be shown');
  }
  return Redaction.of(job, sentValues(job, command));
}

/** Describes one failure with the output that is known of it. */
export function describeFailure(failure: InstanceVerdict, links: Links, tails: StepOutput = { stdout: '', stderr: '' }): Failure {
  return {
    ...failure,
    instanceId: failure.instanceId || 'unknown',
    // What still runs when a run ends has stopped answering.
    outcome: failure.outcome === RUNNING ? Outcome.UNRESPONSIVE : failure.outcome,
    ...tails,
    logs: isLeftOut(failure) ? '' : links.instance(failure.commandId, failure.instanceId),
  };
}

/** The agent's name for the log stream of a step: characters that a stream's name cannot have become hyphens. */
export function logStreamName(commandId: string, instanceId: string, step: string, stream: keyof StepOutput): string {
  return `${`${commandId}/${instanceId}/${step}`.replace(/[:*]/g, '-')}/${stream}`;
}

async function readTails(job: JobSettings, failure: InstanceVerdict, world: Pick<World, 'ssm' | 'logs'>): Promise<StepOutput> {
  const { commandId, instanceId, outcome, step, severalSteps } = failure;
  if (!commandId || !instanceId || outcome === Outcome.UNDELIVERED || isLeftOut(failure)) {
    return { stdout: '', stderr: '' };
  }
  try {
    const redaction = await readRedaction(job, commandId, world);
    const output = await world.ssm.stepOutput(commandId, instanceId, severalSteps && step ? step : undefined);
    const [stdout, stderr] = await Promise.all([
      readTail(job, failure, output, 'stdout', redaction, world),
      readTail(job, failure, output, 'stderr', redaction, world),
    ]);
    return { stdout, stderr };
  } catch (error) {
    const note = `[this output could not be read: ${describeError(error)}]`;
    return { stdout: note, stderr: note };
  }
}

/** SSM keeps the beginning of an output, and nothing of one that has not ended; errors stand at the end of it. */
async function readTail(
  job: JobSettings, failure: InstanceVerdict, output: StepOutput, stream: keyof StepOutput, redaction: Redaction,
  world: Pick<World, 'ssm' | 'logs'>,
): Promise<string> {
  const head = output[stream];
  const show = (text: string, note?: string) => tail(redactQuotes(redaction.excerpt(text, CUT_MARK), redaction), note);
  const isCut = head.length >= KEPT[stream] || Buffer.byteLength(head) >= KEPT[stream];
  const isWithheld = failure.outcome === Outcome.UNRESPONSIVE && (head === '' || isLost(failure));
  if (!isCut && !isWithheld && !CUT_MARK.test(head.slice(-100))) {
    return tail(redactQuotes(redaction.text(head), redaction));
  }
  let reason = '';
  if (job.logGroupName && failure.step) {
    try {
      const streamName = logStreamName(failure.commandId, failure.instanceId, failure.step, stream);
      const end = await world.logs.end(job.logGroupName, streamName);
      if (end.trim()) {
        return show(end);
      }
    } catch (error) {
      reason = `; its log stream could not be read: ${describeError(error)}`;
    }
  }
  if (isCut) {
    return show(head, `[SSM keeps the first ${NAMES[stream]} characters, this is their end, not the output's${reason}]`);
  }
  return head === '' && reason ? `[SSM has no output yet${reason}]` : show(head);
}

/** A line that the launcher has quoted and cut, where a value may have been cut, too, in the middle of a character. */
const CUT_QUOTE = new RegExp(`^${QUOTED_LINE_WORDS}[^\\n]*${CUT_LINE_MARK.replace(/\./g, '\\.')}$`, 'gm');
const CUT_QUOTE_MARK = new RegExp(`\ufffd*${CUT_LINE_MARK.replace(/\./g, '\\.')}$`);

function redactQuotes(text: string, redaction: Redaction): string {
  return text.replace(CUT_QUOTE, (line) => redaction.excerpt(line, CUT_QUOTE_MARK));
}

/** The end of a program's output, as a mail shows it. */
export const MAX_LINES = 20;
export const MAX_CHARACTERS = 2_000;

/** A state is limited in bytes, and a character can take three of them. */
const MAX_BYTES = 4_000;

/**
 * The last lines of an output, without trailing blank ones: at most `MAX_LINES` and `MAX_CHARACTERS`, begun at the start of a
 * line where a line fits.
 *
 * @param note a line that is put before the text and counts like it; it says what is missing.
 */
export function tail(output: string, note: string = ''): string {
  const prefix = note ? `${note}\n` : '';
  const lines = visible(output).trimEnd().split('\n').slice(-(MAX_LINES - (note ? 1 : 0)));
  const text = lines.join('\n');
  const end = cutFront(text, MAX_CHARACTERS - prefix.length, MAX_BYTES - Buffer.byteLength(prefix));
  const newline = end.indexOf('\n');
  const isCutInLine = end.length < text.length && text[text.length - end.length - 1] !== '\n';
  return (prefix + (isCutInLine && newline >= 0 ? end.slice(newline + 1) : end)).trimEnd();
}

/** The longest end of a text within both limits, by whole characters. */
function cutFront(text: string, maxLength: number, maxBytes: number): string {
  let start = text.length;
  let bytes = 0;
  while (start > 0) {
    const isPair = /[\uDC00-\uDFFF]/.test(text[start - 1]);
    const size = isPair ? 2 : 1;
    bytes += Buffer.byteLength(text.slice(start - size, start));
    if (text.length - start + size > maxLength || bytes > maxBytes) {
      break;
    }
    start -= size;
  }
  return text.slice(start);
}
