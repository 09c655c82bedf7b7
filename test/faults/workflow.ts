import { TaskError } from '../../src/local/app/errors';
import { ScaledClock } from '../../src/local/aws/clock';
import { StatesDefinition } from '../../src/local/services/states/definition';
import { ExecutionResult, startExecution } from '../../src/local/services/states/engine';
import { TaskCall } from '../../src/local/services/states/engine-branch';
import { TaskTokens } from '../../src/local/services/states/task-tokens';
import { GetStatusRequest, SendCommandRequest, stateMachineOf } from '../../src/protocol';
import { handler as getStatus } from '../../src/runtime/get-status.lambda';
import { handler as sendCommand } from '../../src/runtime/send-command.lambda';
import { EXECUTION, NAME } from '../runtime/samples';
import { SynthesizedJob } from '../support/synth';

/** What SNS was asked to publish. */
export interface Published {
  readonly Subject: string;
  readonly Message: { readonly default: string; readonly email: string };
}

/** What came of an execution. */
export interface WorkflowResult extends ExecutionResult {
  readonly published: readonly Published[];
  readonly durationSeconds: number;
}

/**
 * Runs the state machine of a job with the handlers in this process, whose AWS is mocked, and a clock that jumps: for runs of days,
 * with thousands of looks.
 *
 * @param failing whether Get status fails, so many seconds after the start
 */
export async function runWorkflow({ definition }: SynthesizedJob, failing: (seconds: number) => boolean = () => false): Promise<WorkflowResult> {
  const clock = new JumpingClock();
  const start = clock.now();
  const published: Published[] = [];
  const carryOut = async ({ resource, input }: TaskCall): Promise<unknown> => {
    if (resource.includes('sns:publish')) {
      published.push(input as Published);
      return {};
    }
    if ('action' in (input as object)) {
      return sendCommand(input as SendCommandRequest);
    }
    if (failing((clock.now() - start) / 1000)) {
      throw new TaskError('Lambda.TooManyRequestsException', 'Rate Exceeded.');
    }
    return getStatus(input as GetStatusRequest);
  };
  try {
    const execution = startExecution({
      definition: definition as StatesDefinition,
      input: {},
      // The execution that the samples are of: handlers look at no other one's commands.
      stateMachineArn: stateMachineOf(EXECUTION),
      name: NAME,
      roleArn: 'arn:aws:iam::123456789012:role/Job',
      clock,
      tokens: new TaskTokens(),
      runTask: async (call) => clock.busy(carryOut(call).then((result) => JSON.parse(JSON.stringify(result)))),
    });
    const result = await execution.result;
    return { ...result, published, durationSeconds: (Date.parse(result.stopDate) - Date.parse(result.startDate)) / 1000 };
  } finally {
    clock.close();
  }
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A clock on which no wait takes any time: whenever there is nothing left to do, it jumps to the next timer. Days pass in seconds,
 * and by nobody's speed but their own, so that looks are counted exactly.
 */
export class JumpingClock extends ScaledClock {
  private time = Date.parse('2026-11-21T02:00:00Z');
  private working = 0;
  private isDue = false;
  private readonly waiting = new Set<Timer>();

  public override now(): number {
    return this.time;
  }

  public override setTimeout(callback: () => void, ms: number): unknown {
    const timer = { at: this.time + Math.max(0, ms), callback };
    this.waiting.add(timer);
    this.jumpSoon();
    return timer;
  }

  public override clearTimeout(timer: unknown): void {
    this.waiting.delete(timer as Timer);
  }

  /** No time passes until the promise settles. */
  public override async busy<T>(work: Promise<T>): Promise<T> {
    this.working++;
    try {
      return await work;
    } finally {
      this.working--;
      this.jumpSoon();
    }
  }

  public override close(): void {
    this.waiting.clear();
  }

  /** What follows from a promise happens before the next turn of the event loop. */
  private jumpSoon(): void {
    if (!this.isDue) {
      this.isDue = true;
      setImmediate(() => this.jump());
    }
  }

  private jump(): void {
    this.isDue = false;
    const [next] = [...this.waiting].sort((a, b) => a.at - b.at);
    if (this.working === 0 && next) {
      this.waiting.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      this.jumpSoon();
    }
  }
}
