import { integer, sample } from './seeded';

afterEach(() => jest.restoreAllMocks());

test('what is generated is the same wherever it is asked for', () => {
  expect(sample(integer(), 5)).toEqual(sample(integer(), 5));
});

test('a seed that is none is refused', () => {
  jest.replaceProperty(process, 'env', { ...process.env, FUZZ_SEED: '1.5' });
  expect(() => jest.isolateModules(() => jest.requireActual('./seeded')))
    .toThrow('FUZZ_SEED must be a number of at most 9 digits, or "random", got "1.5"');
});
