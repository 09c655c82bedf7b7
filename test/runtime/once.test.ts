import { once, OnceTools } from '../../src/runtime/once';

/** Marks that many can leave at once, and a clock that only moves in sleep. */
function world(overrides: Partial<OnceTools> = {}) {
  const marks = new Set<string>();
  const tools: OnceTools = {
    log: () => undefined,
    mark: async (name) => !marks.has(name) && Boolean(marks.add(name)),
    isMarked: async (name) => marks.has(name),
    sleep: async () => new Promise((resolve) => setImmediate(resolve)),
    ...overrides,
  };
  let done = 0;
  return { tools, work: async () => void (done += 1), done: () => done };
}

test('what comes twice is done once', async () => {
  const { tools, work, done } = world();
  await once('a', tools, work);
  await once('a', tools, work);
  expect(done()).toBe(1);
});

test('other keys are other work', async () => {
  const { tools, work, done } = world();
  await once('a', tools, work);
  await once('b', tools, work);
  expect(done()).toBe(2);
});

test('what comes several times at once is done once', async () => {
  const { tools, work, done } = world();
  const slow = async () => {
    await tools.sleep(0);
    await work();
  };
  await Promise.all(Array.from({ length: 5 }, async () => once('a', tools, slow)));
  expect(done()).toBe(1);
});

test('what has failed is done by the next one', async () => {
  const { tools, work, done } = world();
  await expect(once('a', tools, async () => { throw new Error('refused'); })).rejects.toThrow('refused');
  await once('a', tools, work);
  await once('a', tools, work);
  expect(done()).toBe(1);
});

test.each<keyof OnceTools>(['mark', 'isMarked'])('where %s fails, it is done: twice is better than never', async (name) => {
  const { tools, work, done } = world({ [name]: async () => { throw new Error('throttled'); } });
  await once('a', tools, work);
  await once('a', tools, work);
  expect(done()).toBe(2);
});
