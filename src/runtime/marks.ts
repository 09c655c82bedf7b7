import { describeError } from './send-error';
import type { World } from './world';

/** How long one that was first may take to do it. */
const PATIENCE_SECONDS = 20;
const PAUSE_SECONDS = 2;

/** What came of it: who comes again knows that it was `done`, but not where no mark could be left. */
export type OnceResult = 'done' | 'done before' | 'done without a mark';

/**
 * Marks that invocations leave for each other: EventBridge delivers at least once, and Lambda tries again. A mark is an empty log stream,
 * because its creation tells who was first.
 */
export class Marks {
  constructor(private readonly logGroupName: string, private readonly world: Pick<World, 'logs' | 'clock' | 'log'>) {}

  /**
   * Does what must be done, and not twice.
   *
   * Of several who come with the same key, the first one does it. The others wait until it is done; if it is not soon, the first one has
   * died, and they do it. Where marks cannot be left, it is done in any case: twice is better than never.
   *
   * @throws what `work` throws: it is not done then, and the next one does it
   */
  public async once(key: string, work: () => Promise<void>): Promise<OnceResult> {
    const done = `done/${key}`;
    if (await this.isDone(key, done)) {
      this.world.log('done before', { key });
      return 'done before';
    }
    await work();
    try {
      await this.leave(done);
      return 'done';
    } catch (error) {
      this.world.log('not marked', { key, error: describeError(error) });
      return 'done without a mark';
    }
  }

  /** Does what must not be done twice, and may be left undone: the mark comes first. Where none can be left, it is done. */
  public async atMostOnce(key: string, work: () => void): Promise<void> {
    if (await this.leaveIfPossible(key, true)) {
      work();
    }
  }

  /** Leaves a mark. @returns whether this was the first; where no mark can be left, what is to be assumed */
  public async leaveIfPossible(name: string, otherwise: boolean): Promise<boolean> {
    return this.try(name, otherwise, async () => this.leave(name));
  }

  /** @returns whether a mark was left; where that cannot be known, what is to be assumed */
  public async isLeft(name: string, otherwise: boolean): Promise<boolean> {
    return this.try(name, otherwise, async () => this.has(name));
  }

  private async isDone(key: string, done: string): Promise<boolean> {
    return this.try(key, false, async () => {
      if (await this.leave(`begun/${key}`)) {
        return false;
      }
      for (let waited = 0; waited < PATIENCE_SECONDS; waited += PAUSE_SECONDS) {
        if (await this.has(done)) {
          return true;
        }
        await this.world.clock.sleep(1000 * PAUSE_SECONDS);
      }
      return false;
    });
  }

  private async leave(name: string): Promise<boolean> {
    return this.world.logs.create(this.logGroupName, name);
  }

  private async has(name: string): Promise<boolean> {
    return this.world.logs.has(this.logGroupName, name);
  }

  private async try(key: string, otherwise: boolean, ask: () => Promise<boolean>): Promise<boolean> {
    try {
      return await ask();
    } catch (error) {
      this.world.log('no marks', { key, error: describeError(error) });
      return otherwise;
    }
  }
}
