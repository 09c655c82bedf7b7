import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { CronOptionsWithTimezone, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { synth } from '../support/synth';

const page = readFileSync(join(__dirname, '../../docs/coming-from.md'), 'utf8');
const rows = [...page.matchAll(/^\| .* \| `(\{.*\})` \| `(cron\(.*\))` \|$/gm)].map(([, options, expression]) => [options, expression] as const);

test.each(rows)('%s becomes %s', (options, expression) => {
  const given: CronOptionsWithTimezone = new Function(`return ${options}`)();
  expect(synth({ schedule: ScheduleExpression.cron(given) }).all('AWS::Scheduler::Schedule')[0].ScheduleExpression).toBe(expression);
});

test('there are times to try', () => {
  expect(rows.length).toBeGreaterThan(5);
});

// What the page says that is not there must not be there: whoever builds it corrects the page.
test.each(['calendars', 'mustStartWithin', 'checkSchedule'])('scheduleOptions has no %s yet', (option) => {
  const source = readFileSync(join(__dirname, '../../src/schedule.ts'), 'utf8');
  expect(source).toContain('readonly maxEventAge?');
  expect(source).not.toContain(`readonly ${option}?`);
});

test('the default execution timeout is the one that the page names', () => {
  expect(page).toContain(`without it ${Duration.seconds(synth().settings.executionTimeoutSeconds).toHours()} hours`);
});
