import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** The right to make the same calls on some resources of a kind. */
export interface Right {
  readonly actions: string[];
  readonly on: keyof typeof MOST_ARNS;
  readonly resources: string[];
  readonly conditions?: { [operator: string]: unknown };
}

/**
 * How many ARNs of a kind a statement has. It must fit into a managed policy, of 6,144 characters, where region, partition and names
 * are the longest there are; and a policy for every few of them would soon be more than the ten that a role takes.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MOST_ARNS = { 'any': 2, 'document': 31, 'instance': 68, 'managed-instance': 68, 'bucket': 68, 'topic': 17 };

/**
 * The rights of a role that grow with the jobs it serves. What they have in common is there once, and resources of a kind fill up
 * statements: one statement for each job would soon be more than a role can hold.
 */
export class GrowingRights {
  private readonly growing = new Map<string, { readonly allowed: Set<string>; room?: PolicyStatement }>();

  constructor(private readonly role: IRole) {}

  /** Allows what is not allowed yet. */
  public allow({ actions, on, resources, conditions }: Right): void {
    const key = JSON.stringify([on, actions, conditions]);
    const grown = this.growing.get(key) ?? { allowed: new Set<string>() };
    this.growing.set(key, grown);
    let rest = resources.filter((resource) => !grown.allowed.has(resource));
    rest.forEach((resource) => grown.allowed.add(resource));

    // A statement of which CDK has made a policy early is frozen.
    if (grown.room && !grown.room.frozen) {
      const fitting = rest.slice(0, MOST_ARNS[on] - grown.room.resources.length);
      grown.room.addResources(...fitting);
      rest = rest.slice(fitting.length);
    }
    for (; rest.length > 0; rest = rest.slice(MOST_ARNS[on])) {
      grown.room = this.add(new PolicyStatement({ actions, resources: rest.slice(0, MOST_ARNS[on]), conditions }));
    }
  }

  /** Returns the statement where it may still grow. */
  private add(statement: PolicyStatement): PolicyStatement | undefined {
    this.role.addToPrincipalPolicy(statement);
    // A role that somebody else makes (`Role.customizeRoles`) has no policy, but has taken a copy of the statement.
    return this.role.node.tryFindChild('DefaultPolicy') && statement;
  }
}
