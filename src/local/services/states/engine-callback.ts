import { TaskError } from '../../app/errors';
import { WaitingTask } from './task-tokens';

/**
 * Waits for the callback of a task.
 *
 * A callback that was accepted before the call was answered ends the task once it is, whatever the answer: an answer that is lost
 * does not undo it.
 *
 * @param call The call that carries the token
 * @param submitted Told of its answer
 * @returns the output that the callback gives
 * @throws TaskError what the callback says, or why the call failed
 */
export async function untilCallback(
  task: WaitingTask,
  call: Promise<unknown>,
  submitted: (answer: unknown) => void,
): Promise<unknown> {
  try {
    submitted(await call);
  } catch (error) {
    const isFatal = error instanceof TaskError && !error.isCatchable;
    if (isFatal || !task.isCompleted) {
      task.close();
      throw error;
    }
  }
  const callback = await task.callback;
  if ('error' in callback) {
    throw new TaskError(callback.error, callback.cause);
  }
  return callback.output;
}
