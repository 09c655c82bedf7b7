/** Calls that IAM decides about by a resource, although its reference has no resource type for them. */
const ACTIONS = /^states:SendTask(Success|Failure|Heartbeat)$/i;

/** A statement of a policy, as far as it says what it is about. */
interface Statement {
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
}

interface PolicyDocument {
  readonly Statement?: Statement | readonly Statement[];
}

/** Whether the reference of IAM has no resource type for an action that has one. */
export function hasUndocumentedResource(action: string): boolean {
  return ACTIONS.test(action);
}

/**
 * A policy with what it says about one resource, said about `*`: for such actions, the simulator takes nothing else.
 *
 * @see https://github.com/aws/aws-cdk/pull/8486
 */
export function aboutEverything(policy: unknown, arn: string): object {
  const { Statement: statements = [], ...document } = policy as PolicyDocument;
  return {
    ...document,
    Statement: [statements].flat().filter((statement) => isAbout(statement, arn)).map(({ Resource, NotResource, ...statement }) => (
      { ...statement, Resource: '*' }
    )),
  };
}

function isAbout({ Resource, NotResource }: Statement, arn: string): boolean {
  const matches = (patterns: string | readonly string[]) => [patterns].flat().some((pattern) => matchesPattern(pattern, arn));
  return NotResource === undefined ? matches(Resource ?? []) : !matches(NotResource);
}

function matchesPattern(pattern: string, arn: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(arn);
}

/** In a document's ARN: the account is empty. Partition and region may be patterns, as in a policy. */
const NO_ACCOUNT = /^(arn:[^:]*:ssm:[^:]*:)(?=:document\/)/;

/** An account that nobody has. */
const STAND_IN = '000000000000';

/**
 * Gives AWS's own documents an account, in the ARN of a request and in all the ARNs of policies alike.
 *
 * They belong to no account (`arn:aws:ssm:us-east-1::document/AWS-RunShellScript`), and the simulator takes no such ARN for that of
 * a document. A document of a real account still is another one: no policy that names an account allows AWS's own.
 */
export function withDocumentAccount<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    typeof part === 'string' ? part.replace(NO_ACCOUNT, (arn) => arn + STAND_IN) : part) as T;
}
