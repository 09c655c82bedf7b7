import { createHash } from 'node:crypto';

/** When a run of a picture starts: 3:30 in Rome. */
const START = Date.UTC(2026, 0, 15, 2, 30);

/**
 * Replaces what is different in every run, and means nothing: dates (durations stay), random IDs, ports and names of temporary folders.
 * The length of a text stays as it is, for lines that are aligned.
 *
 * @param startedAt when the run started, in milliseconds since the epoch
 */
export function normalizer(startedAt: number): (text: string) => string {
  const ids = new Map<string, string>();
  const shifted = (date: string) => new Date(Date.parse(date) - startedAt + startedAt % 1000 + START).toISOString();
  return (text) => text
    .replace(/\b\d{4}-\d\d-\d\d(?:T| )\d\d:\d\d:\d\d(?:\.\d{3}Z| UTC)/g, (date) => date.endsWith('UTC')
      ? `${shifted(date.replace(' UTC', 'Z').replace(' ', 'T')).slice(0, 19).replace('T', ' ')} UTC`
      : shifted(date))
    // The schedule's next time is that of the day on which the picture is drawn.
    .replace(/\S+ \S+ UTC \(\S+ \S+ in Europe\/Rome\)/g, '2026-01-16 02:30:00 UTC (2026-01-16 03:30 in Europe/Rome)')
    .replace(/(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/g, (id) => {
      ids.set(id, ids.get(id) ?? idOf(ids.size + 1));
      return ids.get(id)!;
    })
    .replace(/(127\.0\.0\.1(?::| port ))\d{5}\b/g, '$140080')
    .replace(/(\/tmp\/[a-z-]+-)\w{6}\b/g, '$1a1b2c3');
}

/** A random ID that is always the same. */
function idOf(index: number): string {
  const hex = createHash('sha256').update(`ID ${index}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
