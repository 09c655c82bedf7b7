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
