import { Masking } from '../../../../src/local/services/secrets/masking';
import { LAST_LINES, LIVE_LINES, MAX_LINE_BYTES, OutputLine, OutputLines } from '../../../../src/local/services/ssm/output-lines';

function collect(secrets: string[] = []) {
  const lines: OutputLine[] = [];
  const output = new OutputLines(new Masking(secrets).stream(), (line) => lines.push(line));
  return { lines, texts: () => lines.map(({ line }) => line), write: (text: string | Buffer) => output.append(Buffer.from(text)), output };
}

test('lines come when they end, the last one without an end when the stream ends', () => {
  const { lines, texts, write, output } = collect();
  write('one\ntw');
  expect(texts()).toEqual(['one']);
  write('o\r\n\nthree');
  expect(texts()).toEqual(['one', 'two', '']);
  output.close();
  expect(texts()).toEqual(['one', 'two', '', 'three']);
  expect(lines.map(({ number, isCut }) => [number, isCut])).toEqual([[1, false], [2, false], [3, false], [4, false]]);
});

test('a character may come in two parts, and bytes that are none are shown as such', () => {
  const { texts, write } = collect();
  const [first, second] = [Buffer.from('€').subarray(0, 1), Buffer.from('€').subarray(1)];
  write(first);
  write(second);
  write(Buffer.from([0xff, 0x0a]));
  expect(texts()).toEqual(['€\ufffd']);
});

test('a line without an end is passed on as soon as it is too long, and what follows it is not lost', () => {
  const { lines, write, output } = collect();
  write('€'.repeat(MAX_LINE_BYTES / 2));
  expect(lines).toEqual([{ number: 1, line: '€'.repeat(Math.floor(MAX_LINE_BYTES / 3)), isCut: true }]);
  for (let i = 0; i < 100; i++) {
    write('x'.repeat(60_000));
  }
  write('\nnext\n');
  output.close();
  expect(lines.slice(1)).toEqual([{ number: 2, line: 'next', isCut: false }]);
});

test('of a flood there are the first lines, and the last ones at its end, with their numbers', () => {
  const { lines, write, output } = collect();
  const all = Array.from({ length: 50_000 }, (_, i) => `line ${i + 1}`);
  // Whatever the parts are.
  const text = all.join('\n');
  for (let at = 0; at < text.length; at += 7777) {
    write(text.slice(at, at + 7777));
  }
  expect(lines).toHaveLength(LIVE_LINES);
  output.close();

  expect(lines).toHaveLength(LIVE_LINES + LAST_LINES);
  expect(lines.map(({ number, line }) => [number, line])).toEqual(
    [...all.slice(0, LIVE_LINES), ...all.slice(-LAST_LINES)].map((line) => [Number(line.slice(5)), line]),
  );
});

test.each([1, LAST_LINES, LAST_LINES + 1])('nothing is passed on twice or lost where %i lines are too many', (more) => {
  const { lines, write, output } = collect();
  write('x\n'.repeat(LIVE_LINES + more));
  output.close();
  expect(lines.slice(LIVE_LINES).map(({ number }) => number)).toEqual(
    Array.from({ length: more }, (_, i) => LIVE_LINES + i + 1).slice(-LAST_LINES),
  );
});

test('a flood may end in one endless line', () => {
  const { lines, write, output } = collect();
  write('x\n'.repeat(LIVE_LINES));
  for (let i = 0; i < 10; i++) {
    write('y'.repeat(60_000));
  }
  output.close();
  expect(lines.slice(LIVE_LINES)).toEqual([{ number: LIVE_LINES + 1, line: 'y'.repeat(MAX_LINE_BYTES), isCut: true }]);
});

test('a hidden value is hidden where it comes in parts, where its line is cut, and in the last lines', () => {
  const value = 'p4ssword';
  const { texts, write, output } = collect([value]);
  write('a p4ss');
  write('word b\n');
  write(`${'x'.repeat(MAX_LINE_BYTES - 4)}${value}\n`);
  write('x\n'.repeat(LIVE_LINES));
  write(`${value}\np4ss`);
  output.close();
  expect(texts().slice(0, 2)).toEqual(['a *** b', `${'x'.repeat(MAX_LINE_BYTES - 4)}***`]);
  expect(texts().slice(-2)).toEqual(['***', 'p4ss']);
});
