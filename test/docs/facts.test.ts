import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { transpile } from 'typescript';
import { pageAt } from './pages';
import { CompletionMode, JobSettings } from '../../src/protocol';
import { minPollSeconds, waitSeconds } from '../../src/protocol/poll-plan';
import { after, job, run } from '../runtime/samples';
import { synth } from '../support/synth';

const hours = (count: number) => count * 3600;
const limited = (executionTimeoutSeconds: number) => job({ deliveryTimeoutSeconds: 600, executionTimeoutSeconds });

/** USD for one state transition, us-east-1. @see https://aws.amazon.com/step-functions/pricing/ */
const TRANSITION_PRICE = 0.025 / 1000;

/** How often a run is polled until its program has ended, with the defaults. */
function polls(programSeconds: number): number {
  let count = 0;
  for (let elapsed = 0; elapsed < programSeconds; count++) {
    elapsed += waitSeconds(limited(hours(12)), run({ pollIntervalSeconds: 300 }), after(elapsed));
  }
  return count;
}

/** Job settings, Send command, What next? and Succeeded; Wait, Get status and What next? for every poll. */
function transitions(programSeconds: number): number {
  return 4 + 3 * polls(programSeconds);
}

test.each([
  ['10 minutes', 600],
  ['1 hour', hours(1)],
  ['6 hours', hours(6)],
])('the costs of a program of %s are what the poll plan makes them', (label, seconds) => {
  const count = transitions(seconds);
  expect(pageAt('docs/costs.md').text).toContain(`| ${label} | ${polls(seconds)} | ${count} | $${(count * TRANSITION_PRICE).toFixed(4)} |`);
});

test('the shortest poll intervals are what the poll plan makes them', () => {
  const { text } = pageAt('docs/limits.md');
  expect(text).toContain(`${minPollSeconds(limited(hours(12)))} seconds is the shortest with the default`);
  expect(text).toContain(`${minPollSeconds(limited(hours(48)))} seconds with an \`executionTimeout\` of 48 hours`);
});

test('the polls that are drawn are those of the poll plan', () => {
  const pollsAt = (settings: Partial<JobSettings>, pollIntervalSeconds: number, count: number) => {
    const times: number[] = [];
    for (let at = 0; times.length < count; times.push(at)) {
      at += waitSeconds(job({ executionTimeoutSeconds: hours(12), ...settings }), run({ pollIntervalSeconds }), after(at));
    }
    return times.map((time) => time < 120 ? `${time}s` : `${time / 60}min`);
  };
  const drawn = [...pageAt('docs/guide/when.md').text.matchAll(/^polls(.*) …/gm)].map(([, times]) => times.trim().split(/\s+/));
  expect(drawn).toEqual([pollsAt({}, 300, 8), pollsAt({ completion: CompletionMode.EVENTS }, 1800, 3)]);
});

test('what the README says of a run of six hours was measured', () => {
  const row = pageAt('docs/measured.md').text.split('\n').find((line) => line.startsWith('| 6 h | **`EVENTS`**'))!;
  const [, , , , , , , cost, , worst] = row.split('|').map((cell) => cell.trim());
  const [, stated] = /with events, a run of six hours costs (\S+) USD and ends seconds after its program/.exec(pageAt('README.md').text.replace(/\s+/g, ' '))!;
  expect(stated).toBe(Number(cost).toFixed(4));
  expect(worst).toMatch(/^\d(\.\d)? s$/);
});

describe('the alarm that the job did not run', () => {
  const snippet = pageAt('docs/guide/notifications.md').blocks.find(({ code }) => code.includes('BillingDidNotRun'))!.code;
  const synthesized = synth();
  const names = { Duration, cloudwatch, actions, iam, sns, subscriptions, job: synthesized.job };
  // As in the fixture of the snippets.
  new Function(...Object.keys(names), transpile(snippet)).apply(synthesized.stack, Object.values(names));
  const [alarm] = synthesized.all('AWS::CloudWatch::Alarm');

  test('counts what the schedule started and succeeded, and takes silence for a failure', () => {
    expect(alarm).toMatchObject({
      Namespace: 'CotsBatchJob',
      MetricName: 'ScheduledSucceeded',
      Dimensions: [{ Name: 'StateMachineArn', Value: '<Job/Workflow>' }],
      Statistic: 'Sum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  test('looks back more than a day, and no further than CloudWatch does', () => {
    const seconds = alarm.Period * alarm.EvaluationPeriods;
    expect(seconds).toBeGreaterThan(86_400);
    expect(seconds).toBeLessThanOrEqual(7 * 86_400);
  });

  test('tells a topic that CloudWatch may publish to', () => {
    expect(alarm.AlarmActions).toEqual(['<Alarms>']);
    // The job's own is encrypted with the key that AWS manages.
    expect(synthesized.all('AWS::SNS::Topic').map((properties) => properties?.KmsMasterKeyId)).toContain(undefined);
    expect(synthesized.all('AWS::SNS::TopicPolicy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement)).toContainEqual({
      Sid: '0',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: '<Alarms>',
      Condition: { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } },
    });
    expect(synthesized.all('AWS::SNS::Subscription')).toMatchObject([{ Protocol: 'email', TopicArn: '<Alarms>' }]);
  });
});
