import { IResource, Reference, Resource, ResourceEnvironment, Stack, Tokenization } from 'aws-cdk-lib';
import { IGrantable } from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { isKnown, refuse } from './validation';

/*
 * What a job refers to may be of another account or region, as far as both are known at synth. Nothing is refused where one is not.
 *
 * In all of these, `job` is the state machine of a job, or whatever is in its stack.
 */

/**
 * Refuses a resource of another region: neither Step Functions nor Run Command reaches it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
 */
export function refuseOtherRegion(job: IConstruct, prop: string, resource: IResource | undefined): void {
  refuseElsewhere(prop, 'be', 'region', placeOf(job).region, resource?.env.region);
}

/**
 * Refuses a resource of another account, for what is known by its name only.
 */
export function refuseOtherAccount(job: IConstruct, prop: string, resource: IResource | undefined): void {
  refuseElsewhere(prop, 'be', 'account', placeOf(job).account, resource?.env.account);
}

/**
 * Refuses a resource that is made in a stack of another account, for what may be there: its policy would have to name roles of the job, and
 * CDK does not know their names.
 *
 * @param reference its ARN or its name, as the job uses it
 * @param instead what it may be, too
 */
export function refuseMadeInOtherAccount(job: IConstruct, prop: string, reference: string | undefined, instead: string): void {
  stacksOf(reference).forEach((stack) => refuseElsewhere(prop, 'be made', 'account', placeOf(job).account, stack.account, { instead }));
}

/**
 * The same for a region.
 */
export function refuseMadeInOtherRegion(job: IConstruct, prop: string, reference: string | undefined, instead: string): void {
  stacksOf(reference).forEach((stack) => refuseElsewhere(prop, 'be made', 'region', placeOf(job).region, stack.region, { instead }));
}

/**
 * Refuses a construct of a stack of another account or region.
 */
export function refuseMadeElsewhere(job: IConstruct, prop: string, construct: IConstruct, instead: string): void {
  const [place, stack] = [placeOf(job), Stack.of(construct)];
  refuseElsewhere(prop, 'be made', 'account', place.account, stack.account, { instead });
  refuseElsewhere(prop, 'be made', 'region', place.region, stack.region, { instead });
}

/** Whether a name is known in the stack of the job. That of a resource of another region or account is, if somebody has given it one. */
export function hasName(job: IConstruct, name: string): boolean {
  try {
    Stack.of(job).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Refuses what is in another region than the job. @param region of which nothing may be known */
export function refuseRegion(job: IConstruct, prop: string, region: string | undefined): void {
  refuseElsewhere(prop, 'be', 'region', placeOf(job).region, region || undefined);
}

/**
 * Refuses a name or an ID of something that is made in a stack of another account or region.
 */
export function refuseNameFromElsewhere(job: IConstruct, prop: string, name: string): void {
  const { account, region } = placeOf(job);
  for (const stack of stacksOf(name)) {
    refuseElsewhere(prop, 'be', 'account', account, stack.account);
    refuseElsewhere(prop, 'be', 'region', region, stack.region);
  }
}

/**
 * Refuses to give rights to a principal of another account: the policies of its own account are not enough, and what it would use has none.
 */
export function refuseOtherPrincipal(method: string, job: IConstruct, grantee: IGrantable): void {
  refuseElsewhere(method, 'be for a principal', 'account', placeOf(job).account, grantee.grantPrincipal.principalAccount);
}

/**
 * Refuses to use a job in a stack of another region or account.
 *
 * @param reason why it would not work
 */
export function refuseUseElsewhere(scope: IConstruct, method: string, stateMachine: IResource, reason: string): void {
  const { region, account } = Stack.of(scope);
  refuseElsewhere(method, 'be used', 'region', stateMachine.env.region, region, { reason });
  refuseElsewhere(method, 'be used', 'account', stateMachine.env.account, account, { reason });
}

function refuseElsewhere(
  what: string, verb: string, place: 'region' | 'account', ofJob: string, other: string | undefined, more: { instead?: string; reason?: string } = {},
): void {
  if (isKnown(other) && isKnown(ofJob) && other !== ofJob) {
    const { instead, reason } = more;
    refuse(what, `must ${verb} in the ${place} of the job (${ofJob})${instead ? `, or ${instead}` : ''}${reason ? `, because ${reason}` : ''}`, other);
  }
}

/** Of a job that is imported, it is that of its state machine, and not of the stack. */
function placeOf(job: IConstruct): ResourceEnvironment {
  return Resource.isResource(job) ? job.env : Stack.of(job);
}

/** The stacks that make what a text refers to. */
function stacksOf(text: string | undefined): Stack[] {
  const { tokens } = Tokenization.reverseString(text ?? '');
  return tokens.filter((token) => Reference.isReference(token)).map((token) => Stack.of((token as Reference).target));
}
