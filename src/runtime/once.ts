import { Log } from './log';
import { describeError } from './send-error';

/** How long one that was first may take to do it. */
const PATIENCE_SECONDS = 20;
const PAUSE_SECONDS = 2;

/** What doing something once needs of the world. */
export interface OnceTools {
  readonly log: Log;
  /** Leaves a mark. @returns false if it had been left before */
  mark(name: string): Promise<boolean>;
  isMarked(name: string): Promise<boolean>;
  sleep(milliseconds: number): Promise<void>;
}

/** What came of it: who comes again knows that it was `done`, but not where no mark could be left. */
export type OnceResult = 'done' | 'done before' | 'done without a mark';

/**
 * Does what must be done, and not twice: EventBridge delivers at least once, and Lambda tries again.
 *
 * Of several who come with the same key, the first one does it. The others wait until it is done; if it is not soon, the first one has
 * died, and they do it. Where marks cannot be left, it is done in any case: twice is better than never.
 *
 * @throws what `work` throws: it is not done then, and the next one does it
 */
export async function once(key: string, tools: OnceTools, work: () => Promise<void>): Promise<OnceResult> {
  const done = `done/${key}`;
  if (await isDone(key, done, tools)) {
    tools.log('done before', { key });
    return 'done before';
  }
  await work();
  try {
    await tools.mark(done);
    return 'done';
  } catch (error) {
    tools.log('not marked', { key, error: describeError(error) });
    return 'done without a mark';
  }
}

async function isDone(key: string, done: string, tools: OnceTools): Promise<boolean> {
  try {
    if (await tools.mark(`begun/${key}`)) {
      return false;
    }
    for (let waited = 0; waited < PATIENCE_SECONDS; waited += PAUSE_SECONDS) {
      if (await tools.isMarked(done)) {
        return true;
      }
      await tools.sleep(1000 * PAUSE_SECONDS);
    }
    return false;
  } catch (error) {
    tools.log('no marks', { key, error: describeError(error) });
    return false;
  }
}
