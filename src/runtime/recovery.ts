import type { DescribeExecutionOutput, ExecutionListItem } from '@aws-sdk/client-sfn';
import { isObject } from './fields';
import { describeError } from './send-error';
import { ERROR_PREFIX, GetStatusRequest, Outcome, stateMachineOf } from '../protocol';
import type { World } from './world';
import { endSentence, sentences, shorten, utc, visibleLine } from '../protocol/text';

/** How many executions are listed: one page. */
const MAX_LISTED = 100;

/** Of how many it is asked how they ended. What neither failed nor succeeded, such as a skipped run, is passed over. */
const MAX_DESCRIBED = 25;

/** How long it may take, in milliseconds: the run has succeeded, and its end must not wait for this. */
const PATIENCE = 20_000;

const MAX_WORDS_LENGTH = 600;

/** The failure after which a job has succeeded again. */
export interface Recovery {
  /** ARN of the execution that failed. */
  readonly execution: string;
  /** What failed and when, for a person. */
  readonly text: string;
}

type Run = Pick<GetStatusRequest, 'job' | 'executionId'>;

/**
 * Finds out whether the run of the job that ended before this one has failed. It is no reason to fail a run that has succeeded: where Step
 * Functions does not say, nobody is notified.
 */
export async function findRecovery(run: Run, { states, clock, log }: Pick<World, 'states' | 'clock' | 'log'>): Promise<Recovery | undefined> {
  try {
    return await clock.within(PATIENCE, async () => {
      const listed = await states.list(stateMachineOf(run.executionId), MAX_LISTED);
      for (const { executionArn } of endedBefore(run, listed).slice(0, MAX_DESCRIBED)) {
        const execution = await states.describe(executionArn!);
        const verdict = judge(execution);
        if (verdict !== 'neither') {
          return verdict === 'failed' ? { execution: executionArn!, text: describe(run, execution) } : undefined;
        }
      }
      log('no earlier run that failed or succeeded', { listed: listed.length });
      return undefined;
    });
  } catch (error) {
    log('not known whether the run before has failed', { error: describeError(error) });
    return undefined;
  }
}

/** The last one to end first. Another one that runs may end in any way. */
function endedBefore({ executionId }: Run, listed: ExecutionListItem[]): ExecutionListItem[] {
  return listed
    .filter(({ executionArn, stopDate }) => executionArn !== undefined && executionArn !== executionId && stopDate !== undefined)
    .sort((a, b) => Number(b.stopDate) - Number(a.stopDate));
}

/** A check run says nothing of the program; a skipped run has not run it everywhere. */
function judge({ status, input, output }: DescribeExecutionOutput): 'failed' | 'succeeded' | 'neither' {
  const result = parse(output);
  if (parse(input)?.check === true || result?.check === true) {
    return 'neither';
  }
  if (status === 'SUCCEEDED') {
    return result?.outcome === Outcome.SUCCEEDED ? 'succeeded' : 'neither';
  }
  return status === 'FAILED' || status === 'TIMED_OUT' || status === 'ABORTED' ? 'failed' : 'neither';
}

/** Only words of our own: whoever stopped an execution, or a service, may have quoted its input. */
function describe({ job }: Run, { status, startDate, stopDate, error = '', cause = '' }: DescribeExecutionOutput): string {
  const isOurs = status === 'FAILED' && error.startsWith(ERROR_PREFIX);
  const how = status === 'ABORTED' ? 'was stopped' : status === 'TIMED_OUT' ? 'was ended by the time-out of its execution'
    : isOurs ? `ended as ${visibleLine(error.slice(ERROR_PREFIX.length))}` : 'ended with a fault of its workflow';
  const why = isOurs && cause !== '' && job.quoteOutput !== false ? endSentence(shorten(visibleLine(cause), MAX_WORDS_LENGTH)) : '';
  return sentences(`The run before it, from ${time(startDate)} to ${time(stopDate)}, ${how}.`, why);
}

function time(date: Date | undefined): string {
  return date === undefined ? 'an unknown time' : utc(date.toISOString());
}

function parse(json: string | undefined): { readonly [field: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
