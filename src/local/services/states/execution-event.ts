import { randomUUID } from 'node:crypto';
import { AwsEvent } from '../events/aws-event';
import { ExecutionResult } from './engine';

/** An execution whose status has changed. */
export interface ChangedExecution {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly startDate: string;
  /** JSON. */
  readonly input: string;
  /** @default - it is running */
  readonly result?: ExecutionResult;
}

/** Larger inputs and outputs are left out of an event. */
const MAX_DATA_BYTES = 248 * 1024;

/**
 * What Step Functions tells EventBridge when an execution starts or ends.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export function executionEvent({ arn, name, stateMachineArn, startDate, input, result }: ChangedExecution): AwsEvent {
  const [, , , region, account] = arn.split(':');
  const output = result?.output === undefined ? null : JSON.stringify(result.output);
  const hasOutput = output !== null && escapedBytes(output) <= MAX_DATA_BYTES;
  const hasInput = escapedBytes(input) + (hasOutput ? escapedBytes(output) : 0) <= MAX_DATA_BYTES;
  return {
    'version': '0',
    'id': randomUUID(),
    'detail-type': 'Step Functions Execution Status Change',
    'source': 'aws.states',
    'account': account,
    'time': (result?.stopDate ?? startDate).replace(/\.\d+Z$/, 'Z'),
    'region': region,
    'resources': [arn],
    'detail': {
      executionArn: arn,
      stateMachineArn,
      name,
      status: result?.status ?? 'RUNNING',
      startDate: Date.parse(startDate),
      stopDate: result ? Date.parse(result.stopDate) : null,
      input: hasInput ? input : null,
      output: hasOutput ? output : null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
      inputDetails: { included: hasInput },
      outputDetails: output === null ? null : { included: hasOutput },
      error: result?.error ?? null,
      cause: result?.cause ?? null,
    },
  };
}

/** An event has the data as JSON in JSON. */
function escapedBytes(json: string): number {
  return Buffer.byteLength(JSON.stringify(json));
}
