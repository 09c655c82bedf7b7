import { Token, Tokenization } from 'aws-cdk-lib';
import { refuse } from './validation';

/** SSM takes seven characters. @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
const MAX_COUNT = 9_999_999;

/**
 * How many instances: a number, or a share of those that a command goes to.
 *
 * @example
 * new CotsBatchJob(this, 'Index', {
 *   command,
 *   instanceIds,
 *   maxConcurrency: InvocationLimit.percent(25),
 *   maxErrors: InvocationLimit.count(0),
 * });
 */
export class InvocationLimit {
  /**
   * A number of instances.
   *
   * @throws if it is no whole number between 0 and 9,999,999.
   */
  public static count(count: number): InvocationLimit {
    if (!Token.isUnresolved(count) && (!Number.isInteger(count) || count < 0 || count > MAX_COUNT)) {
      refuse('the count of an invocation limit', `must be a whole number between 0 and ${MAX_COUNT}`, count);
    }
    return new InvocationLimit(`${Tokenization.stringifyNumber(count)}`, Token.isUnresolved(count) ? undefined : count);
  }

  /**
   * A percentage of the instances, rounded up by SSM.
   *
   * @throws if it is no whole number between 0 and 100.
   */
  public static percent(percent: number): InvocationLimit {
    if (!Token.isUnresolved(percent) && (!Number.isInteger(percent) || percent < 0 || percent > 100)) {
      refuse('the percentage of an invocation limit', 'must be a whole number between 0 and 100', percent);
    }
    return new InvocationLimit(`${Tokenization.stringifyNumber(percent)}%`);
  }

  private constructor(
    /** As SSM takes it. */
    public readonly value: string,
    /** @internal */
    public readonly _count?: number,
  ) {}
}
