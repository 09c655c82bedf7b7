import { CloudAssembly } from '../../app/cloud-assembly';
import { Resource } from '../../app/template';

const ACTION = 'lambda:InvokeFunction';

/** A service that invokes a function for one of its own resources. */
export interface InvokingService {
  /** E.g. `events.amazonaws.com`. */
  readonly principal: string;
  /** E.g. the ARN of a rule. */
  readonly sourceArn: string;
}

/**
 * Holds an invocation against the permissions of a function, which make its resource-based policy.
 *
 * @param invoked The function
 * @param find Finds a function by its name or ARN
 * @returns why it is not allowed, or undefined if it is
 */
export function invocationDenial(
  assembly: CloudAssembly,
  invoked: Resource,
  { principal, sourceArn }: InvokingService,
  find: (reference: string) => Resource | undefined,
): string | undefined {
  const account = sourceArn.split(':')[4];
  const allowed = assembly.resources('AWS::Lambda::Permission').some((permission) =>
    [ACTION, 'lambda:*', '*'].includes(permission.text('Action') ?? '') &&
    [principal, '*'].includes(permission.text('Principal') ?? '') &&
    find(permission.text('FunctionName') ?? '') === invoked &&
    isLike(permission.text('SourceArn'), sourceArn) &&
    isLike(permission.text('SourceAccount'), account));
  if (allowed) {
    return undefined;
  }
  return `${principal} is not authorized to perform: ${ACTION} on resource: ${invoked.attribute()} ` +
    `because no resource-based policy allows the ${ACTION} action for ${sourceArn}`;
}

/** Whether an ARN, or an account, is what a permission asks for. It may have `*` and `?`. */
function isLike(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) {
    return true;
  }
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}
