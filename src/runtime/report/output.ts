import { isLeftOut, isLost } from '../invocation';
import { Links } from './links';
import { tail } from './tail';
import { InstanceFailure, InstanceVerdict, JobSettings, Outcome, RUNNING } from '../../protocol';
import { shorten, visibleLine } from '../../protocol/text';
import type { StepOutput } from '../aws/ssm';
import { describeError } from '../send-error';

/** Failures that a result describes, whatever the size of the fleet. */
export const MAX_FAILURES = 5;

/** What SSM keeps of each stream: the beginning, in characters or bytes. */
const KEPT = { stdout: 24_000, stderr: 8_000 } as const;

/** How the agent marks what it cut. A program may print that, too: it is a reason to read the log, and no proof. */
const CUT_MARK = /-+ ?(?:output|error) truncated ?-+\s*$/i;

const NAMES = { stdout: '24,000', stderr: '8,000' } as const;

/** What reading output needs of the world. */
export interface OutputTools {
  stepOutput(commandId: string, instanceId: string, step?: string): Promise<StepOutput>;
  /** The end of a log stream. */
  logEnd(logGroupName: string, logStreamName: string): Promise<string>;
}

/**
 * Describes the first failures, with the last lines of what the program wrote. An error on the way is told in place of the
 * output, and never fails the judgement.
 */
export async function describeFailures(
  job: JobSettings, failures: InstanceVerdict[], links: Links, tools: OutputTools,
): Promise<InstanceFailure[]> {
  return Promise.all(failures.slice(0, MAX_FAILURES).map(async (failure) => {
    return describeFailure(failure, links, await readTails(job, failure, tools));
  }));
}

/** Describes one failure with the output that is known of it. */
export function describeFailure(failure: InstanceVerdict, links: Links, tails: StepOutput): InstanceFailure {
  return {
    instanceId: failure.instanceId || 'unknown',
    // What still runs when a run ends has stopped answering.
    outcome: failure.outcome === RUNNING ? Outcome.UNRESPONSIVE : failure.outcome,
    status: shorten(visibleLine(failure.status), 200),
    exitCode: failure.exitCode,
    commandId: failure.commandId,
    ...tails,
    logs: isLeftOut(failure) ? '' : links.instance(failure.commandId, failure.instanceId),
  };
}

/** The agent's name for the log stream of a step: characters that a stream's name cannot have become hyphens. */
export function logStreamName(commandId: string, instanceId: string, step: string, stream: keyof StepOutput): string {
  return `${`${commandId}/${instanceId}/${step}`.replace(/[:*]/g, '-')}/${stream}`;
}

async function readTails(job: JobSettings, failure: InstanceVerdict, tools: OutputTools): Promise<StepOutput> {
  const { commandId, instanceId, outcome, step, severalSteps } = failure;
  if (!commandId || !instanceId || outcome === Outcome.UNDELIVERED || isLeftOut(failure)) {
    return { stdout: '', stderr: '' };
  }
  try {
    const output = await tools.stepOutput(commandId, instanceId, severalSteps && step ? step : undefined);
    const [stdout, stderr] = await Promise.all([
      readTail(job, failure, output, 'stdout', tools),
      readTail(job, failure, output, 'stderr', tools),
    ]);
    return { stdout, stderr };
  } catch (error) {
    const note = `[this output could not be read: ${describeError(error)}]`;
    return { stdout: note, stderr: note };
  }
}

/** SSM keeps the beginning of an output, and nothing of one that has not ended; errors stand at the end of it. */
async function readTail(
  job: JobSettings, failure: InstanceVerdict, output: StepOutput, stream: keyof StepOutput, tools: OutputTools,
): Promise<string> {
  const head = output[stream];
  const isCut = head.length >= KEPT[stream] || Buffer.byteLength(head) >= KEPT[stream];
  const isWithheld = failure.outcome === Outcome.UNRESPONSIVE && (head === '' || isLost(failure));
  if (!isCut && !isWithheld && !CUT_MARK.test(head.slice(-100))) {
    return tail(head);
  }
  let reason = '';
  if (job.logGroupName && failure.step) {
    try {
      const streamName = logStreamName(failure.commandId, failure.instanceId, failure.step, stream);
      const end = await tools.logEnd(job.logGroupName, streamName);
      if (end.trim()) {
        return tail(end);
      }
    } catch (error) {
      reason = `; its log stream could not be read: ${describeError(error)}`;
    }
  }
  if (isCut) {
    return tail(head, `[SSM keeps the first ${NAMES[stream]} characters, this is their end, not the output's${reason}]`);
  }
  return head === '' && reason ? `[SSM has no output yet${reason}]` : tail(head);
}
