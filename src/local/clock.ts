/** The local run's time: everything that waits or tells the time asks it, so that waits can be shortened in one place. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}
