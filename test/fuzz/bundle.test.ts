import { fuzz, report, generate } from './fuzz';
import { HAND_PICKED, IMPOSSIBLE, isPossible, VALUE } from './values';
import { BatchCommand, JobParameter } from '../../src';
import { LocalJob } from '../runs/local-job';
import { environmentOf } from '../support/launch';
import { INSTANCE_ID } from '../support/synth';

/** A sample: what Lambda runs is started for each of these runs. */
const RUNS = 6;
const PER_RUN = 100;

const NAMES = Array.from({ length: PER_RUN }, (_, n) => `P${n}`);

let job: LocalJob;

beforeAll(async () => {
  job = await LocalJob.open({
    command: BatchCommand.shell('cat /proc/$$/environ >environment'),
    parameters: Object.fromEntries(NAMES.map((name) => [name, JobParameter.string()])),
  });
});

afterAll(() => job.close());

fuzz('values go through the bundle, the endpoint and the agent of a local run byte for byte', async () => {
  const values = [...generate(VALUE, RUNS * PER_RUN), ...HAND_PICKED].filter((value) => isPossible(value) && value.length < 200)
    .slice(0, RUNS * PER_RUN);
  for (let n = 0; n < RUNS; n++) {
    const parameters = Object.fromEntries(NAMES.map((name, index) => [name, values[n * PER_RUN + index]]));
    expect(await job.toEnd({ input: { parameters } })).toMatchObject({ status: 'SUCCEEDED' });
    const seen = environmentOf({ exitCode: 0, stderr: '', stdout: Buffer.from(job.read(INSTANCE_ID, 'environment')) });
    expect(NAMES.filter((name) => seen[name] !== Buffer.from(parameters[name]).toString('latin1'))).toEqual([]);
  }
  report(`${values.length} values identical through ${RUNS} whole local runs`);
});

fuzz('what is impossible ends a local run before anything is sent', async () => {
  for (const value of [...IMPOSSIBLE.slice(0, 3), 'x'.repeat(100_000)]) {
    const run = await job.toEnd({ input: { parameters: Object.fromEntries(NAMES.map((name) => [name, name === 'P7' ? value : ''])) } });
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed', commands: [] });
    expect(run.cause).toContain('parameter P7 ');
  }
});
