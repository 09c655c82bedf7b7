import { EventField } from 'aws-cdk-lib/aws-events';
import { LocalJob } from './local-job';
import { BatchCommand, JobParameter } from '../../src';
import { RunEvent } from '../../src/local/run/run-record';
import { AwsEvent } from '../../src/local/services/events/event';
import { INSTANCE_ID, SynthesizedJob } from '../support/synth';

const command = BatchCommand.shell('echo "$FILE" >>started\necho "$FILE"\nsleep 0.2');
const parameters = { FILE: JobParameter.string({ default: 'none' }) };

const onFiles = ({ job }: SynthesizedJob) => void job.startOn('FileArrived', {
  eventPattern: { source: ['com.example.files'], detail: { key: [{ prefix: 'in/' }] } },
  parameters: { FILE: EventField.fromPath('$.detail.key') },
});

const arrived = (id: string, key: unknown): AwsEvent => ({
  'version': '0',
  id,
  'detail-type': 'File Arrived',
  'source': 'com.example.files',
  'account': '123456789012',
  'time': new Date().toISOString().replace(/\.\d+/, ''),
  'region': 'us-east-1',
  'resources': [],
  'detail': { key },
});

/** A job that files start: what it has done after some events, each of which came when all before had ended. */
async function after(events: (AwsEvent | AwsEvent[])[]) {
  const seen: RunEvent[] = [];
  const job = await LocalJob.open({ command, parameters }, { onEvent: (event) => seen.push(event) }, onFiles);
  try {
    for (const event of events) {
      await Promise.all([event].flat().map(async (each) => job.run.publish(each)));
    }
    const ends = seen.flatMap((event) => event.kind === 'history' && /^Execution(Succeeded|Failed)$/.test(event.event.type) ? [event.event] : []);
    return {
      started: job.read(INSTANCE_ID, 'started').split('\n').slice(0, -1),
      ends: ends.map(({ type, output }) => type === 'ExecutionFailed' ? 'Failed' : (output as { outcome: string }).outcome),
      denied: seen.filter((event) => event.kind === 'call' && !event.call.allowed),
      mails: seen.filter(({ kind }) => kind === 'notification').length,
      warnings: seen.flatMap((event) => event.kind === 'warning' ? [event.message] : []),
      triggers: job.records().map(({ trigger }) => trigger),
    };
  } finally {
    await job.close();
  }
}

test('an event that is delivered twice starts the program once, with the value of its field', async () => {
  const event = arrived('7bf73129-1428-4cd3-a780-95db273d1602', 'in/a.csv');
  expect(await after([event, event])).toEqual({
    started: ['in/a.csv'], ends: ['Succeeded', 'Skipped'], denied: [], mails: 0, warnings: [], triggers: ['Event', 'Event'],
  });
});

test('so does one of which both deliveries come at the same time', async () => {
  const event = arrived('7bf73129-1428-4cd3-a780-95db273d1602', 'in/a.csv');
  const { started, ends, mails } = await after([[event, event]]);
  expect(started).toEqual(['in/a.csv']);
  expect(ends.sort()).toEqual(['Skipped', 'Succeeded']);
  expect(mails).toBe(0);
});

test('two events are two runs, and one that does not match is none', async () => {
  const { started, ends } = await after([arrived('a', 'in/a.csv'), arrived('b', 'in/a.csv'), arrived('c', 'out/a.csv')]);
  expect(started).toEqual(['in/a.csv', 'in/a.csv']);
  expect(ends).toEqual(['Succeeded', 'Succeeded']);
});

test('a value of an event is data', async () => {
  const key = 'in/","OTHER":"x $(touch /tmp/never) {{ ssm:x }} \'\\ <f1> é';
  const { started, ends } = await after([arrived('a', key)]);
  expect(started).toEqual([key]);
  expect(ends).toEqual(['Succeeded']);
});
