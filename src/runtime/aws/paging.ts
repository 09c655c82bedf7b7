/** More pages than the largest fleet has (10,000 instances at 50 a page), or a night has commands; done within a Lambda function's time. */
const MAX_PAGES = 500;

/** One page of a listing. It may be empty and still not be the last: only a missing token ends a listing. */
export interface Page<T> {
  readonly items?: T[];
  readonly nextToken?: string;
}

/**
 * Reads a listing page by page: the only place that follows tokens, so that no listing can be read for ever.
 *
 * @param operation the name of the call, for the error
 * @param read reads one page. `left` is how many items are still wanted
 * @param max how many items are wanted; all of them by default
 * @throws where a token comes back a second time, or the pages do not end: what was listed then is not the whole
 */
export async function allPages<T>(
  operation: string, read: (token: string | undefined, left: number) => Promise<Page<T>>, max: number = Infinity,
): Promise<T[]> {
  const items: T[] = [];
  const seen = new Set<string>();
  for (let token: string | undefined; ;) {
    const page = await read(token, max - items.length);
    items.push(...page.items ?? []);
    token = page.nextToken || undefined;
    if (!token || items.length >= max) {
      return items;
    }
    if (seen.has(token)) {
      throw new Error(`${operation} does not end: the token of its page ${seen.size + 1} leads back to a page that was read before`);
    }
    if (seen.size + 1 >= MAX_PAGES) {
      throw new Error(`${operation} does not end: it has more than ${MAX_PAGES} pages`);
    }
    seen.add(token);
  }
}
