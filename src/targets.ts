import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { CommandTarget } from './command-target';
import { Right } from './handlers/growing-rights';
import { MAX_INSTANCE_IDS, TargetSettings } from './protocol';
import { refuseNameFromElsewhere } from './references';
import { refuse, refuseListToken } from './validation';

const EC2_INSTANCE_ID = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/;
const MANAGED_INSTANCE_ID = /^mi-[0-9a-f]{17}$/;

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
const MAX_TARGETS = 5;

/**
 * What one role can name one by one: they take eight of the ten managed policies that IAM allows it, and the rest is for the documents of
 * the jobs. Larger fleets are found by tag.
 */
export const MAX_INSTANCES = 500;

export interface RunTargetsProps {
  readonly instanceIds?: string[];
  readonly targets?: CommandTarget[];
}

/**
 * Where the job runs: instances that are named, or instances that SSM finds.
 */
export class RunTargets {
  public readonly instanceIds: string[];
  public readonly targets: TargetSettings[];
  private readonly tagged: CommandTarget[];

  constructor(scope: IConstruct, props: RunTargetsProps) {
    if ((props.instanceIds === undefined) === (props.targets === undefined)) {
      refuse('CotsBatchJob', 'must have either instanceIds or targets', {
        instanceIds: props.instanceIds ?? 'none', targets: props.targets?.map((target) => target._settings.key) ?? 'none',
      });
    }
    this.instanceIds = props.instanceIds ?? [];
    this.tagged = props.targets ?? [];
    this.targets = this.tagged.map((target) => target._settings);

    if (props.instanceIds) {
      checkInstanceIds(props.instanceIds);
      props.instanceIds.forEach((id) => refuseNameFromElsewhere(scope, 'instanceIds', id));
    } else {
      checkTargets(this.targets);
      this.tagged.filter((target) => target._isEc2).forEach(({ _settings }) => refuseNameFromElsewhere(scope, 'targets', _settings.values[0]));
    }
  }

  /** How many commands it takes to reach them all. */
  public get commandCount(): number {
    return Math.max(1, Math.ceil(this.instanceIds.length / MAX_INSTANCE_IDS));
  }

  /** Whether every instance that may be sent to is known by its tags, and IAM can tell it from others. */
  public get hasOnlyTags(): boolean {
    return this.tagged.length > 0 && this.tagged.every((target) => target._tagKey !== undefined);
  }

  /**
   * The right to send to these instances and no others. The document needs one of its own.
   */
  public sendRights(scope: IConstruct): Right[] {
    const stack = Stack.of(scope);
    const ec2 = (id: string) => stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: id });
    const hybrid = (id: string) => stack.formatArn({ service: 'ssm', resource: 'managed-instance', resourceName: id });
    const actions = ['ssm:SendCommand'];

    if (this.targets.length > 0) {
      const tags = this.tagged.filter((target) => target._tagKey !== undefined);
      const condition = Object.fromEntries(tags.map((target) => [`ssm:resourceTag/${target._tagKey}`, target._settings.values]));
      const conditions = tags.length > 0 ? { StringEquals: condition } : undefined;
      return [{ actions, on: 'any', resources: [ec2('*'), ...tags.some(({ _isEc2 }) => _isEc2) ? [] : [hybrid('*')]], conditions }];
    }
    const [hybridIds, ec2Ids] = partition(this.instanceIds, (id) => MANAGED_INSTANCE_ID.test(id));
    return [
      { actions, on: 'instance', resources: ec2Ids.map(ec2) },
      { actions, on: 'managed-instance', resources: hybridIds.map(hybrid) },
    ];
  }
}

function checkInstanceIds(ids: string[]): void {
  refuseListToken('instanceIds', ids);
  if (ids.length === 0) {
    refuse('instanceIds', 'must have at least one ID', ids);
  }
  if (ids.length > MAX_INSTANCES) {
    refuse('instanceIds', `must not have more than ${MAX_INSTANCES} IDs, because an IAM role cannot name more; use targets`, ids.length);
  }
  for (const id of ids) {
    if (!Token.isUnresolved(id) && !EC2_INSTANCE_ID.test(id) && !MANAGED_INSTANCE_ID.test(id)) {
      refuse('instanceIds', 'must be IDs of EC2 instances (i-…) or hybrid servers (mi-…)', id);
    }
  }
  const duplicate = ids.find((id, index) => ids.indexOf(id) !== index);
  if (duplicate !== undefined) {
    refuse('instanceIds', 'must not have the same ID twice', duplicate);
  }
}

function checkTargets(targets: TargetSettings[]): void {
  const keys = targets.map((target) => target.key);
  if (targets.length === 0 || targets.length > MAX_TARGETS) {
    refuse('targets', `must have between 1 and ${MAX_TARGETS} targets`, keys);
  }
  if (new Set(keys).size !== keys.length) {
    refuse('targets', 'must not have the same key twice; one target takes several values', keys);
  }
  if (keys.length > 1 && keys.some((key) => key.startsWith('resource-groups:'))) {
    refuse('targets', 'must not combine a resource group with other targets', keys);
  }
}

function partition<T>(items: T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
