import { Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ParametersSettings } from './job-settings';
import { JobSettings, MAX_INSTANCE_IDS } from './protocol';
import { minPollSeconds } from './protocol/poll-plan';
import { warnOfSecretNames } from './secret-names';

/** A parameter that is named like a secret, and that many can read. */
export function warnOfSecretParameters(scope: Construct, parameters: ParametersSettings): void {
  const names = Object.keys(parameters).filter((name) => !parameters[name].sensitive && parameters[name].type !== 'Boolean');
  warnOfSecretNames(scope, 'parameters', names, 'the input and the history of executions, the list of commands, and mails');
}

/** A run that is polled less often than was asked for. */
export function warnOfPollFloor(scope: Construct, settings: JobSettings): void {
  const floor = minPollSeconds(settings);
  if (settings.pollIntervalSeconds < floor) {
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:pollInterval',
      `pollInterval is ${settings.pollIntervalSeconds} seconds, but a run that may take as long as executionTimeout allows is polled ` +
      `every ${floor} seconds only: Step Functions ends an execution at 25,000 events`);
  }
}

/** A number of errors that means none, because each command has a share of it. */
export function warnOfMaxErrors(scope: Construct, count: number | undefined, commandCount: number): void {
  if (count !== undefined && count > 0 && count < commandCount) {
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:maxErrors',
      `maxErrors is ${count}, but it is divided among ${commandCount} commands (one for ${MAX_INSTANCE_IDS} instanceIds) and rounded down to 0: ` +
      'each command stops at its first failure');
  }
}
