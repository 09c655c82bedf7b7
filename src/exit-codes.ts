import { Token } from 'aws-cdk-lib';
import { refuse } from './validation';

/** The largest exit code of a process on Linux. */
const MAX_EXIT_CODE = 255;

/**
 * Lists of exit codes, for products that give a whole range a meaning: wherever a prop takes exit codes.
 *
 * Lists add up as lists do: `[...ExitCodes.upTo(4), 100]`.
 *
 * @example
 * // robocopy: below 8 it has copied what it should.
 * BatchCommand.powerShell('robocopy C:\\out D:\\in /MIR', { successExitCodes: ExitCodes.upTo(7) });
 */
export class ExitCodes {
  /**
   * The exit codes from 0 to this one, both included.
   *
   * @param last between 0 and 255
   * @throws if it is not a whole number between 0 and 255.
   */
  public static upTo(last: number): number[] {
    checkExitCode('ExitCodes.upTo', last);
    return listOf(0, last);
  }

  /**
   * The exit codes between two, both included.
   *
   * @param first between 0 and 255
   * @param last between `first` and 255
   * @throws if one of them is not a whole number between 0 and 255, or the last one is smaller than the first.
   */
  public static range(first: number, last: number): number[] {
    checkExitCode('the first of ExitCodes.range', first);
    checkExitCode('the last of ExitCodes.range', last);
    if (last < first) {
      refuse('the last of ExitCodes.range', `must not be smaller than the first (${first})`, last);
    }
    return listOf(first, last);
  }

  private constructor() {}
}

function checkExitCode(what: string, code: number): void {
  if (Token.isUnresolved(code)) {
    refuse(what, 'must be known at synth', code);
  }
  if (!Number.isInteger(code) || code < 0 || code > MAX_EXIT_CODE) {
    refuse(what, `must be a whole number between 0 and ${MAX_EXIT_CODE}`, code);
  }
}

function listOf(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
