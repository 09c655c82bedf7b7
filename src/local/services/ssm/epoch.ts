/** A time or a duration as AWS JSON 1.1 has it. Clocks may count parts of milliseconds, AWS does not. */
export function epochSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}
