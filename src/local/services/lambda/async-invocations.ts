import { Functions } from './functions';
import { FunctionErrorPayload, InvokeAnswer, LambdaService } from './service';
import { CloudAssembly } from '../../app/cloud-assembly';
import { Resource } from '../../app/template';
import { AwsError, ConnectionLostError } from '../../aws/aws-error';
import { ScaledClock } from '../../aws/clock';
import { Dispatch } from '../../aws/dispatch';
import { sleep } from '../../aws/timers';

/** How Lambda keeps trying to have an event handled. */
interface RetryLimits {
  readonly attempts: number;
  readonly maxAgeMs: number;
}

interface Failure {
  readonly error: string;
  /** Nothing was invoked, because the function has no free concurrency. */
  readonly isThrottled: boolean;
}

/** An attempt to have an event handled. */
export interface InvocationAttempt {
  readonly phase: 'invoked' | 'failed' | 'dropped';
  /** From 1. */
  readonly attempt: number;
  readonly error?: string;
}

/** How long Lambda waits after the first and the second failure of a function. */
const RETRY_WAITS_MS = [60_000, 120_000];
const DEFAULT_RETRIES = 2;
const DEFAULT_MAX_AGE_SECONDS = 6 * 3600;

/** How long Lambda waits where a function has no free concurrency: from a second to five minutes. */
const FIRST_THROTTLE_WAIT_MS = 1000;
const LONGEST_THROTTLE_WAIT_MS = 300_000;

/**
 * Invocations for which nobody waits: Lambda tries them again.
 *
 * A function that fails is invoked up to three times, after one and after two minutes. One that has no free concurrency is tried
 * for six hours, which are hours of the clock. `AWS::Lambda::EventInvokeConfig` changes both.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export class AsyncInvocations {
  private readonly closing = new AbortController();

  constructor(
    private readonly assembly: CloudAssembly,
    private readonly functions: Functions,
    private readonly clock: ScaledClock,
    private readonly dispatch: Dispatch,
    private readonly service: LambdaService,
  ) {}

  /**
   * Resolves when the function has succeeded, or Lambda gives up. Waits pass as fast as those of a workflow.
   *
   * @param accessKeyId Whose event it is
   */
  public async invoke(invoked: Resource, event: unknown, accessKeyId: string, report: (attempt: InvocationAttempt) => void): Promise<void> {
    return this.clock.workflow(this.keepTrying(invoked, event, accessKeyId, report));
  }

  /** Nothing is tried again. */
  public close(): void {
    this.closing.abort();
  }

  private async keepTrying(
    invoked: Resource,
    event: unknown,
    accessKeyId: string,
    report: (attempt: InvocationAttempt) => void,
  ): Promise<void> {
    const { attempts, maxAgeMs } = this.limits(invoked);
    const started = this.clock.now();
    let failures = 0;
    let throttleWait = FIRST_THROTTLE_WAIT_MS;
    for (let attempt = 1; !this.closing.signal.aborted; attempt += 1) {
      report({ phase: 'invoked', attempt });
      const failure = await this.failureOf(invoked, event, accessKeyId);
      if (failure === undefined) {
        return;
      }

      const { error, isThrottled } = failure;
      if (!isThrottled) {
        failures += 1;
      }
      const wait = isThrottled ? throttleWait : RETRY_WAITS_MS[failures - 1];
      if (isThrottled) {
        throttleWait = Math.min(2 * throttleWait, LONGEST_THROTTLE_WAIT_MS);
      }
      const over = failures >= attempts || this.clock.now() + wait - started > maxAgeMs;
      report({ phase: over ? 'dropped' : 'failed', attempt, error });
      if (over) {
        return;
      }
      await sleep(this.clock, wait, this.closing.signal);
    }
  }

  /** Why an invocation does not succeed. Nobody waits for the answer, so that one that is lost is no failure. */
  private async failureOf(invoked: Resource, event: unknown, accessKeyId: string): Promise<Failure | undefined> {
    const request = { service: this.service, operation: 'Invoke', input: { FunctionName: invoked.attribute(), Payload: event } };
    try {
      // Lambda has accepted the event already.
      const answer = await this.dispatch.call(request, accessKeyId, () => undefined) as InvokeAnswer;
      if (answer.FunctionError === undefined) {
        return undefined;
      }
      const { errorType, errorMessage } = answer.Payload as FunctionErrorPayload;
      return { error: errorType === undefined ? errorMessage : `${errorType}: ${errorMessage}`, isThrottled: false };
    } catch (error) {
      if (error instanceof ConnectionLostError) {
        return error.isCarriedOut ? undefined : { error: error.message, isThrottled: false };
      }
      if (error instanceof AwsError) {
        return { error: `${error.code}: ${error.message}`, isThrottled: error.code === 'TooManyRequestsException' };
      }
      throw error;
    }
  }

  private limits(invoked: Resource): RetryLimits {
    const config = this.assembly
      .resources('AWS::Lambda::EventInvokeConfig')
      .find((candidate) => this.functions.find(candidate.text('FunctionName') ?? '') === invoked);
    return {
      attempts: 1 + Number(config?.property('MaximumRetryAttempts') ?? DEFAULT_RETRIES),
      maxAgeMs: 1000 * Number(config?.property('MaximumEventAgeInSeconds') ?? DEFAULT_MAX_AGE_SECONDS),
    };
  }
}
