/**
 * Lengths of programs between half of a length and all of it, evenly spread, so that programs end at any moment between two looks.
 *
 * @param count A prime falls in step with no interval
 * @returns the full length first
 */
export function phases(seconds: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => seconds * (1 - k / count / 2));
}

/**
 * From the end of a program to the end of its run, in seconds, where only a look can see the end.
 *
 * @param looks When they were, in seconds since the program began; ascending
 * @param ending From the look that sees the end to the end of the run, in seconds
 * @returns undefined where no look came after the end
 */
export function delayOf(programSeconds: number, looks: readonly number[], ending: number): number | undefined {
  const seeing = looks.find((look) => look >= programSeconds);
  return seeing === undefined ? undefined : seeing - programSeconds + ending;
}

/** The upper one of the two in the middle, where there are two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
