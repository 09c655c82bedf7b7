import { FleetRow } from './fleets';
import { PRICES } from '../prices';

/**
 * Lambda gives a function a share of a processor by its memory: one of its own at 1,769 MB.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
const PROCESSOR_MB = 1_769;

/** Memory sizes that are compared: the handlers have the second one. */
export const MEMORY_SIZES = [128, 256, 512, 1_024];

/** How long a look takes with some memory, computed from the processor time that it took here; without waiting for SSM. */
export interface MemoryRow {
  readonly memoryMb: number;
  readonly smallestSeconds: number;
  readonly largestSeconds: number;
}

/** What a memory size makes of the looks at the smallest and at the largest fleet. */
export function memoryRows(rows: readonly FleetRow[]): MemoryRow[] {
  const ended = rows.filter(({ scene }) => scene === 'ended');
  const secondsOf = ({ cpuMilliseconds }: FleetRow, memoryMb: number) => cpuMilliseconds / 1_000 * PROCESSOR_MB / Math.min(PROCESSOR_MB, memoryMb);
  return MEMORY_SIZES.map((memoryMb) => ({
    memoryMb, smallestSeconds: secondsOf(ended[0], memoryMb), largestSeconds: secondsOf(ended.at(-1)!, memoryMb),
  }));
}

/** USD that the processor time of 1,000 looks at one server costs, whatever the memory. */
export function costOfThousandLooks(rows: readonly FleetRow[]): { readonly x86: number; readonly arm: number } {
  const gbSeconds = rows.find(({ scene }) => scene === 'ended')!.cpuMilliseconds * PROCESSOR_MB / 1_024;
  return { x86: gbSeconds * PRICES.lambdaGbSecond, arm: gbSeconds * PRICES.lambdaArmGbSecond };
}
