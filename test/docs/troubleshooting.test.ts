import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isIn, sourceTexts } from './source-texts';
import { Outcome } from '../../src';
import {
  ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE, OUTPUT_RULE_EXIT_CODE,
} from '../../src/protocol';

const page = readFileSync(join(__dirname, '../../docs/troubleshooting.md'), 'utf8');
const texts = sourceTexts(join(__dirname, '../../src'));
const quoted = [...page.matchAll(/^```text\n(.*?)^```/gms)].flatMap(([, block]) => block.trimEnd().split('\n'));

test('there is something to look for', () => {
  expect(texts.length).toBeGreaterThan(1_000);
  expect(quoted.length).toBeGreaterThan(50);
  expect(isIn('instanceIds must have at least one ID, got …', texts)).toBe(true);
  expect(isIn('instanceIds must have at least two IDs, got …', texts)).toBe(false);
});

test.each(quoted)('the source says: %s', (text) => {
  // The part of the launcher that runs as the user puts these words before the reason.
  expect(isIn(text, texts) || isIn(text.replace(/^not started: /, ''), texts)).toBe(true);
});

test('what the mail says of exit codes is what it says', () => {
  const words = [...page.matchAll(/^\| 1[\d, ]+ \| `([^`]+)` \|/gm)].map(([, said]) => said);
  expect(words.length).toBeGreaterThan(3);
  expect(words.filter((said) => !isIn(said, texts))).toEqual([]);
});

test('the exit codes of the launcher are all there', () => {
  const rows = [...page.matchAll(/^\| (21\d) \| `(\w+)`/gm)].map(([, code]) => Number(code));
  expect(rows).toEqual([OUTPUT_RULE_EXIT_CODE, ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE]);
});

test('each outcome that has a meaning of its own is a symptom', () => {
  const [, symptoms] = /^\| You see(.*?)^## /ms.exec(page)!;
  expect(Object.values(Outcome).filter((outcome) => ![Outcome.SUCCEEDED, Outcome.FAILED].includes(outcome) && !symptoms.includes(`\`${outcome}\``))).toEqual([]);
});
