import { createHash } from 'node:crypto';

/** Numbers that look random, the same ones for the same seed. */
export class Random {
  private count = 0;

  constructor(private readonly seed: string) {}

  /** From 0, below the limit. */
  public below(limit: number): number {
    return createHash('sha256').update(`${this.seed}/${this.count++}`).digest().readUInt32BE() % limit;
  }

  public one<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** True one time out of so many. */
  public oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** So many different ones, in their order. */
  public some<T>(items: readonly T[], count: number): T[] {
    const chosen = new Set<T>();
    while (chosen.size < count) {
      chosen.add(this.one(items));
    }
    return items.filter((item) => chosen.has(item));
  }
}
