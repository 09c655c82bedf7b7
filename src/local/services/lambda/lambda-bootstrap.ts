/** What a Lambda process is told on its standard input. */
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
  const fs = require('node:fs') as typeof import('node:fs');
  const path = require('node:path') as typeof import('node:path');
  const assignment = JSON.parse(fs.readFileSync(0, 'utf8')) as LambdaAssignment;
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
    fs.writeFileSync(3, JSON.stringify(value));
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
    const file = ['.js', '.mjs', '.cjs'].map((extension) => module + extension).find((candidate) => fs.existsSync(candidate));
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
