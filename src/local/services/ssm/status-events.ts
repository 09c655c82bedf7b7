import { randomUUID } from 'node:crypto';
import { statusOf } from './answers';
import { Command, Invocation, isTerminal, STATUS_OF } from './command';
import { Clock } from '../../aws/clock';
import { instanceArn, Place } from '../../aws/place';
import { AwsEvent } from '../events/event';

/** The event of a command names no more than this: what SSM does for large fleets is not documented. */
const MAX_RESOURCES = 50;

/**
 * What SSM reports to EventBridge when a command or one of its invocations gets another status.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html
 */
export class StatusEvents {
  /** The status that was reported last. */
  private readonly reported = new WeakMap<Command, string>();

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
    private readonly publish: (event: AwsEvent, command: Command) => void,
  ) {}

  /** @param invocation The one that has got another status; none if the command has no instances */
  public report(command: Command, invocation?: Invocation): void {
    if (invocation) {
      this.reportInvocation(command, invocation);
    }
    const before = this.reported.get(command) ?? 'Pending';
    // Of a large fleet, most changes of one instance change nothing for the command.
    const goesOn = before === 'InProgress' && invocation?.details !== 'Cancelling';
    if (goesOn && !command.invocations.every(({ details }) => isTerminal(details))) {
      return;
    }
    const { status } = statusOf(command);
    if (status === before) {
      return;
    }
    this.reported.set(command, status);
    this.reportCommand(command, status);
  }

  private reportInvocation(command: Command, { instance, details }: Invocation): void {
    const arn = instanceArn(instance.instanceId, this.place);
    this.publish(this.event('EC2 Command Invocation Status-change Notification', [arn], {
      ...common(command),
      'instance-id': instance.instanceId,
      'status': STATUS_OF[details],
    }), command);
  }

  private reportCommand(command: Command, status: string): void {
    const arns = command.invocations.slice(0, MAX_RESOURCES).map(({ instance }) => instanceArn(instance.instanceId, this.place));
    this.publish(this.event('EC2 Command Status-change Notification', arns, {
      ...common(command),
      'expire-after': new Date(command.expiresAt).toISOString(),
      'parameters': command.input.Parameters ?? {},
      status,
    }), command);
  }

  private event(detailType: string, resources: string[], detail: AwsEvent['detail']): AwsEvent {
    const { region, account } = this.place;
    return {
      'version': '0',
      'id': randomUUID(),
      'detail-type': detailType,
      'source': 'aws.ssm',
      account,
      'time': new Date(this.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      'region': region,
      resources,
      detail,
    };
  }
}

function common({ commandId, document, requestedAt }: Command): AwsEvent['detail'] {
  return {
    'command-id': commandId,
    'document-name': document.name,
    'requested-date-time': new Date(requestedAt).toISOString(),
  };
}
