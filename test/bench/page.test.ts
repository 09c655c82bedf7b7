import { SECTION, sectionWith } from './page';
import { Results } from './results';
import { SAME_BY_HAND } from './synth/designs';
import { targets } from './targets';

const waiting = {
  design: '`EVENTS`',
  isOurs: true,
  hasEvents: true,
  programSeconds: 10,
  transitions: 7,
  invocations: 3,
  calls: 6,
  historyEvents: 26,
  cost: 0.0002,
  delay: { median: 0.9, worst: 1.2 },
};
const results: Results = {
  day: '2026-11-22',
  machine: '2 cores (of a test), Node.js 20.20.2',
  waiting: [waiting],
  fleets: [
    { servers: 1, scene: 'ended', calls: 2, milliseconds: 38, cpuMilliseconds: 100, peakBytes: 57_100_000, statusBytes: 3927 },
    { servers: 10_000, scene: 'ended', calls: 202, milliseconds: 1500, cpuMilliseconds: 1769, peakBytes: 106_557_440, statusBytes: 7062 },
  ],
  handlers: [{ handler: 'get-status', bytes: 428_868, gzipBytes: 122_479, load: 50, unbundledLoad: 100 }],
  synth: [
    { design: SAME_BY_HAND, isOurs: false, jobs: 100, milliseconds: 3000, resources: 500, templateBytes: 1_048_576 },
    { design: '`CotsBatchJob`', isOurs: true, jobs: 100, milliseconds: 3300, resources: 500, templateBytes: 1_048_576 },
  ],
  package: { tarballBytes: 900_000, installedBytes: 3_000_000 },
};

const missed = (changes: Partial<Results>) => targets({ ...results, ...changes }).filter(({ isMet }) => !isMet).map(({ text }) => text);

test('docs/measured.md has a place for the results, and has them', () => {
  expect(SECTION.read()).toContain('Measured by `npm run bench` on ');
});

test('results that just meet all targets meet them', () => {
  expect(missed({})).toEqual([]);
});

test.each<[RegExp, Partial<Results>]>([
  [/15 transitions/, { waiting: [waiting, { ...waiting, programSeconds: 3600, transitions: 16 }] }],
  [/5 s from the end/, { waiting: [{ ...waiting, delay: { median: 1, worst: 5.1 } }] }],
  [/5 s from the end/, { waiting: [{ ...waiting, delay: undefined, lost: { afterSeconds: 1, cause: 'any' } }] }],
  [/25,000 events/, { waiting: [{ ...waiting, historyEvents: 25_000 }] }],
  [/500 resources/, { synth: results.synth.map((row) => ({ ...row, resources: 501 })) }],
  [/template of 1 MB/, { synth: results.synth.map((row) => ({ ...row, templateBytes: 1_048_577 })) }],
  [/synth takes at most 10 % longer/, { synth: results.synth.map((row) => ({ ...row, milliseconds: row.isOurs ? 3301 : 3000 })) }],
  [/handlers load/, { handlers: [...results.handlers, { ...results.handlers[0], load: 51 }] }],
])('the target %s can be missed, which the page explains', (text, changes) => {
  expect(missed(changes)).toEqual([expect.stringMatching(text)]);
  const row = sectionWith({ ...results, ...changes }).split('\n').find((line) => text.test(line))!;
  expect(row).toMatch(/\| \*\*no\*\* \| .{20,} \|$/);
});

test('a look takes longer with less memory, by the share of a processor', () => {
  expect(sectionWith(results)).toContain('| 128 MB | 1.4 s | 24 s |\n| 256 MB | 0.7 s | 12 s |');
});

test('a history that is full says nothing against designs that are not ours', () => {
  const article = { ...waiting, isOurs: false, hasEvents: false, historyEvents: 25_000 };
  expect(missed({ waiting: [waiting, article] })).toEqual([]);
});

test.each([
  ['States.Runtime The execution reached the maximum number of history events (25000).', 'history full after 46.3 h'],
  ['', 'gave up after 46.3 h'],
])('a run that did not see the end of its program says why: %j', (cause, text) => {
  const lost = { ...waiting, delay: undefined, lost: { afterSeconds: 166_543, cause } };
  expect(sectionWith({ ...results, waiting: [lost] })).toContain(`| never | ${text} |`);
});
