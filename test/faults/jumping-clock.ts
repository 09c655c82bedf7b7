import { ScaledClock } from '../../src/local/aws/clock';

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
