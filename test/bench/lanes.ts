/** Does tasks in their order, so many at the same time. */
export async function inLanes<T>(lanes: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const entries = tasks.entries();
  const lane = async (): Promise<void> => {
    for (const [i, task] of entries) {
      results[i] = await task();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
