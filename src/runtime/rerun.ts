import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { isObject } from './fields';
import { givenParameters } from './input';
import { NotListedError, unsuccessfulOf } from './rerun-instances';
import { capacity } from './retry';
import { NamedError } from './send';
import { describeError } from './send-error';
import { JobSettings, NOT_SENT_ERROR, SEND_ATTEMPTS, SendCommandRequest, stateMachineOf } from '../protocol';
import type { World } from './world';
import { plural, quote } from '../protocol/text';

type RerunWorld = Pick<World, 'ssm' | 'states' | 'clock' | 'log'>;

/** What a run takes of the one that it repeats. */
export interface Rerun {
  /** ARN of that execution; empty where the input names none. */
  readonly of: string;
  /** Where this run is to go; none where it goes wherever the job does. */
  readonly instanceIds?: string[];
  /** The input of this run, with what that one was given. */
  readonly input: unknown;
  /** What is wrong, as with an input. With any of them nothing may be started. */
  readonly problems: string[];
}

/** The words of `only`. Without it, the fewer instances are meant. */
const FAILED = 'failed';
const ALL = 'all';

/** What makes two executions one run. */
const OF_ITS_OWN = ['scheduledTime', 'triggerEventId', 'triggerEventTime'];

/** On how many instances a run is repeated by name: they travel with it, and a state of Step Functions ends at 256 KiB. */
const MAX_RERUN = 1_500;

/** How many reruns of reruns are followed, to find what the first run was given. */
const MAX_GENERATIONS = 10;

/** How long all of it may take, in milliseconds: sending needs the rest of the function's time. */
const PATIENCE = 60_000;

/** What Step Functions says where there is no such execution, and will be none. */
const NO_EXECUTION = ['ExecutionDoesNotExist', 'StateMachineDoesNotExist', 'InvalidArn', 'ValidationException'];

/** What cannot be asked twice with another answer. */
class RefusedError extends Error {}

/** Names of Step Functions: no colon, so that an ARN is none. @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/;

/** Whether an input asks for a rerun. */
export function isRerun(input: unknown): input is { readonly [field: string]: unknown } {
  return isObject(input) && Object.hasOwn(input, 'rerunOf');
}

/** The ARN that `rerunOf` means, by the execution that has it in its input; empty where it can be none of the same job. */
export function rerunArn(input: unknown, executionId: string): string {
  const named = isRerun(input) ? input.rerunOf : undefined;
  const prefix = executionId.slice(0, executionId.lastIndexOf(':') + 1);
  const name = typeof named === 'string' && named.startsWith(prefix) ? named.slice(prefix.length) : named;
  return typeof name === 'string' && EXECUTION_NAME.test(name) ? prefix + name : '';
}

/**
 * Finds out what a rerun repeats: the parameters of that run, and where it did not succeed.
 *
 * A further attempt of a rerun knows its instances, and needs the parameters only.
 *
 * @returns undefined where the input asks for no rerun
 * @throws an error named `NOT_SENT_ERROR` where something cannot be read now, as long as the workflow tries again
 */
export async function takeOver(request: SendCommandRequest, world: RerunWorld): Promise<Rerun | undefined> {
  const { job, executionId, input, retryCount, status } = request;
  if (!isRerun(input)) {
    return undefined;
  }
  const of = rerunArn(input, executionId);
  const problems = rerunProblems(job, input, executionId);
  if (problems.length > 0) {
    return { of, input, problems };
  }
  try {
    const rerun = await world.clock.within(PATIENCE, async () => repeat(request, of, input, world));
    world.log('rerun', { of, instances: rerun.instanceIds?.length ?? 'all', problems: rerun.problems });
    return rerun;
  } catch (error) {
    const refused = error instanceof RefusedError;
    const message = refused || error instanceof NotListedError ? error.message : `it cannot be read: ${describeError(error)}`;
    world.log('nothing to rerun', { of, error: message });
    if (!refused && (retryCount < SEND_ATTEMPTS || status.run || request.action === 'find')) {
      throw new NamedError(NOT_SENT_ERROR, `rerunOf ${quote(input.rerunOf)}: ${message}`);
    }
    return { of, input, problems: [problem(input, message)] };
  }
}

/** What can be said of the fields themselves. */
function rerunProblems({ allowRerun }: JobSettings, input: { readonly [field: string]: unknown }, executionId: string): string[] {
  const { rerunOf, only } = input;
  if (!allowRerun) {
    return [`the input has rerunOf, which takes a job with allowRerun: true, got ${quote(rerunOf)}`];
  }
  const of = rerunArn(input, executionId);
  return [
    ...of === '' ? [`rerunOf must be the name or the ARN of an execution of this job (${stateMachineOf(executionId)}), got ${quote(rerunOf, 200)}`] : [],
    ...of === executionId ? [`rerunOf must be another execution than this one, got ${quote(rerunOf)}`] : [],
    ...only === undefined || only === FAILED || only === ALL ? [] : [`only must be "${FAILED}" or "${ALL}", got ${quote(only)}`],
    ...OF_ITS_OWN.filter((field) => Object.hasOwn(input, field))
      .map((field) => `${field} must not be with rerunOf: a rerun is a run of its own, got ${quote(input[field])}`),
  ];
}

async function repeat(
  { job, status }: SendCommandRequest, of: string, input: { readonly [field: string]: unknown }, world: RerunWorld,
): Promise<Rerun> {
  const described = await describe(of, world);
  const given = await inputOf(described, world);
  const whole = withGiven(input, given);
  if (status.run) {
    return { of, input: whole, problems: [] };
  }
  if (described.status === 'RUNNING' || described.status === 'PENDING_REDRIVE') {
    throw new RefusedError('it still runs');
  }
  if (given.check === true) {
    throw new RefusedError('it was a check, and has run nothing');
  }
  const isAll = input.only === ALL;
  const found = await unsuccessfulOf(described, isAll, world);
  const instanceIds = isAll ? undefined : found.instanceIds;
  const reason = isAll && found.nothingFailed ? '' : found.problem || placeProblem(job, instanceIds);
  return { of, instanceIds, input: whole, problems: reason ? [problem(input, reason)] : [] };
}

/** Why the instances of a run cannot be the ones of this one. */
function placeProblem(job: JobSettings, instanceIds: string[] = []): string {
  const others = job.instanceIds.length > 0 ? instanceIds.filter((id) => !job.instanceIds.includes(id)) : [];
  const most = capacity(job, MAX_RERUN);
  if (others.length > 0) {
    return `the job has not any more ${plural(others.length, 'instance')} on which it did not succeed (${others.slice(0, 5).join(', ')})`;
  }
  return instanceIds.length > most
    ? `it did not succeed on ${instanceIds.length} instances, and ${most} can be run again by name: to run all of it again, say "only": "all"` : '';
}

async function describe(executionArn: string, { states }: RerunWorld): Promise<DescribeExecutionOutput> {
  try {
    return await states.describe(executionArn);
  } catch (error) {
    if (NO_EXECUTION.includes((error as Error).name)) {
      throw new RefusedError(`Step Functions knows no such execution (${executionArn}); it keeps one for 90 days`);
    }
    throw error;
  }
}

/** What a run was given: a rerun, by the runs before it, too. */
async function inputOf(described: DescribeExecutionOutput, world: RerunWorld): Promise<{ readonly [field: string]: unknown }> {
  const inputs = [parse(described)];
  for (let of = rerunArn(inputs[0], described.executionArn!); of !== ''; of = rerunArn(inputs[0], of)) {
    if (inputs.length >= MAX_GENERATIONS) {
      throw new RefusedError(`it is a rerun of a rerun, more than ${MAX_GENERATIONS} times: start the job itself, with its parameters`);
    }
    inputs.unshift(parse(await describe(of, world)));
  }
  return inputs.reduce((given, input) => withGiven(input, given));
}

function parse({ executionArn, input }: DescribeExecutionOutput): { readonly [field: string]: unknown } {
  if (input === undefined) {
    throw new Error(`Step Functions does not say what ${executionArn} was started with`);
  }
  const json: unknown = JSON.parse(input);
  return isObject(json) ? json : {};
}

/** An input, with what was given before where it says nothing itself. */
function withGiven(
  input: { readonly [field: string]: unknown }, given: { readonly [field: string]: unknown },
): { readonly [field: string]: unknown } {
  const { encodedParameters } = input;
  const before = givenParameters(given);
  const own = input.parameters;
  const isMerged = (before === undefined || isObject(before)) && (own === undefined || isObject(own));
  const encoded = isObject(encodedParameters) ? Object.keys(encodedParameters) : [];
  const taken = isObject(before) ? Object.fromEntries(Object.entries(before).filter(([name]) => !encoded.includes(name))) : {};
  const parameters = isMerged ? { ...taken, ...own } : own ?? before;
  const { pollIntervalSeconds = given.pollIntervalSeconds } = input;
  return {
    ...input,
    ...parameters === undefined || (isObject(parameters) && Object.keys(parameters).length === 0) ? {} : { parameters },
    ...pollIntervalSeconds === undefined ? {} : { pollIntervalSeconds },
  };
}

function problem({ rerunOf }: { readonly [field: string]: unknown }, reason: string): string {
  return `rerunOf ${quote(rerunOf, 200)} is refused: ${reason}`;
}
