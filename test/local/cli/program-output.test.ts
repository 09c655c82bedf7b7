import { ProgramOutput } from '../../../src/local/cli/program-output';
import { Terminal } from '../../../src/local/cli/terminal';
import { RunEvent } from '../../../src/local/run/run-record';
import { LAST_LINES, LIVE_LINES } from '../../../src/local/services/ssm/output-lines';

type Output = Extract<RunEvent, { kind: 'output' }>;

const fleet = (size: number): string[] => Array.from({ length: size }, (_, index) => `i-${index + 1}`);

function page(instanceIds: string[], hasColours = false) {
  const lines: string[] = [];
  const output = new ProgramOutput(new Terminal((text) => void lines.push(text.replace(/\n$/, '')), hasColours), '/logs');
  output.command('c', instanceIds);
  const print = (line: string, more: Partial<Output> = {}) => output.line({
    kind: 'output',
    at: 0,
    commandId: 'c',
    instanceId: 'i-1',
    step: 'run',
    stream: 'stdout',
    file: '/logs/commands/c/i-1/run/stdout',
    number: 1,
    line,
    isCut: false,
    ...more,
  });
  return { lines, output, print };
}

test('of one instance there are the lines, and which are not of stdout', () => {
  const { lines, print } = page(fleet(1));
  print('one');
  print('two', { number: 2 });
  print('bad', { stream: 'stderr' });
  print('', { number: 3 });
  expect(lines).toEqual(['        │ one', '        │ two', '    err │ bad', '        │ ']);
});

test('of several, each line has its instance', () => {
  const { lines, print } = page(fleet(2));
  print('one');
  print('two', { instanceId: 'i-2', stream: 'stderr' });
  expect(lines).toEqual(['        i-1 │ one', '    err i-2 │ two']);
});

test('lines that were left out are counted, for each stream, with the file that has them', () => {
  const { lines, print } = page(fleet(1));
  print('first', { number: LIVE_LINES });
  print('last', { number: 12_345 + LIVE_LINES + 1 });
  print('only', { number: 1, stream: 'stderr' });
  print('other', { number: 3, stream: 'stderr', file: '/logs/commands/c/i-1/run/stderr' });
  const file = 'commands/c/i-1/run';
  expect(lines).toEqual([
    `        │ … ${(LIVE_LINES - 1).toLocaleString('en-US')} more lines, see ${file}/stdout`,
    '        │ first',
    `        │ … from here on, only the last ${LAST_LINES} lines are shown, at the end; all are in ${file}/stdout`,
    `        │ … 12,345 more lines, see ${file}/stdout`,
    '        │ last',
    '    err │ only',
    `    err │ … 1 more line, see ${file}/stderr`,
    '    err │ other',
  ]);
});

test('a line that is cut says so, and one that was written anew again and again is shown as it ended', () => {
  const { lines, print } = page(fleet(1));
  print('long', { isCut: true });
  print(' 10%\r 50%\r\r100%', { number: 2 });
  print(' 10%\r', { number: 3 });
  expect(lines).toEqual(['        │ long…', '        │ 100%', '        │  10%']);
});

test('columns stay where they are, whatever is before them', () => {
  const { lines, print } = page(fleet(2));
  print('ID\tAMOUNT\t|');
  print('12345678\t9\t|', { number: 2 });
  expect(lines).toEqual(['        i-1 │ ID      AMOUNT  |', '        i-1 │ 12345678        9       |']);
});

test('no escape sequence of a program is obeyed, not even one that this terminal uses, and a line is one line', () => {
  const { lines, print } = page(fleet(1), true);
  print('a\u001b[31mred\u001b[2J\u001b]0;title\u0007\u202e b\u2028c\u0085d');
  expect(lines).toHaveLength(1);
  expect(lines[0].replace(/^.*│/, '')).toBe('\u001b[0m ared b c d');
});

describe('of a large fleet', () => {
  test('only what fails is shown, its last lines before its end, and it says so', () => {
    const { lines, print, output } = page(fleet(50));
    for (let number = 1; number <= 30; number++) {
      print(`line ${number}`, { number });
      print(`line ${number}`, { number, instanceId: 'i-2' });
    }
    expect(lines.join(' ')).toBe('Note: of 50 instances, only the output of those that fail is shown; all of it is in commands/c/');
    lines.splice(0);
    output.ended('c', 'i-1', true);
    output.ended('c', 'i-2', false);

    expect(lines).toEqual([
      `        i-1 │ … ${30 - LAST_LINES} more lines, see commands/c/i-1/run/stdout`,
      ...Array.from({ length: LAST_LINES }, (_, i) => `        i-1 │ line ${30 - LAST_LINES + i + 1}`),
    ]);
  });

  test('not all that fails floods the terminal', () => {
    const { lines, print, output } = page(fleet(500));
    lines.splice(0);
    for (const instanceId of fleet(500)) {
      print('failed', { instanceId });
      output.ended('c', instanceId, true);
    }
    expect(lines).toHaveLength(10);
  });
});
