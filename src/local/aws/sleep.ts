import { Clock } from './clock';

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
