import { ArnFormat, Names, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html */
const MAX_LENGTH = 80;

/** Of what is unique to a set of handlers, so much that the names of its jobs have room, too. */
const MAX_PREFIX_LENGTH = 32;

/**
 * The names of state machines that share handlers. They begin alike, so that roles and rules can tell them from all others
 * without naming each: an event pattern has no room for a hundred ARNs.
 */
export class MachineNames {
  private readonly prefix: string;

  constructor(handlers: IConstruct) {
    this.prefix = `${Names.uniqueResourceName(handlers, { maxLength: MAX_PREFIX_LENGTH - 1 })}-`;
  }

  /** The name of a job's state machine. */
  public of(job: IConstruct): string {
    return this.prefix + Names.uniqueResourceName(job, { maxLength: MAX_LENGTH - this.prefix.length });
  }

  /** What the ARNs of the state machines begin with. */
  public arnPrefix(scope: IConstruct): string {
    return Stack.of(scope).formatArn({
      service: 'states', resource: 'stateMachine', resourceName: this.prefix, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  /** All state machines, as a policy has them. */
  public arns(scope: IConstruct): string {
    return `${this.arnPrefix(scope)}*`;
  }

  /** All their executions, as a policy has them. */
  public executionArns(scope: IConstruct): string {
    return Stack.of(scope).formatArn({
      service: 'states', resource: 'execution', resourceName: `${this.prefix}*:*`, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
