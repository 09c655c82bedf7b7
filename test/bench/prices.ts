/**
 * List prices of us-east-1 in USD, without free tiers and discounts. The pages named here have them as they are today.
 *
 * What is not here is free of charge (Run Command on EC2 instances, events of AWS services on EventBridge's default bus and the
 * invocations by its rules), or less than a hundredth of a cent a run (storage of logs, one trace).
 */
export const PRICES = {
  /** Standard workflows, for each transition, retries included. @see https://aws.amazon.com/step-functions/pricing/ */
  stateTransition: 0.025 / 1_000,
  /** @see https://aws.amazon.com/lambda/pricing/ */
  lambdaRequest: 0.20 / 1_000_000,
  /** x86. @see https://aws.amazon.com/lambda/pricing/ */
  lambdaGbSecond: 0.0000166667,
  /** arm64. @see https://aws.amazon.com/lambda/pricing/ */
  lambdaArmGbSecond: 0.0000133334,
  /** Collection of standard logs. @see https://aws.amazon.com/cloudwatch/pricing/ */
  logsGb: 0.50,
} as const;

/** What a run uses of what has a price. */
export interface Usage {
  readonly transitions: number;
  readonly invocations: number;
  readonly lambdaGbSeconds: number;
  readonly logBytes: number;
}

/** USD. */
export function costOf(usage: Usage): number {
  return usage.transitions * PRICES.stateTransition
    + usage.invocations * PRICES.lambdaRequest
    + usage.lambdaGbSeconds * PRICES.lambdaGbSecond
    + usage.logBytes / 1e9 * PRICES.logsGb;
}
