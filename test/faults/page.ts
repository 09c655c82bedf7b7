import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLOSE_PATH } from './close-path';
import { COUNT, SEED } from './combinations';
import { EVENT_PATH } from './event-path';
import { FaultKind, KINDS } from './fault';
import { Row } from './matrix';
import { RERUN_PATH } from './rerun-path';
import { SCENARIOS } from './scenarios';
import { START_PATH } from './start-path';
import { Counts, NOTHING, sum } from './tally';
import { WATCH_PATH } from './watch-path';
import { DocsSection, table } from '../support/docs-section';

/** The parts of the suite, as the page names them. */
export const PARTS = {
  start: 'Starting',
  rerun: 'Rerunning',
  watch: 'Watching',
  wake: 'Waiting for an event',
  close: 'Stopped: closing',
  scenarios: 'Instances, ends, fleets, schedules, overlaps, deployments',
  wakingScenarios: 'The same with events',
  combinations: `${COUNT} times two or three faults at once`,
} as const;

export type Part = keyof typeof PARTS;

const COLUMNS = ['runs', 'faults', 'startedTwice', 'sentTwice', 'notReported', 'silentEnds'] as const;

/** The section of docs/faults.md. */
export const SECTION = new DocsSection('faults.md', 'faults');

/** The counts that a section shows. */
export function countsIn(section: string): { readonly [part in Part]: Counts } {
  const rows = section.split('\n').map((row) => row.split('|').slice(1, -1).map((text) => text.trim()));
  const count = (label: string): Counts => {
    const [, ...numbers] = rows.find(([first, ...rest]) => first === label && rest.length === COLUMNS.length) ?? [];
    return { ...NOTHING, ...Object.fromEntries(numbers.map((number, i) => [COLUMNS[i], Number(number)])) };
  };
  return Object.fromEntries(Object.entries(PARTS).map(([part, label]) => [part, count(label)])) as { [part in Part]: Counts };
}

/** The page's section, as it is to be with these counts. */
export function sectionWith(counts: { readonly [part in Part]: Counts }): string {
  const all = Object.values(counts).reduce(sum);
  return [
    LEGEND,
    matrix([['start', START_PATH], ['rerun', RERUN_PATH], ['watch', WATCH_PATH], ['wake', EVENT_PATH], ['close', CLOSE_PATH]]),
    table(
      ['What else may happen', 'What comes of it', 'With events'],
      SCENARIOS.map(({ name, label, isInBothModes }) => [name, label, isInBothModes ? 'the same' : '']),
    ),
    'What was counted:',
    table(
      ['', 'Runs', 'Faults', 'Programs started twice', 'Commands sent twice', 'Failures not reported', 'Silent ends'],
      [...Object.entries(counts).map(([part, count]) => countsRow(PARTS[part as Part], count)), countsRow('All', all)],
    ),
    COMMANDS,
  ].join('\n\n');
}

const LEGEND = `\
Every cell of these tables is a test: a run on this machine with the state machine's own JSON, the real bundles, the real launcher and real
processes. In it, the call at the left suffers the fault at the top. The program leaves a mark each time it runs. A cell says what comes of the
run when the first such call fails; after a slash, when every one does.

- **runs**: the program ran once on each instance and was watched to its end; the outcome is its own.
- **stopped**: the execution was stopped; the program's processes are gone, and one notification says so.
- **not started**, **unknown**: the run failed. Its notification says that nothing was started, or that nobody knows whether the program was started
  or still runs. It was not started twice.
- **reported twice**: the answer to a notification was lost, so that it was sent again.
- **not reported**, **not stopped**: nobody was notified, or the program was not even stopped, because the way to do it failed for as long as it was
  tried, three times in several minutes. \`alarmOnFailure\` is the second net for these. No other failure went unreported.

Jobs only poll here, with three exceptions where \`CompletionMode.EVENTS\` ends their waits: the rows of *${PARTS.wake}*, what is *the same* with
events, and a third of the combinations.`;

const COMMANDS = `\
\`npx projen faults:docs\` runs them all and writes this section. Other combinations, and more of them:
\`FAULT_SEED=7 FAULT_COMBINATIONS=500 npx jest test/faults/combinations\`; a test that fails has the seed in its name
(${SEED} is the one that is counted here).`;

function matrix(groups: readonly (readonly [Part, readonly Row[]])[]): string {
  const kinds = Object.keys(KINDS) as FaultKind[];
  return table(['', ...kinds.map((kind) => KINDS[kind])], groups.flatMap(([part, rows]) => [
    [`**${PARTS[part]}**`, ...kinds.map(() => '')],
    ...rows.map(({ label, endings }) => [label, ...kinds.map((kind) => distinct(endings[kind]?.map((ending) => ending?.label)))]),
  ]));
}

function distinct(labels: readonly (string | undefined)[] = []): string {
  return [...new Set(labels)].join(' / ');
}

function countsRow(label: string, counts: Counts): string[] {
  return [label, ...COLUMNS.map((column) => String(counts[column]))];
}

const FOLDER = join(__dirname, '../../test-reports/faults');

/** Whether counts are to be written to the page, and not compared with it. */
const IS_WRITING = process.env.FAULT_COUNTS === 'write';

/**
 * Makes sure that the page shows what was counted; or keeps it for the page that is about to be written.
 *
 * @throws if the page shows something else
 */
export function publish(part: Part, counts: Counts): void {
  if (IS_WRITING) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(fileOf(part), JSON.stringify(counts));
    return;
  }
  const { faults, ...others } = counts;
  const shown = countsIn(SECTION.read())[part];
  expect(shown).toMatchObject(others);
  // Where faults meet, it is chance whether the second call is ever made.
  expect(Math.abs(faults - shown.faults)).toBeLessThanOrEqual(part === 'combinations' ? 0.1 * shown.faults : 0);
}

/**
 * What the last run of the suite has counted.
 *
 * @throws if a part of it has not run
 */
export function readCounts(): { readonly [part in Part]: Counts } {
  const missing = (Object.keys(PARTS) as Part[]).filter((part) => !existsSync(fileOf(part)));
  if (missing.length > 0) {
    throw new Error(`the parts must have been counted by FAULT_COUNTS=write jest test/faults, these were not: ${missing.join(', ')}`);
  }
  return Object.fromEntries((Object.keys(PARTS) as Part[]).map((part) => [part, JSON.parse(readFileSync(fileOf(part), 'utf8'))])) as
    { [part in Part]: Counts };
}

function fileOf(part: Part): string {
  return join(FOLDER, `${part}.json`);
}
