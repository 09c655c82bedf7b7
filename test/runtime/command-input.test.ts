import { EXECUTION, ids, job, NAME, taggedJob } from './samples';
import { chunks, comment, commandInputs } from '../../src/runtime/command-input';

const RUN = { id: NAME, sentAt: '2026-11-21T02:00:00.500Z' };
/** Seconds since the epoch. */
const SENT = Date.parse('2026-11-21T02:00:01Z') / 1000;

test('50 instances a command, in order, none lost and none twice', () => {
  for (const count of [1, 50, 51, 100, 237]) {
    const parts = chunks(job({ instanceIds: ids(count) }), RUN);
    expect(parts.flat()).toEqual(ids(count));
    expect(parts.every((part) => part.length >= 1 && part.length <= 50)).toBe(true);
    expect(parts).toHaveLength(Math.ceil(count / 50));
  }
});

test('the job\'s own document', () => {
  const settings = job({
    instanceIds: ids(51),
    maxConcurrency: '5',
    maxErrors: '50%',
    logGroupName: '/jobs',
    outputBucketName: 'out',
    outputKeyPrefix: 'p',
  });
  const [first, second] = commandInputs(settings, RUN, EXECUTION, new Map([['A', 'x y'], ['B', '']]));
  expect(first).toEqual({
    DocumentName: 'Stack-NightlyIndex-Document',
    DocumentVersion: '$LATEST',
    InstanceIds: ids(50),
    Parameters: { RunId: [NAME], Variables: ['A=eCB5,B='], executionTimeout: ['3600'] },
    TimeoutSeconds: 600,
    MaxConcurrency: '2',
    MaxErrors: '50%',
    CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: '/jobs' },
    OutputS3BucketName: 'out',
    OutputS3KeyPrefix: 'p',
    Comment: comment(RUN, EXECUTION, 0, 2),
  });
  expect(second).toMatchObject({ InstanceIds: [ids(51)[50]], Comment: comment(RUN, EXECUTION, 1, 2) });
});

test('a document that is not the job\'s own', () => {
  const settings = taggedJob({
    document: {
      name: 'AWS-RunAnsiblePlaybook',
      version: '3',
      own: false,
      parameters: { check: ['False'], KEYWORDS: ['fixed'] },
      executionTimeoutParameter: 'timeoutSeconds',
    },
  });
  const inputs = commandInputs(settings, RUN, EXECUTION, new Map([['KEYWORDS', 'a b'], ['__proto__', 'x']]));
  expect(inputs).toHaveLength(1);
  expect(Object.entries(inputs[0].Parameters!)).toEqual([
    ['check', ['False']], ['KEYWORDS', ['a b']], ['__proto__', ['x']], ['timeoutSeconds', ['3600']],
  ]);
  expect(inputs[0]).toMatchObject({ DocumentVersion: '3', Targets: [{ Key: 'tag:Role', Values: ['crawler', 'indexer'] }] });
  expect(inputs[0].InstanceIds).toBeUndefined();
});

test('a comment names run and part, within SSM\'s 100 characters, and differs between executions', () => {
  expect(comment(RUN, EXECUTION, 0, 3)).toMatch(new RegExp(`^${NAME} 1/3 [0-9a-f]{12}$`));
  const long = { id: 'x'.repeat(100) };
  expect(comment(long, EXECUTION, 199, 200)).toHaveLength(100);
  expect(comment(long, EXECUTION, 199, 200)).toContain(' 200/200 ');
  expect(comment(RUN, `${EXECUTION}2`, 0, 3)).not.toBe(comment(RUN, EXECUTION, 0, 3));
});

test('a comment tells two attempts apart whose IDs differ where the comment has no room', () => {
  const first = { id: `${'x'.repeat(99)}1` };
  const second = { id: `${'x'.repeat(99)}2` };
  expect(comment(first, EXECUTION, 0, 1)).not.toBe(comment(second, EXECUTION, 0, 1));
});

test('a further attempt is sent to its own instances, also where the job has targets, and shares the limits', () => {
  const inputs = commandInputs(taggedJob({ maxConcurrency: '5', maxErrors: '10%' }), { ...RUN, instanceIds: ids(51) }, EXECUTION, new Map());
  expect(inputs.map(({ InstanceIds }) => InstanceIds)).toEqual([ids(50), [ids(51)[50]]]);
  expect(inputs.every(({ Targets }) => Targets === undefined)).toBe(true);
  expect(inputs.map(({ MaxConcurrency, MaxErrors }) => [MaxConcurrency, MaxErrors])).toEqual([['2', '10%'], ['2', '10%']]);
});

const ownDocument = (settings: Parameters<typeof job>[0] = {}) => job({ ...settings, document: { ...job().document, startBefore: true } });

test.each([
  ['by its delivery time-out, and the grace for clocks that differ', ownDocument(), 600 + 300],
  ['the same, where all of a command run side by side', ownDocument({ instanceIds: ids(51), maxConcurrency: '100' }), 600 + 300],
  ['the same, with a percentage', ownDocument({ instanceIds: ids(50), maxConcurrency: '100%' }), 600 + 300],
  ['by its end, where some wait for others', ownDocument({ instanceIds: ids(51), maxConcurrency: '99' }), 600 + 3600 + 300],
  ['by its end, with a percentage', ownDocument({ instanceIds: ids(3), maxConcurrency: '99%' }), 600 + 3600 + 300],
  ['the same, however long it may wait then for another run', ownDocument({ overlapWaitSeconds: 7200 }), 600 + 300],
  ['by its end, where some wait for others, which may have waited for another run', ownDocument({ instanceIds: ids(51), maxConcurrency: '99', overlapWaitSeconds: 7200 }), 600 + 7200 + 3600 + 300],
  ['by its end, where SSM finds the instances, 50 at once', ownDocument({ instanceIds: [], targets: taggedJob().targets }), 600 + 3600 + 300],
])('a run must have begun %s', (_, settings, seconds) => {
  const inputs = commandInputs(settings, RUN, EXECUTION, new Map());
  inputs.forEach(({ Parameters }) => expect(Parameters!.StartBefore).toEqual([String(SENT + seconds)]));
});

test('to the agent, a run that waits for another one runs', () => {
  expect(commandInputs(ownDocument(), RUN, EXECUTION, new Map())[0].Parameters!.executionTimeout).toEqual(['3600']);
  expect(commandInputs(ownDocument({ overlapWaitSeconds: 7200 }), RUN, EXECUTION, new Map())[0].Parameters!.executionTimeout).toEqual(['10800']);
});

test('the tries to send before have taken time, which the instance does not lack', () => {
  const [{ Parameters }] = commandInputs(ownDocument(), RUN, EXECUTION, new Map(), 2);
  expect(Parameters!.StartBefore).toEqual([String(SENT + 600 + 300 + 2 * (120 + 60))]);
});

test('a document of an older release is not told before when to begin: it would refuse the parameter', () => {
  expect(commandInputs(job(), RUN, EXECUTION, new Map())[0].Parameters).not.toHaveProperty('StartBefore');
});
