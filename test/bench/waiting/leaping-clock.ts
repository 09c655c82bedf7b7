import { ScaledClock } from '../../../src/local/aws/clock';

/** Turns of the event loop without anything to do before time leaps: work that has ended settles its promises first. */
const IDLE_TURNS = 2;

/** Node fires a timer of more milliseconds than this at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * Real time that leaps to the next timer while there is nothing to do but wait: 47 hours of waiting take no time, and every timer
 * fires exactly when it is due. Real work, such as a Lambda invocation, takes the time that it takes.
 *
 * A clock that is only fast is not exact: while Node sets a timer for a millisecond, hours have gone by.
 */
export class LeapingClock extends ScaledClock {
  private readonly realStart = performance.now();
  /** Milliseconds since the epoch at `realStart`, with all leaps since then. */
  private start = Date.now();
  /** In the order in which they were set. */
  private readonly pending = new Set<Timer>();
  private executions = 0;
  private works = 0;
  private cancelPlan: () => void = () => undefined;

  public override now(): number {
    return Math.floor(this.exactly());
  }

  public override setTimeout(callback: () => void, ms: number): unknown {
    const timer: Timer = { at: this.exactly() + Math.max(0, ms), callback };
    this.pending.add(timer);
    this.plan();
    return timer;
  }

  public override clearTimeout(handle: unknown): void {
    if (this.pending.delete(handle as Timer)) {
      this.plan();
    }
  }

  public override async workflow<T>(work: Promise<T>): Promise<T> {
    return this.during(work, (change) => {
      this.executions += change;
    });
  }

  public override async busy<T>(work: Promise<T>): Promise<T> {
    return this.during(work, (change) => {
      this.works += change;
    });
  }

  public override close(): void {
    this.pending.clear();
    this.plan();
  }

  private async during<T>(work: Promise<T>, count: (change: 1 | -1) => void): Promise<T> {
    count(1);
    this.plan();
    try {
      return await work;
    } finally {
      count(-1);
      this.plan();
    }
  }

  private exactly(): number {
    return this.start + performance.now() - this.realStart;
  }

  private plan(): void {
    this.cancelPlan();
    const next = this.next();
    if (next === undefined) {
      this.cancelPlan = () => undefined;
    } else if (this.executions > 0 && this.works === 0) {
      this.planLeap(next, IDLE_TURNS);
    } else {
      const real = setTimeout(() => this.whenDue(next), Math.min(Math.max(0, next.at - this.exactly()), LONGEST_TIMER_MS));
      this.cancelPlan = () => clearTimeout(real);
    }
  }

  private planLeap(timer: Timer, turns: number): void {
    const turn = setImmediate(() => (turns > 1 ? this.planLeap(timer, turns - 1) : this.leapTo(timer)));
    this.cancelPlan = () => clearImmediate(turn);
  }

  private next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.pending) {
      if (next === undefined || timer.at < next.at) {
        next = timer;
      }
    }
    return next;
  }

  private whenDue(timer: Timer): void {
    if (this.exactly() < timer.at) {
      this.plan();
    } else {
      this.leapTo(timer);
    }
  }

  private leapTo(timer: Timer): void {
    this.start += Math.max(0, timer.at - this.exactly());
    this.pending.delete(timer);
    timer.callback();
    this.plan();
  }
}
