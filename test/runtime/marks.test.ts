import { world } from './world';
import { Marks } from '../../src/runtime/marks';

/** Marks that many can leave at once. */
function marksOf(logs: Parameters<typeof world>[0] = {}) {
  const left = new Set<string>();
  const marks = new Marks('/aws/lambda/CloseRun', world({
    logs: {
      create: async (_group, name) => !left.has(name) && Boolean(left.add(name)),
      has: async (_group, name) => left.has(name),
      ...logs.logs,
    },
    clock: { sleep: soon },
  }));
  let done = 0;
  return { marks, work: async () => void (done += 1), done: () => done };
}

const soon = async () => new Promise<void>((resolve) => setImmediate(resolve));

test('what comes twice is done once', async () => {
  const { marks, work, done } = marksOf();
  await marks.once('a', work);
  await marks.once('a', work);
  expect(done()).toBe(1);
});

test('other keys are other work', async () => {
  const { marks, work, done } = marksOf();
  await marks.once('a', work);
  await marks.once('b', work);
  expect(done()).toBe(2);
});

test('what comes several times at once is done once', async () => {
  const { marks, work, done } = marksOf();
  const slow = async () => {
    await soon();
    await work();
  };
  await Promise.all(Array.from({ length: 5 }, async () => marks.once('a', slow)));
  expect(done()).toBe(1);
});

test('what has failed is done by the next one', async () => {
  const { marks, work, done } = marksOf();
  await expect(marks.once('a', async () => { throw new Error('refused'); })).rejects.toThrow('refused');
  await marks.once('a', work);
  await marks.once('a', work);
  expect(done()).toBe(1);
});

test.each(['create', 'has'])('where %s fails, it is done: twice is better than never', async (name) => {
  const { marks, work, done } = marksOf({ logs: { [name]: async () => { throw new Error('throttled'); } } });
  await marks.once('a', work);
  await marks.once('a', work);
  expect(done()).toBe(2);
});
