import { fuzz, generate, report, side } from './fuzz';
import { Machine } from './machine';
import { PRINT_ENVIRONMENTS } from './program';
import { isScript, OPTIONS, SCRIPT } from './scripts';
import { VALUE, isPossible } from './values';
import { Way } from './way';
import { BatchCommand } from '../../src';
import { shellLauncher } from '../../src/command/launcher/shell';
import { environmentOf } from '../support/launch';
import { array, constantFrom } from '../support/seeded';
import { SHELL_NAMES } from '../support/shells';
import { synth } from '../support/synth';

const COUNT = 2_400;
const SYNTHESIZED = 60;

let machine: Machine;
/** Takes the place of the shell that reads the script: prints its options, and the file as it is. */
let interpreter: string;
/** The runs that the machine has a mark of. */
const marked = new Set<string>();

beforeAll(() => {
  machine = new Machine();
  interpreter = machine.install('interpreter', '#!/bin/sh\nfor word; do [ "$word" = -e ] && echo "$word"; done\ncat "$word"\n');
});

afterAll(() => machine.remove());

/** What SSM and the agent see in a document: references to parameters, and nothing that looks like one. */
function references(lines: string[]): string[] {
  return lines.flatMap((line) => Array.from(line.matchAll(/\{\{(?: (\w+) \}\}|.*)/g), ([found, name]) => name ?? found));
}

/** The clock of what is sent here stands still. */
const AT_ANY_TIME = { StartBefore: [''] };

const OWN_REFERENCES = ['RunId', 'StartBefore', 'Check', 'Variables', 'Check'];
/** With a lock, which tells the next run how long this one may take. */
const LOCK_REFERENCES = ['RunId', 'StartBefore', 'Check', 'executionTimeout', 'Variables', 'Check'];

fuzz('a script reaches the shell that reads it byte for byte', async () => {
  const way = new Way({ command: BatchCommand.shell('true') });
  const { parameters } = await way.start({ input: {}, executionName: '' });
  const scripts = generate(SCRIPT, COUNT).filter(isScript);
  const options = generate(OPTIONS, scripts.length);

  await side(scripts.map((script, n) => ({ script, n })), async ({ script, n }) => {
    const { failFast, isMarked, isLocked } = options[n];
    const jobKey = `Job${n}`;
    const lock = isLocked ? { waitSeconds: 0 } : undefined;
    const document = shellLauncher({ script, failFast, shell: interpreter, jobKey, parameterNames: [], lock });
    expect(references(document)).toEqual(isLocked ? LOCK_REFERENCES : OWN_REFERENCES);

    const runId = isMarked ? `run-${n}` : '';
    marked.add(runId);
    const lines = way.lines({ ...parameters, ...AT_ANY_TIME, RunId: [runId] }, document);
    const ended = await machine.run({ lines, shell: machine.shells[n % machine.shells.length] });
    expect({ ...ended, stdout: ended.stdout.toString() }).toEqual({ exitCode: 0, stderr: '', stdout: `${failFast ? '-e\n' : ''}${script}` });
  });
  expect(machine.changes(marked)).toEqual([]);
  report(`${scripts.length} scripts identical, in ${SHELL_NAMES.join(', ')}`);
});

fuzz('a script is the same in the document that is deployed', () => {
  const scripts = generate(SCRIPT, SYNTHESIZED).filter(isScript);
  for (const script of scripts) {
    const synthesized = synth({ command: BatchCommand.shell(script, { shell: '/bin/sh' }) });
    const [{ inputs }] = synthesized.properties(synthesized.job.node.findChild('Document')).Content.mainSteps;
    const jobKey = '<AWS::StackName>_Job';
    expect(inputs.runCommand).toEqual(shellLauncher({ script, failFast: true, shell: '/bin/sh', jobKey, parameterNames: [] }));
  }
});

fuzz('fixed variables and the folder reach the program byte for byte', async () => {
  const values = generate(array(VALUE, { minLength: 100, maxLength: 100 }), 24).map((list) => list.filter(isPossible));
  const folders = generate(array(constantFrom(...'{}~\'"$`*;& \\-é東#!'), { minLength: 1, maxLength: 12 }), values.length).map((parts) => parts.join(''));
  const way = new Way({ command: BatchCommand.shell('true') });
  const { parameters } = await way.start({ input: {}, executionName: '' });

  await side(values.map((list, n) => ({ list, n })), async ({ list, n }) => {
    const environment = Object.fromEntries(list.map((value, index) => [`E${index}`, value]));
    const workingDirectory = machine.makeFolder(folders[n]);
    const document = shellLauncher({ script: PRINT_ENVIRONMENTS, failFast: true, parameterNames: [], environment, workingDirectory, jobKey: 'Job' });
    expect(references(document)).toEqual(OWN_REFERENCES);

    const lines = way.lines({ ...parameters, ...AT_ANY_TIME }, document);
    const ended = await machine.run({ lines, shell: machine.shells[n % machine.shells.length] });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const [first] = ended.stdout.toString('latin1').split('\0=\0');
    const seen = environmentOf({ ...ended, stdout: Buffer.from(first, 'latin1') });
    const expected = Object.fromEntries(Object.entries({ ...environment, PWD: workingDirectory })
      .map(([name, value]) => [name, Buffer.from(value).toString('latin1')]));
    expect(seen).toMatchObject(expected);
  });
  expect(machine.changes(marked)).toEqual([]);
});
