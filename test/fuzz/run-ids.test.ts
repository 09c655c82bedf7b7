import { fuzz, generate, report, side } from './fuzz';
import { Machine } from './machine';
import { HAND_PICKED, VALUE } from './values';
import { Way } from './way';
import { BatchCommand } from '../../src';
import { after } from '../runtime/samples';
import { array, constantFrom, string } from '../support/seeded';

const COUNT = 2_000;
const STARTED = 120;

/** What Step Functions takes in the name of an execution, and looks like something else. */
const NAME_PARTS = ['.', '..', '...', '-', '--', '-rf', '_', '\'', '!', '@', '+', '=', '(', ')', 'a', 'Z', '0', 'é', '東', '💶', '\u200b', '\ufeff', '\u202e', 'ſ'];

const way = new Way({ command: BatchCommand.shell('echo started') });
const LINE = way.template.findIndex((line) => line === 'run=\'{{ RunId }}\'');

const names = [
  ...NAME_PARTS,
  ...generate(array(constantFrom(...NAME_PARTS), { minLength: 1, maxLength: 12 }), COUNT).map((parts) => parts.join('').slice(0, 80)),
];
/** What a schedule could deliver when the runs start. */
const times = Array.from({ length: COUNT }, (_, i) => after(-61.5 * i));
const noTimes = [...HAND_PICKED, ...generate(VALUE, COUNT), ...generate(string({ unit: 'binary', minLength: 1 }), COUNT)]
  .filter((text) => Number.isNaN(Date.parse(text)));

/** The run that SSM is sent, after it has checked it, and the agent has put it into the script. */
async function sent(executionName: string, scheduledTime?: string): Promise<string> {
  const { parameters, cause } = await way.start({ executionName, input: { scheduledTime } });
  expect(cause).toBe('');
  const lines = way.lines(parameters!);
  const [runId] = parameters!.RunId;
  expect(lines[LINE]).toBe(`run='${runId}'`);
  expect(runId).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/);
  return runId;
}

fuzz('whatever an execution and its scheduled time are called, the run has a name that is nothing but a name', async () => {
  const runs = new Map<string, string>();
  const note = (runId: string, origin: string) => {
    expect([runs.get(runId) ?? origin, runId]).toEqual([origin, runId]);
    runs.set(runId, origin);
  };
  for (const name of names) {
    note(await sent(name), `the execution ${name}`);
  }
  for (const time of times) {
    note(await sent('nightly', time), `the time ${time}`);
  }
  report(`${names.length} names of executions and ${times.length} scheduled times: ${runs.size} different runs`);
});

fuzz('what is no time starts nothing', async () => {
  for (const scheduledTime of noTimes) {
    const { parameters, cause } = await way.start({ executionName: 'nightly', input: { scheduledTime } });
    expect([scheduledTime, parameters]).toEqual([scheduledTime, undefined]);
    expect(cause).toContain('scheduledTime must be a time in ISO 8601 with its zone');
  }
  report(`${noTimes.length} texts that are no times are refused`);
});

fuzz('such a run is started, once, and marked where marks are', async () => {
  const machine = new Machine();
  try {
    const runIds = new Set<string>();
    for (const name of [...new Set(names)].slice(0, STARTED)) {
      runIds.add(await sent(name));
    }
    for (const time of times.slice(0, STARTED)) {
      runIds.add(await sent('nightly', time));
    }
    const { parameters } = await way.start({ input: {} });
    await side([...runIds].map((runId, n) => ({ runId, n })), async ({ runId, n }) => {
      const start = async () => machine.run({
        lines: way.lines({ ...parameters, RunId: [runId] }),
        shell: machine.shells[n % machine.shells.length],
      });
      const first = await start();
      expect([runId, first.exitCode, first.stdout.toString(), first.stderr]).toEqual([runId, 0, 'started\n', '']);
      expect([runId, (await start()).exitCode]).toEqual([runId, 213]);
    });
    expect(machine.changes(runIds)).toEqual([]);
  } finally {
    machine.remove();
  }
});
