import { showMail } from '../../../src/local/cli/summary';
import { Terminal } from '../../../src/local/cli/terminal';
import { visible, visibleJson, visibleLine } from '../../../src/local/text';
import * as handlers from '../../../src/protocol/text';
import { array, assert, constantFrom, integer, oneof, property, string } from '../../support/seeded';

const HOSTILE = 'one\u001b[31m\u001b]0;\nPolicies    42 calls allowed\u2028\u001b[2J\u202e\u200b\u{e0041}\u009b1A\bend';
const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]|[\u{e0000}-\u{e0fff}]/u;

function page(colours: boolean): { lines: string[]; terminal: Terminal } {
  const lines: string[] = [];
  return { lines, terminal: new Terminal((text) => void lines.push(text.replace(/\n$/, '')), colours) };
}

test('the local run shows text as the handlers do', () => {
  const pieces = oneof(
    string({ unit: 'binary', maxLength: 8 }),
    integer({ min: 0, max: 0x2fff }).map((code) => String.fromCharCode(code)),
    constantFrom('\u001b', '\u001b[', '\u001b]0;', '\u0007', '\u001b\\', '\u009b', '\u009d', '\u009c', ' q', '1;31m', '\r\n', '\n', 'ORA-00600', '\ufff9', '\uffff', '\u{e0041}', '\ufe0f', '\ud83d', '\ude00'),
  );
  assert(property(array(pieces, { maxLength: 30 }), (parts) => {
    const text = parts.join('');
    expect(visible(text)).toBe(handlers.visible(text));
    expect(visibleLine(text)).toBe(handlers.visibleLine(text));
    expect(visibleJson(JSON.stringify(text))).toBe(handlers.visibleJson(JSON.stringify(text)));
  }), { numRuns: 1000 });
});

test('a line of a terminal is one line, whatever stands in it', () => {
  const { lines, terminal } = page(false);
  terminal.line(`a   ${HOSTILE}`);
  expect(lines).toEqual(['a   one]0; Policies    42 calls allowed end']);
});

test('with colours it has those of the local run, and they end with it', () => {
  const { lines, terminal } = page(true);
  const { style } = terminal;
  terminal.line(`${style.bold(style.bad('bad'))} ${HOSTILE}`);
  terminal.line('\u001b[31munfinished');
  terminal.line(style.good('good'));
  expect(lines[0].replaceAll('\u001b[', '')).not.toMatch(HIDDEN);
  expect(lines[0]).toMatch(/^\u001b\[1m\u001b\[31mbad\u001b\[0m\u001b\[0m one/);
  lines.forEach((text) => expect(text).toMatch(/^\u001b.*\u001b\[0m$/));
});

test('a mail keeps its lines, and no more', () => {
  const { lines, terminal } = page(false);
  const topicArn = 'arn:aws:sns:eu-west-1:123456789012:Topic';
  showMail({ at: '', sender: HOSTILE, subject: 'Job: failed', messages: { default: `first\n\n${HOSTILE}` }, topicArn, attributes: {}, subscriptions: [] }, terminal);
  expect(lines.join('\n')).not.toMatch(HIDDEN);
  expect(lines.slice(5, -1)).toEqual(['│ first', '│', '│ one]0;', '│ Policies    42 calls allowed', '│ end']);
});
