import { isLeftOut, isLost } from '../invocation';
import { Links } from './links';
import { tail } from './tail';
import { InstanceVerdict, JobSettings, Outcome, RUNNING } from '../../protocol';
import type { StepOutput } from '../aws/ssm';
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
    return describeFailure(failure, links, await readTails(job, failure, world));
  }));
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
    const output = await world.ssm.stepOutput(commandId, instanceId, severalSteps && step ? step : undefined);
    const [stdout, stderr] = await Promise.all([
      readTail(job, failure, output, 'stdout', world),
      readTail(job, failure, output, 'stderr', world),
    ]);
    return { stdout, stderr };
  } catch (error) {
    const note = `[this output could not be read: ${describeError(error)}]`;
    return { stdout: note, stderr: note };
  }
}

/** SSM keeps the beginning of an output, and nothing of one that has not ended; errors stand at the end of it. */
async function readTail(
  job: JobSettings, failure: InstanceVerdict, output: StepOutput, stream: keyof StepOutput, world: Pick<World, 'ssm' | 'logs'>,
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
      const end = await world.logs.end(job.logGroupName, streamName);
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
