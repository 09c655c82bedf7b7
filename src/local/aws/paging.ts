import { AwsError } from './aws-error';

/** A page of a list, and the token for the next one; no token on the last page. */
export interface Page<T> {
  readonly items: T[];
  readonly nextToken?: string;
}

/**
 * @param query what the list was asked for: a token is good for the same question only
 * @param refusal the service's name of the error of a token that is not good
 * @throws AwsError with this name
 */
export function page<T>(items: readonly T[], query: object, size: number, token: string | undefined, refusal: string): Page<T> {
  const question = JSON.stringify({ ...query, NextToken: undefined, MaxResults: undefined });
  const start = token ? offset(token, question, refusal) : 0;
  const end = start + size;
  return {
    items: items.slice(start, end),
    nextToken: end < items.length ? Buffer.from(JSON.stringify([end, question])).toString('base64url') : undefined,
  };
}

function offset(token: string, question: string, refusal: string): number {
  try {
    const [start, asked] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [number, string];
    if (asked === question && Number.isInteger(start)) {
      return start;
    }
  } catch {
    // Answered below, as a token of another list.
  }
  throw new AwsError(refusal, 'The specified token is not valid.');
}
