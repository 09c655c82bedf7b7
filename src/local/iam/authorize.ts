import { createRequire } from 'node:module';
import * as path from 'node:path';
import { NamedPolicy, policiesOfRole, RolePolicies } from './role-policies';
import { aboutEverything, hasUndocumentedResource, withDocumentAccount } from './simulator-gaps';
import { CloudAssembly } from '../app/cloud-assembly';
import { UsageError } from '../app/errors';

/** The package that decides, when it is installed. */
export const SIMULATOR_PACKAGE = '@cloud-copilot/iam-simulate';

/** What is read of the simulator's interface. */
interface Simulator {
  runSimulation(
    simulation: object,
    options: object,
  ): Promise<{
    readonly resultType: 'error' | 'single' | 'wildcard';
    readonly overallResult?: 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';
    readonly errors?: { readonly message: string };
  }>;
}

/** A call of an AWS service, as IAM sees it. */
export interface AccessRequest {
  readonly roleArn: string;
  /** Who assumed the role: a function's name, or an execution. */
  readonly session: string;
  /** E.g. `ssm:SendCommand`. */
  readonly action: string;
  readonly resource: string;
  /** Tags of the resource, for `ssm:resourceTag/KEY` and `aws:ResourceTag/KEY`. */
  readonly tags?: { readonly [key: string]: string };
}

export interface AccessDecision {
  readonly allowed: boolean;
  /** AWS's own words; empty when allowed. */
  readonly message: string;
}

const ALLOWED: AccessDecision = { allowed: true, message: '' };

/**
 * Decides whether a role of the app may do something, by the policies in its templates.
 *
 * The decision is made by `@cloud-copilot/iam-simulate`, which is loaded at run time if the user has installed it, and is never a
 * dependency or part of a bundle: it is licensed under the AGPL, which an Apache-licensed library must not impose on those who
 * install it, and it comes to 19 MB (15 of them the list of all actions of AWS).
 */
export class Authorizer {
  /**
   * @param folders Where to look for the simulator; by default where this package is installed, and the present folder
   * @returns undefined if the simulator is not installed
   */
  public static load(assembly: CloudAssembly, folders: string[] = [__dirname, process.cwd()]): Authorizer | undefined {
    for (const folder of folders) {
      const load = createRequire(path.join(folder, 'index.js'));
      try {
        load.resolve(SIMULATOR_PACKAGE);
      } catch {
        continue;
      }
      return new Authorizer(assembly, load(SIMULATOR_PACKAGE) as Simulator);
    }
    return undefined;
  }

  /** @throws UsageError if the simulator is not installed */
  public static require(assembly: CloudAssembly, folders?: string[]): Authorizer {
    const authorizer = Authorizer.load(assembly, folders);
    if (authorizer) {
      return authorizer;
    }
    throw new UsageError(
      `--authorize needs the package ${SIMULATOR_PACKAGE}, which is not installed: npm install --save-dev ${SIMULATOR_PACKAGE}`,
    );
  }

  private readonly roles = new Map<string, RolePolicies | undefined>();
  private readonly decisions = new Map<string, Promise<AccessDecision>>();

  private constructor(
    private readonly assembly: CloudAssembly,
    private readonly simulator: Simulator,
  ) {}

  /** The decision for one action on one resource. The same question is simulated once. */
  public async decide(request: AccessRequest): Promise<AccessDecision> {
    const key = JSON.stringify([request.roleArn, request.session, request.action, request.resource, request.tags]);
    const known = this.decisions.get(key);
    if (known) {
      return known;
    }
    const decision = this.simulate(request);
    this.decisions.set(key, decision);
    return decision;
  }

  private async simulate(request: AccessRequest): Promise<AccessDecision> {
    const { roleArn, action, resource } = request;
    const role = this.policies(roleArn);
    if (role === undefined) {
      return denied(request, 'a role that this app does not have', 'its policies are not known here');
    }
    const accountId = roleArn.split(':')[4];
    const onWildcard = hasUndocumentedResource(action);
    const simulated = (policies: NamedPolicy[]): NamedPolicy[] =>
      policies.map(({ name, policy }) => ({ name, policy: withDocumentAccount(onWildcard ? aboutEverything(policy, resource) : policy) }));
    const result = await this.simulator.runSimulation(
      {
        request: {
          action,
          principal: roleArn,
          resource: { resource: onWildcard ? '*' : withDocumentAccount(resource), accountId },
          contextVariables: contextOf(request),
        },
        identityPolicies: simulated(role.identityPolicies),
        permissionBoundaryPolicies: role.boundary && simulated([role.boundary]),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    );
    if (result.overallResult === 'Allowed') {
      return ALLOWED;
    }
    const why =
      result.resultType === 'error'
        ? `the request can not be simulated: ${JSON.stringify(result.errors)}`
        : reason(request, role, result.overallResult === 'ExplicitlyDenied');
    return denied(request, role.roleName, why);
  }

  /** Forgets what it knows of roles: a deployment has changed them. */
  public forget(): void {
    this.roles.clear();
    this.decisions.clear();
  }

  private policies(roleArn: string): RolePolicies | undefined {
    if (!this.roles.has(roleArn)) {
      this.roles.set(roleArn, policiesOfRole(this.assembly, roleArn));
    }
    return this.roles.get(roleArn);
  }
}

function contextOf({ tags = {} }: AccessRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`ssm:resourceTag/${key}`, value],
      [`aws:ResourceTag/${key}`, value],
    ]),
  );
}

function reason({ action }: AccessRequest, { unknown, boundary }: RolePolicies, explicit: boolean): string {
  if (explicit) {
    return 'with an explicit deny in an identity-based policy';
  }
  const aside = unknown.length > 0 ? ` (not known here, so not counted: ${unknown.join(', ')})` : '';
  const limit = boundary ? ` within the permissions boundary ${boundary.name}` : '';
  return `because no identity-based policy allows the ${action} action${limit}${aside}`;
}

function denied({ roleArn, session, action, resource }: AccessRequest, roleName: string, why: string): AccessDecision {
  const [, partition, , , account] = roleArn.split(':');
  const user = `arn:${partition}:sts::${account}:assumed-role/${roleName}/${session}`;
  return { allowed: false, message: `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}` };
}
