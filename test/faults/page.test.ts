import { countsIn, PARTS, SECTION, sectionWith } from './page';

const section = SECTION.read();
const counts = countsIn(section);

test('docs/faults.md shows the tables that are tested, and nothing else', () => {
  expect(section).toBe(sectionWith(counts));
});

test('it counts all parts of the suite', () => {
  expect(Object.keys(counts)).toEqual(Object.keys(PARTS));
  expect(Object.values(counts).filter(({ runs, faults }) => !(runs > 0 && faults > 0))).toEqual([]);
});

test('nothing was started or sent twice', () => {
  expect(Object.values(counts).filter(({ startedTwice, sentTwice }) => startedTwice + sentTwice > 0)).toEqual([]);
});
