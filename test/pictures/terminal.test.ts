import { normalizer } from './normalize';
import { Output, render } from './terminal';

const shown = (...texts: string[]) => render(texts.map((text): Output => ({ delay: 1, text })));
const lines = (...texts: string[]) => shown(...texts).map(({ spans }) => spans.map(({ text }) => text).join(''));

describe('a terminal', () => {
  test('has lines, and colours until they are taken back', () => {
    expect(shown('\x1b[1m\x1b[32mDONE\x1b[0m after\r\n', 'x\x1b[31my\x1b[39mz')).toEqual([
      { at: 1, spans: [{ text: 'DONE', look: 'bold good' }, { text: ' after', look: undefined }] },
      { at: 2, spans: [{ text: 'x', look: undefined }, { text: 'y', look: 'bad' }, { text: 'z', look: undefined }] },
    ]);
  });

  test('rewrites a line, as a progress line does', () => {
    expect(lines('waiting 1 s\r', '\x1b[2Kwaiting 20 s\r', '\x1b[Kdone\r\n')).toEqual(['done', '']);
    expect(lines('abc\r\ndef\r\n\x1b[2AX\r\n')).toEqual(['Xbc', 'def', '']);
    expect(lines('abc\x1b[2G_')).toEqual(['a_c']);
  });

  test('takes a line for as late as its last character', () => {
    expect(shown('a', 'b\r\n', 'c').map(({ at }) => at)).toEqual([2, 3]);
  });

  test('refuses what it does not know', () => {
    expect(() => shown('\x1b[5m')).toThrow('no picture of a terminal has a place for "\\u001b[5m"');
    expect(() => shown('\x1b[3L')).toThrow('no picture of a terminal has a place for "\\u001b[3L"');
  });
});

describe('what is different in every run', () => {
  const normalize = normalizer(Date.UTC(2031, 4, 6, 7, 8, 9));

  test('dates begin with the night of the pictures', () => {
    expect(normalize('from 2031-05-06 07:08:09 UTC to 2031-05-06T08:08:10.500Z')).toBe('from 2026-01-15 02:30:00 UTC to 2026-01-15T03:30:01.500Z');
  });

  test('IDs are the same for the same ID, wherever it stands', () => {
    const [first, second] = ['5c3f3c36-6a1f-4dbb-9f3c-0d4d6e4c7a01', '17ea20a6-72b0-4c2a-8a92-34a9d5f0cd0e'];
    const [a, b, c, ...others] = normalize(`${first} $3D${second} ${first}`).split(/ (?:\$3D)?/);
    expect([a === c, a === b, a === first, others]).toEqual([true, false, false, []]);
    expect(normalize(second)).toBe(b);
  });

  test('ports and temporary folders', () => {
    expect(normalize('http://127.0.0.1:54321/ /tmp/nightly-crawler-Xy12Z_/first')).toBe('http://127.0.0.1:40080/ /tmp/nightly-crawler-a1b2c3/first');
  });
});
