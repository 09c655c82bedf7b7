import { LocalRunResult, RunDocument } from './run-record';

/**
 * What a job itself says about a run. Any state machine can be run, so that none of it has to be there, or to be what it should.
 */
export interface JobResult {
  readonly outcome?: string;
  /** Why; empty after success. */
  readonly cause: string;
  readonly exitCode?: number;
  /** Whether it was a check, which starts no program. */
  readonly isCheck: boolean;
  /** Instances by outcome, and `total`. */
  readonly instances: { readonly [outcome: string]: number };
}

/** Reads a `Status` or a `RunResult` of src/protocol, if the value is one. */
export function jobResult(value: unknown): JobResult | undefined {
  const outer = fields(value);
  // A Task that uses the Lambda integration has what its function returned in `Payload`.
  const status = outer.Payload === undefined ? outer : fields(outer.Payload);
  const result = status.result === undefined ? status : fields(status.result);
  const outcome = status.outcome ?? result.outcome;
  if (typeof outcome !== 'string') {
    return undefined;
  }
  const instances = Object.entries(fields(result.instances)).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return {
    outcome,
    cause: typeof result.cause === 'string' ? result.cause : '',
    exitCode: typeof result.exitCode === 'number' && result.exitCode >= 0 ? result.exitCode : undefined,
    isCheck: result.check === true,
    instances: Object.fromEntries(instances),
  };
}

/** What a finished run says: its output if it succeeded, else what it reported. */
export function jobResultOf({ output, notifications }: LocalRunResult): JobResult | undefined {
  const reported = notifications.at(-1)?.messages.default;
  return jobResult(output) ?? (reported === undefined ? undefined : jobResult(parse(reported)));
}

/** As a job calls it where it was rightly not started. */
const NOT_STARTED = ['Skipped', 'NotDue'];

/** What a run says that was rightly not started: to Step Functions it is a success, too. */
export function skippedJobOf(result: LocalRunResult): JobResult | undefined {
  const job = jobResultOf(result);
  return result.status === 'SUCCEEDED' && NOT_STARTED.includes(job?.outcome ?? '') ? job : undefined;
}

/** How a run was watched. */
export interface RunTiming {
  /** How many times faster waits have passed. */
  readonly speed: number;
  /** How long it really took, from start to end. */
  readonly realSeconds: number;
}

/** The document of a run. */
export function runDocument(result: LocalRunResult, { speed, realSeconds }: RunTiming, isKept: boolean): RunDocument {
  const { job, executionName, executionArn, status, error, cause, output, calls, notifications, workDir, durationSeconds, ...seen } = result;
  const reported = parse(notifications.at(-1)?.messages.default ?? '');
  const [report] = [output, reported].filter((value) => jobResult(value) !== undefined);
  return {
    job,
    executionName,
    executionArn,
    status,
    error: error ?? null,
    cause: cause ?? null,
    result: report === undefined ? null : fields(report),
    output: output ?? null,
    ...seen,
    durationSeconds,
    realSeconds,
    speed,
    notifications,
    calls: calls.map((call) => ({ ...call, deniedResource: call.deniedResource ?? null, message: call.message ?? null })),
    workDir: isKept ? workDir : null,
  };
}

/** `running: 1 of 2 instances`, `failed: 1 failed, 1 succeeded`, `failed: 1 undelivered` */
export function describeInstances({ outcome = '', instances: { total, ...counts } }: JobResult): string {
  const word = outcome.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  if (counts.running > 0) {
    return `${word}: ${counts.running} of ${total} instances`;
  }
  const others = Object.entries(counts).filter(([, count]) => count > 0);
  if (others.length === 0) {
    return word;
  }
  if (others.length === 1 && others[0][0].toLowerCase() === outcome.toLowerCase()) {
    return `${word}: ${total} of ${total} instances`;
  }
  return `${word}: ${others.map(([name, count]) => `${count} ${name}`).join(', ')}`;
}

/** The cause of an error as a person reads it: of a function that failed, its message. */
export function readableCause(cause: string): string {
  const { errorMessage } = fields(parse(cause));
  return typeof errorMessage === 'string' ? errorMessage : cause;
}

function fields(value: unknown): { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as { [field: string]: unknown }) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
