import { Aws, Fn, Names, RemovalPolicy } from 'aws-cdk-lib';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface LogGroupOptions {
  readonly encryptionKey?: IKey;
  /** @default RetentionDays.THREE_MONTHS */
  readonly workflowLogRetention?: RetentionDays;
  /** @default RemovalPolicy.DESTROY */
  readonly workflowLogRemovalPolicy?: RemovalPolicy;
}

/** The log group of handlers and state machines. */
export function workflowLogGroup(scope: Construct, options: LogGroupOptions): LogGroup {
  return new LogGroup(scope, 'LogGroup', {
    logGroupName: vendedLogGroupName(scope),
    retention: options.workflowLogRetention ?? RetentionDays.THREE_MONTHS,
    encryptionKey: options.encryptionKey,
    removalPolicy: options.workflowLogRemovalPolicy ?? RemovalPolicy.DESTROY,
  });
}

/**
 * The log group of the marks that Close run leaves, which are empty streams. Whoever may make a stream there could keep a report back, and
 * IAM does not ask for the name of a stream: it is one of its own, and nobody else has a right to it.
 */
export function marksLogGroup(scope: Construct, options: LogGroupOptions, id: string = 'Marks'): LogGroup {
  return new LogGroup(scope, id, {
    retention: options.workflowLogRetention ?? RetentionDays.THREE_MONTHS,
    encryptionKey: options.encryptionKey,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/**
 * A name that Step Functions need not list: log groups with any other prefix are added to one resource policy of the account and
 * region, which is full after some 40 of them. It has the ID of the stack in it, so that a template can be deployed twice, and again
 * where an earlier log group was kept.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
 */
function vendedLogGroupName(scope: Construct): string {
  return `/aws/vendedlogs/states/${Names.uniqueResourceName(scope, {})}-${stackUuid()}`;
}

/** Tells apart all stacks there ever were. */
export function stackUuid(): string {
  return Fn.select(2, Fn.split('/', Aws.STACK_ID));
}
