import { ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { Readable } from 'node:stream';
import { bootstrap, LambdaAnswer, LambdaAssignment } from './lambda-bootstrap';

/** An invocation of a function, as Lambda would do it. */
export interface LambdaInvocation extends Omit<LambdaAssignment, 'timeoutMs' | 'aheadMs'> {
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** All of the function's environment: nothing is inherited, not even a proxy or a profile. */
  readonly environment: { readonly [name: string]: string };
  /** What the function writes is appended here. */
  readonly logFile: string;
}

/** How an invocation ended: with a result, with an error of the handler, or without an answer. */
export interface LambdaOutcome extends LambdaAnswer {
  /** The process ended, or was ended, before it answered; what Lambda says about that. */
  readonly lost?: string;
}

/** Invokes a function in a Node process of its own, and ends that process when it has answered or its time is up. */
export class LambdaProcesses {
  private readonly running = new Set<ChildProcess>();

  /** @param now The time that functions see; milliseconds since the epoch */
  constructor(private readonly now: () => number = Date.now) {}

  /** Resolves with every outcome, failures included. */
  public async invoke(invocation: LambdaInvocation): Promise<LambdaOutcome> {
    const { logFile, environment, timeoutSeconds, memoryMb, ...assignment } = invocation;
    const { awsRequestId } = assignment.context;
    const log = fs.openSync(logFile, 'a');
    fs.writeSync(log, `START RequestId: ${awsRequestId}\n`);
    const started = performance.now();
    const child = spawn(process.execPath, [`--max-old-space-size=${memoryMb}`, '-e', `(${bootstrap.toString()})(require)`], {
      cwd: assignment.folder,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['pipe', log, log, 'pipe'],
    });
    this.running.add(child);
    try {
      // Real work has real time only once it is under way, which it is when its process has begun.
      const task = (): LambdaAssignment => ({ ...assignment, timeoutMs: timeoutSeconds * 1000, aheadMs: this.now() - Date.now() });
      const outcome = await converse(child, awsRequestId, task, timeoutSeconds);
      if (outcome.lost !== undefined) {
        fs.writeSync(log, `${outcome.lost}\n`);
      }
      if (outcome.error !== undefined) {
        fs.writeSync(log, `ERROR\tInvoke Error\t${JSON.stringify(outcome.error)}\n`);
      }
      return outcome;
    } finally {
      this.running.delete(child);
      fs.writeSync(log, `END RequestId: ${awsRequestId}\tDuration: ${Math.ceil(performance.now() - started)} ms\n`);
      fs.closeSync(log);
    }
  }

  /** Ends what still runs. */
  public close(): void {
    for (const child of this.running) {
      child.kill('SIGKILL');
    }
  }
}

async function converse(
  child: ChildProcess,
  awsRequestId: string,
  task: () => LambdaAssignment,
  timeoutSeconds: number,
): Promise<LambdaOutcome> {
  const request = `RequestId: ${awsRequestId} Error:`;
  let answer = '';
  let timedOut = false;
  const input = child.stdin!;
  const output = child.stdio[3] as Readable;
  output.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  // A process that is gone before it was told what to do says so by its exit.
  input.on('error', () => undefined);
  child.once('spawn', () => input.end(JSON.stringify(task())));
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutSeconds * 1000);
  const exit = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ? `signal: ${signal.slice(3).toLowerCase()}` : `exit status ${code}`));
  }).finally(() => clearTimeout(timer));
  if (timedOut) {
    return { lost: `${request} Task timed out after ${timeoutSeconds.toFixed(2)} seconds` };
  }
  if (answer === '') {
    return { lost: `${request} Runtime exited with error: ${exit}` };
  }
  return JSON.parse(answer) as LambdaAnswer;
}

/** What every Lambda process has in its environment besides the function's own variables: only loopback, no credentials. */
export function lambdaEnvironment(settings: {
  readonly endpointUrl: string;
  readonly accessKeyId: string;
  readonly region: string;
  readonly functionName: string;
  readonly memoryMb: number;
  readonly handler: string;
  readonly folder: string;
  readonly logGroupName: string;
}): { [name: string]: string } {
  return {
    AWS_ACCESS_KEY_ID: settings.accessKeyId,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_CONFIG_FILE: os.devNull,
    AWS_SHARED_CREDENTIALS_FILE: os.devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: settings.endpointUrl,
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    AWS_LAMBDA_FUNCTION_NAME: settings.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: settings.logGroupName,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
    LAMBDA_TASK_ROOT: settings.folder,
    _HANDLER: settings.handler,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}
