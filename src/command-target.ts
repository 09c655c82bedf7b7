import { IAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { TargetSettings } from './protocol';
import { isKnown, refuse, refuseListToken } from './validation';

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Target.html */
const MAX_VALUES = 50;
/** The tag of the instances of an Auto Scaling group. */
const AUTO_SCALING_TAG = 'aws:autoscaling:groupName';

const TAG_KEY_PATTERN = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;

/**
 * Where a command runs, for instances that are not named one by one: SSM finds them when a run starts.
 *
 * Several targets narrow each other down: an instance must match all of them.
 *
 * @example
 * new CotsBatchJob(this, 'Index', { command, targets: [CommandTarget.tag('Role', 'crawler', 'indexer'), CommandTarget.tag('Stage', 'prod')] });
 */
export class CommandTarget {
  /**
   * The instances that have a tag with one of the values.
   *
   * @param key the key of the tag
   * @param values one of these is the value of the tag, at most 50
   * @throws if the key is no tag key, or there are no values, or too many.
   */
  public static tag(key: string, ...values: string[]): CommandTarget {
    if (!isKnown(key)) {
      refuse('the key of a tag target', 'must be known at synth, because an IAM condition is named after it', key);
    }
    if (!TAG_KEY_PATTERN.test(key)) {
      refuse('the key of a tag target', `must match ${TAG_KEY_PATTERN.source}`, key);
    }
    refuseListToken(`the target tag:${key}`, values);
    if (values.length < 1 || values.length > MAX_VALUES) {
      refuse(`the target tag:${key}`, `must have between 1 and ${MAX_VALUES} values`, values);
    }
    return new CommandTarget({ key: `tag:${key}`, values }, key);
  }

  /**
   * The instances of an Auto Scaling group, as many as there are when a run starts. They are known by the tag that EC2 Auto Scaling gives
   * them, which nobody can give to another instance.
   *
   * An instance that the group terminates while the program runs there takes the program with it, and the run ends as `Unresponsive`.
   *
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
   */
  public static autoScalingGroup(group: IAutoScalingGroup): CommandTarget {
    return new CommandTarget({ key: `tag:${AUTO_SCALING_TAG}`, values: [group.autoScalingGroupName] }, AUTO_SCALING_TAG, true);
  }

  /**
   * The instances of a resource group.
   *
   * IAM cannot tell the members of a group from other instances: the job may then send its own document, and no other, to every
   * instance of the account and region.
   *
   * @throws if the name is empty.
   */
  public static resourceGroup(name: string): CommandTarget {
    if (name === '') {
      refuse('the name of a resource group', 'must not be empty', name);
    }
    return new CommandTarget({ key: 'resource-groups:Name', values: [name] });
  }

  private constructor(
    /** @internal */
    public readonly _settings: TargetSettings,
    /** @internal */
    public readonly _tagKey?: string,
    /**
     * Whether no hybrid server can match.
     *
     * @internal
     */
    public readonly _isEc2: boolean = false,
  ) {}
}
