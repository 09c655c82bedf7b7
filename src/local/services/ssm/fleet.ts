import { INSTANCE_ID } from './shapes';
import { AwsError, validationError } from '../../aws/aws-error';

export type Platform = 'Linux' | 'Windows' | 'MacOS';

/**
 * What can go wrong on an instance.
 *
 * - `neverAnswers`: the agent does not take the command; it stays Pending until SSM gives up: DeliveryTimedOut
 * - `undeliverable`, `accessDenied`, `invalidPlatform`: the invocation ends so at once
 * - `dies`: `afterSeconds` after the script began, the instance is gone with all its processes; SSM does not know, and ends the
 *   invocation as DeliveryTimedOut after delivery and execution timeout
 * - `reboots`: the same, but the instance comes back, and its agent reports a minute later that it has lost the document: Failed, 1
 * - `workerKilled`: the agent loses the process that runs the document, and says so at once: Failed, 1; the script lives on
 * - `diskFull`: the agent cannot keep the document: Failed, 1; the script does not begin
 */
export interface InstanceFault {
  readonly kind: 'neverAnswers' | 'undeliverable' | 'accessDenied' | 'invalidPlatform' | 'dies' | 'reboots' | 'workerKilled' | 'diskFull';
  /**
   * Seconds of the clock after the script began, or after the fault was set while it ran, for `dies`, `reboots` and `workerKilled`.
   *
   * @default 0
   */
  readonly afterSeconds?: number;
}

/** An instance that can be sent commands. */
export interface InstanceSpec {
  /** `i-…` or `mi-…` */
  readonly instanceId: string;
  /** @default 'Linux' */
  readonly platform?: Platform;
  /** @default - none */
  readonly tags?: { readonly [key: string]: string };
  /**
   * Names of the resource groups that it is in.
   *
   * @default - none
   */
  readonly resourceGroups?: readonly string[];
  /**
   * What DescribeInstanceInformation says. An instance with a lost connection takes no commands.
   *
   * @default 'Online'
   */
  readonly ping?: 'Online' | 'ConnectionLost';
  /** @default - it works */
  readonly fault?: InstanceFault;
}

/** A target of SendCommand. */
export interface Target {
  readonly Key?: string;
  readonly Values?: readonly string[];
}

/** An instance of the fleet. */
export interface Instance extends InstanceSpec {
  readonly platform: Platform;
  readonly tags: { readonly [key: string]: string };
  readonly resourceGroups: readonly string[];
  ping: 'Online' | 'ConnectionLost';
  /** When its agent sent its last ping, if the connection is lost; milliseconds since the epoch. */
  lastPingAt?: number;
  fault?: InstanceFault;
}

/** With all that is not said of it. */
export function instanceOf(spec: InstanceSpec): Instance {
  return { platform: 'Linux', tags: {}, resourceGroups: [], ping: 'Online', ...spec };
}

/** The instances that SSM knows. */
export class Fleet {
  private readonly instances = new Map<string, Instance>();

  /** @param any whether every well-formed ID is an instance (Linux, without tags) */
  constructor(specs: readonly InstanceSpec[], private readonly any: boolean) {
    for (const spec of specs) {
      if (!INSTANCE_ID.test(spec.instanceId)) {
        throw new Error(`instanceId must be i- or mi- and 8 or 17 characters, got: ${spec.instanceId}`);
      }
      if (this.instances.has(spec.instanceId)) {
        throw new Error(`instanceId must be unique, got twice: ${spec.instanceId}`);
      }
      this.instances.set(spec.instanceId, instanceOf(spec));
    }
  }

  /** In the order of the options, then as they were first asked for. */
  public list(): Instance[] {
    return [...this.instances.values()];
  }

  public find(instanceId: string): Instance | undefined {
    if (this.any && INSTANCE_ID.test(instanceId) && !this.instances.has(instanceId)) {
      this.instances.set(instanceId, instanceOf({ instanceId }));
    }
    return this.instances.get(instanceId);
  }

  /** @throws Error where there is no such instance */
  public get(instanceId: string): Instance {
    const instance = this.find(instanceId);
    if (!instance) {
      throw new Error(`instanceId must be an instance of the fleet, got: ${instanceId}`);
    }
    return instance;
  }

  /** Breaks an instance, or mends it. */
  public setFault(instanceId: string, fault: InstanceFault | undefined): void {
    const instance = this.get(instanceId);
    instance.fault = fault;
    instance.ping = 'Online';
    instance.lastPingAt = undefined;
  }

  /** @throws InvalidInstanceId, DuplicateInstanceId */
  public require(instanceIds: readonly string[], accountId: string): Instance[] {
    const twice = instanceIds.find((id, index) => instanceIds.indexOf(id) !== index);
    if (twice) {
      throw new AwsError('DuplicateInstanceId', `the instance ID ${twice} is given more than once`);
    }
    const unknown = instanceIds.filter((id) => !this.find(id));
    if (unknown.length > 0) {
      throw new AwsError('InvalidInstanceId',
        `Instances [[${unknown.join(', ')}]] not in a valid state for account ${accountId}`);
    }
    return instanceIds.map((id) => this.find(id)!);
  }

  /** The instances that match every target. */
  public match(targets: readonly Target[]): Instance[] {
    for (const { Key: key = '', Values: values = [] } of targets) {
      if (/^InstanceIds$/i.test(key)) {
        values.forEach((id) => this.find(id));
      }
    }
    return this.list().filter((instance) => targets.every((target) => matches(instance, target)));
  }
}

/**
 * Whether an instance is one of those that a target means.
 *
 * @throws ValidationException for a key that SSM does not know
 */
export function matches(instance: Instance, { Key: key = '', Values: values = [] }: Target): boolean {
  if (/^InstanceIds$/i.test(key)) {
    return values.includes(instance.instanceId) || values.includes('*');
  }
  if (key === 'tag-key') {
    return values.some((value) => Object.hasOwn(instance.tags, value));
  }
  if (key.startsWith('tag:')) {
    const tag = instance.tags[key.slice('tag:'.length)];
    return tag !== undefined && values.includes(tag);
  }
  if (key === 'resource-groups:Name') {
    return values.some((value) => instance.resourceGroups.includes(value));
  }
  if (key === 'resource-groups:ResourceTypeFilters') {
    return values.includes('AWS::EC2::Instance');
  }
  throw validationError(`the key of a target must be tag:KEY, tag-key, resource-groups:Name or InstanceIds, got: ${key}`);
}
