import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { transpile } from 'typescript';
import { BatchCommand, CommandTarget, CompletionMode, CotsBatchJob, ExitCodes, InvocationLimit, JobParameter, OverlapPolicy } from '../../src';
import { INSTANCE_ID, synth } from '../support/synth';

const page = readFileSync(join(__dirname, '../../docs/coming-from.md'), 'utf8');
const times = [...page.matchAll(/^\| .* \| `(\{.*\})` \| `(cron\(.*\))` \|$/gm)].map(([, options, expression]) => [options, expression] as const);
const examples = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => [/, '(\w+)'/.exec(code)![1], code] as const);

test('there is something to try', () => {
  expect(times.length).toBeGreaterThan(5);
  expect(examples.length).toBeGreaterThan(5);
});

test.each(times)('the time %s becomes %s', (options, expression) => {
  const given: scheduler.CronOptionsWithTimezone = new Function(`return ${options}`)();
  expect(synth({ schedule: scheduler.ScheduleExpression.cron(given) }).all('AWS::Scheduler::Schedule')[0].ScheduleExpression).toBe(expression);
});

test.each(examples)('the example %s is a job', (_, code) => {
  const stack = new Stack(new App(), 'Stack', { env: { region: 'eu-south-1' } });
  const names = {
    Duration,
    TimeZone,
    scheduler,
    subscriptions,
    sfn,
    BatchCommand,
    CommandTarget,
    CompletionMode,
    CotsBatchJob,
    ExitCodes,
    InvocationLimit,
    JobParameter,
    OverlapPolicy,
    instanceIds: [INSTANCE_ID],
    command: BatchCommand.shell('bin/remind.sh'),
  };
  // As in the fixture of the snippets.
  new Function(...Object.keys(names), transpile(code)).apply(stack, Object.values(names));
  expect(stack.node.findAll().some((construct) => construct instanceof CotsBatchJob)).toBe(true);
  const warnings = Annotations.fromStack(stack).findWarning('*', Match.anyValue());
  expect(warnings.map(({ entry }) => entry.data)).toEqual([]);
});

test('the default execution timeout is the one that the page names', () => {
  expect(page).toContain(`without it ${Duration.seconds(synth().settings.executionTimeoutSeconds).toHours()} hours`);
});
