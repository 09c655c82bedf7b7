import { TargetInput } from './event';
import { CloudAssembly } from '../../app/cloud-assembly';
import { UnresolvedValueError } from '../../app/errors';
import { Resource } from '../../app/template';

/** A target of a rule. */
export interface RuleTarget extends TargetInput {
  readonly Id: string;
  readonly Arn: string;
  readonly RoleArn?: string;
}

/** A rule that takes events of AWS. */
export interface EventRule {
  /** Construct path, or logical id. */
  readonly path: string;
  /** All that a fault may call it. */
  readonly names: readonly string[];
  readonly name: string;
  readonly arn: string;
  readonly pattern: unknown;
  readonly targets: readonly RuleTarget[];
}

const DEFAULT_BUS = 'default';

/**
 * The rules of the app that events of AWS reach: those on the default bus that are enabled and have a pattern.
 *
 * @param warn Told of rules that only a deployment would know
 */
export function eventRules(assembly: CloudAssembly, warn: (message: string) => void): EventRule[] {
  return assembly.resources('AWS::Events::Rule').flatMap((resource) => {
    try {
      return takesEvents(resource) ? [ruleOf(resource)] : [];
    } catch (error) {
      if (!(error instanceof UnresolvedValueError)) {
        throw error;
      }
      warn(`the rule ${resource.label} gets no events: ${error.message}`);
      return [];
    }
  });
}

function takesEvents(rule: Resource): boolean {
  const bus = rule.text('EventBusName') ?? DEFAULT_BUS;
  if (bus.replace(/^.*\//, '') !== DEFAULT_BUS || rule.text('State') === 'DISABLED') {
    return false;
  }
  return rule.property('EventPattern') !== undefined;
}

function ruleOf(rule: Resource): EventRule {
  return {
    path: rule.constructPath || rule.label,
    names: [rule.label, rule.constructPath, rule.ref],
    name: rule.ref,
    arn: rule.attribute(),
    pattern: rule.property('EventPattern'),
    targets: (rule.property('Targets') ?? []) as RuleTarget[],
  };
}
