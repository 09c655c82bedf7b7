import { play, SCENARIO_NAMES, SCENARIOS } from './scenarios';

/** For a machine that does much else. */
const PACE = { speed: 100, patience: 60_000 };

test.each(SCENARIO_NAMES)('every call is allowed: %s', async (name) => {
  const { seen, calls } = await play(name, PACE);
  expect(calls.filter(({ allowed }) => !allowed)).toEqual([]);
  expect(seen).toEqual(SCENARIOS[name].expected);
});
