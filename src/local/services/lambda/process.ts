import { ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { Readable } from 'node:stream';
import { Credentials } from '../../aws/keys';

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
    const child = spawn(process.execPath, [`--max-old-space-size=${memoryMb}`, '--no-deprecation', '-e', `(${bootstrap.toString()})(require)`], {
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
  // A process that ends before it has its task says so by its exit.
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

/** What every Lambda process has in its environment besides the function's own variables: only loopback, and credentials for nothing else. */
export function lambdaEnvironment(settings: {
  readonly endpointUrl: string;
  readonly credentials: Required<Credentials>;
  readonly region: string;
  readonly functionName: string;
  readonly memoryMb: number;
  readonly handler: string;
  readonly folder: string;
  readonly logGroupName: string;
}): { [name: string]: string } {
  return {
    AWS_ACCESS_KEY_ID: settings.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: settings.credentials.secretAccessKey,
    AWS_SESSION_TOKEN: settings.credentials.sessionToken,
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
    // It is about the Node.js of this machine, and not about the one that runs the function in AWS.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}

/** What a Lambda process reads from its standard input. */
export interface LambdaAssignment {
  /** The bundle's folder. */
  readonly folder: string;
  /** As in the template, e.g. `index.handler`. */
  readonly handler: string;
  readonly event: unknown;
  readonly context: {
    readonly functionName: string;
    readonly invokedFunctionArn: string;
    readonly memoryLimitInMB: string;
    readonly awsRequestId: string;
    readonly logGroupName: string;
    readonly logStreamName: string;
  };
  readonly timeoutMs: number;
  /** How far the local run's time is ahead of this machine's. It stays so while a function runs. */
  readonly aheadMs: number;
  /** A fault that is wanted: end without an answer, before or after the handler did its work. */
  readonly crash?: 'before' | 'after';
}

/** What a Lambda process answers on the pipe with file descriptor 3. */
export interface LambdaAnswer {
  readonly result?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string; readonly trace?: string[] };
}

/**
 * What runs in a Lambda process. It is handed over as source text, so it must use nothing but its parameter and what Node has
 * everywhere.
 */
export function bootstrap(require: (id: string) => any): void {
  const files = require('node:fs') as typeof import('node:fs');
  const path = require('node:path') as typeof import('node:path');
  const assignment = JSON.parse(files.readFileSync(0, 'utf8')) as LambdaAssignment;
  // What a function notes has to fit the times of the workflow and of SSM.
  const now = (machine: DateConstructor): number => machine.now() + assignment.aheadMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, created) => Reflect.construct(target, args.length === 0 ? [now(target)] : args, created) as Date,
    apply: (target) => new target(now(target)).toString(),
    get: (target, member) => (member === 'now' ? () => now(target) : Reflect.get(target, member)),
  });
  const deadline = Date.now() + assignment.timeoutMs;

  const answer = (value: LambdaAnswer): void => {
    if (assignment.crash === 'after') {
      process.exit(1);
    }
    files.writeFileSync(3, JSON.stringify(value));
    process.exit(0);
  };
  const succeed = (result: unknown): void => answer({ result: result === undefined ? null : result });
  // As the runtime of AWS describes errors, and values that are thrown without being one.
  const fail = (error: unknown): void =>
    answer({
      error:
        error instanceof Error
          ? { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') }
          : { errorType: typeof error, errorMessage: String(error), trace: [] },
    });
  process.on('unhandledRejection', (reason) => {
    fail(Object.assign(new Error(String(reason)), { name: 'Runtime.UnhandledPromiseRejection' }));
  });

  if (assignment.crash === 'before') {
    process.exit(1);
  }
  try {
    const dot = assignment.handler.lastIndexOf('.');
    const module = path.join(assignment.folder, assignment.handler.slice(0, dot));
    const file = ['.js', '.mjs', '.cjs'].map((extension) => module + extension).find((candidate) => files.existsSync(candidate));
    const handler = require(file ?? module)[assignment.handler.slice(dot + 1)] as (...args: unknown[]) => unknown;
    const context = {
      ...assignment.context,
      functionVersion: '$LATEST',
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    };
    const returned = handler(assignment.event, context, (error: unknown, result: unknown) =>
      error ? fail(error) : succeed(result),
    );
    if (returned instanceof Promise) {
      returned.then(succeed, fail);
    } else if (handler.length < 3) {
      succeed(returned);
    }
  } catch (error) {
    fail(error);
  }
}
