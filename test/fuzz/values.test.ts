import { fuzz, report, side } from './fuzz';
import { Locale, locales } from './locales';
import { Machine } from './machine';
import { altered, PRINT_ENVIRONMENTS } from './program';
import { allOfUnicode, allValues, isPossible } from './values';
import { Way } from './way';
import { BatchCommand, JobParameter } from '../../src';
import { SHELL_NAMES } from '../support/shells';

const GENERATED = 10_000;
const PER_RUN = 400;

/** Of all parameters of a run, as the handler counts them. */
const ROOM = 32_000;

const NAMES = Array.from({ length: PER_RUN }, (_, n) => `P${n}`);

type Values = { [name: string]: string };

let machine: Machine;
let agents: Locale[];
/** The runs that the machine has a mark of. */
const marked = new Set<string>();

beforeAll(() => {
  machine = new Machine();
  agents = locales(machine.folder);
});

afterAll(() => machine.remove());

function wayOf(names: string[]): Way {
  return new Way({
    command: BatchCommand.shell(PRINT_ENVIRONMENTS),
    parameters: Object.fromEntries(names.map((name) => [name, JobParameter.string({ default: '' })])),
  });
}

/** Fills runs with values, in their order. */
function pack(values: string[]): Values[] {
  const room = ROOM - NAMES.reduce((sum, name) => sum + `${name}=,`.length, 0);
  const batches: string[][] = [[]];
  let left = room;
  for (const value of values) {
    const size = 4 * Math.ceil(Buffer.byteLength(value) / 3);
    if (batches[batches.length - 1].length === PER_RUN || size > left) {
      batches.push([]);
      left = room;
    }
    batches[batches.length - 1].push(value);
    left -= size;
  }
  return batches.map((batch) => Object.fromEntries(batch.map((value, n) => [NAMES[n], value])));
}

describe.each(SHELL_NAMES)('%s', (shell) => {
  fuzz('hands over every value byte for byte, and does nothing else', async () => {
    const way = wayOf(NAMES);
    const values = allValues(GENERATED).filter(isPossible);
    const runs = pack(values).map((parameters, n) => ({ parameters, agent: agents[n % agents.length], executionName: `${shell}-${n}` }));
    runs.forEach(({ executionName }) => marked.add(executionName));

    await side(runs, async (run) => expect(await altered(machine, way, { ...run, shell: machine.shell(shell) })).toEqual([]));
    expect(machine.changes(marked)).toEqual([]);
    report(`${values.length} values identical in ${shell}, in ${runs.length} runs and ${agents.length} locales`);
  });
});

fuzz('every character of Unicode arrives', async () => {
  const way = wayOf(['TEXT']);
  const texts = allOfUnicode();
  expect(texts.reduce((count, text) => count + Array.from(text).length, 0)).toBe(0x10ffff - 2048);
  const runs = texts.map((TEXT, n) => ({
    parameters: { TEXT }, agent: agents[n % agents.length], shell: machine.shells[n % machine.shells.length],
  }));

  await side(runs, async (run) => expect(await altered(machine, way, run)).toEqual([]));
  expect(machine.changes(marked)).toEqual([]);
  report(`all characters of Unicode identical, in ${runs.length} runs`);
});
