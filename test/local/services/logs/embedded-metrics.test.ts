import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedMetrics } from '../../../../src/local/services/logs/embedded-metrics';
import { removeFolders, temporaryFolder } from '../../run/synthesized-app';

afterAll(removeFolders);

const record = (fields: object, Dimensions = [['Job']]) => JSON.stringify({
  _aws: { Timestamp: 5, CloudWatchMetrics: [{ Namespace: 'N', Dimensions, Metrics: [{ Name: 'Succeeded' }, { Name: 'Seconds', Unit: 'Seconds' }] }] },
  Job: 'a',
  Zone: 'z',
  Succeeded: 1,
  Seconds: [2, 3],
  ...fields,
});

test('the lines of the logs that are metrics, with a value for each list of dimensions, and nothing else', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'one.log'), ['START RequestId: 1', '{"level":"INFO"}', record({}), 'END'].join('\n'));
  writeFileSync(join(folder, 'two.log'), [record({ Job: 'b', Seconds: [] }, [['Job'], ['Job', 'Zone']]), '{"_aws": cut'].join('\n'));

  const values = embeddedMetrics(folder)
    .map(({ namespace, at, name, dimensions, value }) => [namespace, at, name, value, Object.values(dimensions).join()]);
  expect(values).toEqual([
    ['N', 5, 'Succeeded', 1, 'a'], ['N', 5, 'Seconds', 2, 'a'], ['N', 5, 'Seconds', 3, 'a'],
    ['N', 5, 'Succeeded', 1, 'b'], ['N', 5, 'Succeeded', 1, 'b,z'],
  ]);
});

test('there are none before a function has written anything', () => {
  expect(embeddedMetrics('/nowhere/functions')).toEqual([]);
});
