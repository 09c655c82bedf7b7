import { Clock } from './clock';

/** Timers on a clock that can all be dropped at once, so that nothing fires after the end. */
export class Timers {
  private readonly pending = new Set<unknown>();

  constructor(private readonly clock: Clock) {}

  /** @returns what `cancel` takes */
  public after(ms: number, callback: () => void): unknown {
    const handle = this.clock.setTimeout(() => {
      this.pending.delete(handle);
      callback();
    }, ms);
    this.pending.add(handle);
    return handle;
  }

  public cancel(handle: unknown): void {
    this.pending.delete(handle);
    this.clock.clearTimeout(handle);
  }

  public sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Who still sleeps is not woken: only for the end. */
  public clear(): void {
    for (const handle of this.pending) {
      this.clock.clearTimeout(handle);
    }
    this.pending.clear();
  }
}

/** Resolves after a time of the clock, or as soon as the signal is aborted. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    return;
  }
  let timer: unknown;
  await new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clock.clearTimeout(timer);
}
