import { readFileSync } from 'fs';
import { join } from 'path';
import { minPollSeconds, waitSeconds } from '../src/runtime/poll-plan';
import { GRACE_SECONDS } from '../src/runtime/protocol';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
const hours = (count: number) => count * 3600;
const total = (executionTimeout: number) => 600 + executionTimeout + GRACE_SECONDS;

/** USD for one state transition, us-east-1. @see https://aws.amazon.com/step-functions/pricing/ */
const TRANSITION_PRICE = 0.025 / 1000;

/** How often a run is looked at until its program has ended, with the defaults. */
function looks(programSeconds: number): number {
  let count = 0;
  for (let elapsed = 0; elapsed < programSeconds; count++) {
    elapsed += waitSeconds(elapsed, 300, total(hours(12)));
  }
  return count;
}

/** Job settings, Send command, What next? and Succeeded; Wait, Get status and What next? for every look. */
function transitions(programSeconds: number): number {
  return 4 + 3 * looks(programSeconds);
}

test.each([
  ['10 minutes', 600],
  ['1 hour', hours(1)],
  ['6 hours', hours(6)],
])('the costs of a program of %s are what the poll plan makes them', (label, seconds) => {
  const count = transitions(seconds);
  expect(readme).toContain(`| ${label} | ${looks(seconds)} | ${count} | $${(count * TRANSITION_PRICE).toFixed(4)} |`);
});

test('the shortest poll intervals are what the poll plan makes them', () => {
  expect(readme).toContain(`${minPollSeconds(total(hours(12)))} seconds is the shortest with the default`);
  expect(readme).toContain(`${minPollSeconds(total(hours(48)))} seconds with an \`executionTimeout\` of 48 hours`);
});

test.each([
  ['ts nofixture', 'typescript/app.ts'],
  ['python', 'python/app.py'],
  ['java', 'java/src/main/java/com/example/NightlyApp.java'],
  ['go', 'go/main.go'],
])('the app in %s is the example that is installed and synthesized', (language, file) => {
  const example = readFileSync(join(__dirname, 'fixtures/examples', file), 'utf8');
  expect(readme).toContain(`\`\`\`${language}\n${example}\`\`\`\n`);
});
