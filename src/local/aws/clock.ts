/** The local run's time: whatever waits, or has a time to say, asks it, so that waits can be shortened in one place. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Gives real time to real work until the promise settles. */
  busy<T>(work: Promise<T>): Promise<T>;
  /** Counts a script of an instance as running until the promise settles. */
  program<T>(work: Promise<T>): Promise<T>;
}

/** Node fires a timer of more milliseconds than this at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  real?: NodeJS.Timeout;
}

export interface ScaledClockOptions {
  /**
   * How many times faster than real time waits pass while no script runs.
   *
   * @default - as while one runs
   */
  readonly idleSpeed?: number;
  /**
   * What the clock shows first; milliseconds since the epoch.
   *
   * @default - the present time
   */
  readonly start?: number;
}

/**
 * Real time that hurries while there is nothing to do but wait.
 *
 * It runs `speed` times as fast as real time while at least one workflow is under way and each of them waits; real work, such as
 * a Lambda invocation, always gets real time, or its own timeouts would strike too early. Time is therefore linear in pieces:
 * when the rate changes, every timer is armed again.
 *
 * While it hurries, it does not pass a timer before that has fired: seconds in which this process was held up would be hours, and
 * what the first timer leads to would meet the time-outs of much later.
 */
export class ScaledClock implements Clock {
  private readonly speed: number;
  private readonly timers = new Set<Timer>();
  private readonly idleSpeed: number;
  private readonly idlers = new Set<() => void>();
  private origin: number;
  private originReal = performance.now();
  private rate = 1;
  private workflows = 0;
  private tasks = 0;
  private programs = 0;

  /**
   * @param speed How many times faster than real time waits pass. At least 1, which leaves waits as long as they are.
   * @throws RangeError if `speed` is not a number of at least 1
   */
  constructor(speed = 1, { idleSpeed = speed, start = Date.now() }: ScaledClockOptions = {}) {
    if (!Number.isFinite(speed) || speed < 1) {
      throw new RangeError(`speed must be a number of at least 1, got ${speed}`);
    }
    this.speed = speed;
    this.idleSpeed = idleSpeed;
    this.origin = start;
  }

  public now(): number {
    return Math.floor(this.precise());
  }

  public setTimeout(callback: () => void, ms: number): unknown {
    const timer: Timer = { at: this.precise() + Math.max(0, ms), callback };
    this.timers.add(timer);
    this.arm(timer);
    return timer;
  }

  public clearTimeout(handle: unknown): void {
    const timer = handle as Timer | undefined;
    if (timer === undefined || !this.timers.has(timer)) {
      return;
    }
    this.settle();
    this.timers.delete(timer);
    clearTimeout(timer.real);
  }

  /** Counts a workflow as under way until the promise settles. */
  public async workflow<T>(work: Promise<T>): Promise<T> {
    return this.counted(work, (change) => {
      this.workflows += change;
    });
  }

  public async busy<T>(work: Promise<T>): Promise<T> {
    return this.counted(work, (change) => {
      this.tasks += change;
    });
  }

  public async program<T>(work: Promise<T>): Promise<T> {
    return this.counted(work, (change) => {
      this.programs += change;
    });
  }

  /** Resolves when no workflow is under way, and no real work: soon, if that is so already. */
  public async idle(): Promise<void> {
    // What has just ended may lead to more.
    await nextTurn();
    while (!this.isIdle) {
      await new Promise<void>((resolve) => this.idlers.add(resolve));
      await nextTurn();
    }
  }

  /**
   * Goes on to a time at once, and fires the timers on the way in their order. It stops before that time where one of them begins a workflow or
   * real work, and does nothing while there is any.
   */
  public async skipTo(time: number): Promise<void> {
    while (this.isIdle) {
      const timer = this.earliest();
      this.origin = Math.max(this.precise(), Math.min(timer?.at ?? time, time));
      this.originReal = performance.now();
      if (timer === undefined || timer.at > time) {
        break;
      }
      this.clearTimeout(timer);
      timer.callback();
      await nextTurn();
    }
    this.settle();
    this.rearm();
  }

  /** Forgets all timers, so that the process can end. */
  public close(): void {
    for (const timer of this.timers) {
      clearTimeout(timer.real);
    }
    this.timers.clear();
  }

  private async counted<T>(work: Promise<T>, count: (change: 1 | -1) => void): Promise<T> {
    count(1);
    this.adjust();
    try {
      return await work;
    } finally {
      count(-1);
      this.adjust();
    }
  }

  private precise(): number {
    const passed = this.origin + (performance.now() - this.originReal) * this.rate;
    return this.rate > 1 ? Math.min(passed, Math.max(this.origin, this.earliest()?.at ?? passed)) : passed;
  }

  /** What has passed so far has passed. */
  private settle(): void {
    this.origin = this.precise();
    this.originReal = performance.now();
  }

  private adjust(): void {
    if (this.isIdle) {
      this.idlers.forEach((resolve) => resolve());
      this.idlers.clear();
    }
    const rate = this.workflows === 0 || this.tasks > 0 ? 1 : this.programs > 0 ? this.speed : this.idleSpeed;
    if (rate === this.rate) {
      return;
    }
    this.settle();
    this.rate = rate;
    this.rearm();
  }

  private get isIdle(): boolean {
    return this.workflows === 0 && this.tasks === 0;
  }

  private rearm(): void {
    for (const timer of this.timers) {
      clearTimeout(timer.real);
      this.arm(timer, this.origin);
    }
  }

  private arm(timer: Timer, now = this.precise()): void {
    const real = Math.ceil((timer.at - now) / this.rate);
    timer.real = setTimeout(() => this.fire(timer), Math.min(Math.max(real, 0), LONGEST_TIMER_MS));
  }

  /** Whichever real timer strikes, the earliest of all is next: at high speeds, many strike within the same millisecond. */
  private fire(struck: Timer): void {
    const timer = this.earliest() ?? struck;
    if (timer !== struck) {
      clearTimeout(timer.real);
      this.arm(struck);
    }
    if (this.precise() < timer.at) {
      this.arm(timer);
      return;
    }
    this.settle();
    this.timers.delete(timer);
    timer.callback();
  }

  private earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.timers) {
      if (earliest === undefined || timer.at < earliest.at) {
        earliest = timer;
      }
    }
    return earliest;
  }
}

/** After all that is due by now. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
