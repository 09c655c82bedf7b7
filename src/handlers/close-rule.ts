import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Of which executions, and who closes them. */
export interface CloseRuleProps {
  /** Whose runs they are: `batch job Nightly`. */
  readonly subject: string;
  /** Of one state machine, or what those of several begin with. */
  readonly stateMachineArn: string | { readonly prefix: string };
  readonly handler: IFunction;
  readonly deadLetterQueue?: IQueue;
}

/**
 * Invokes the handler that closes, whenever an execution ends otherwise than by itself: stopped, timed out, or by a fault that no state can
 * catch. The workflow runs no further state then, so that a rule has to see it.
 */
export function closeRule(scope: Construct, { subject, stateMachineArn, handler, deadLetterQueue }: CloseRuleProps): Rule {
  // EventBridge needs the key of an encrypted queue as Lambda does. CDK lets it use the queue only.
  deadLetterQueue?.encryptionMasterKey?.grant(new ServicePrincipal('events.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
  return new Rule(scope, 'CloseRule', {
    description: `Runs of ${subject} that did not succeed`,
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [stateMachineArn] },
    },
    targets: [new LambdaFunction(handler, { event: RuleTargetInput.fromEventPath('$.detail'), deadLetterQueue })],
  });
}
