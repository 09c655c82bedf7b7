import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { IntegTest } from './integ-test';
import { BatchCommand, CotsBatchJob } from '../../src';

// The ten lines that the README begins with: all defaults.
const app = new App();
const stack = new Stack(app, 'TenLines');

new CotsBatchJob(stack, 'NightlyIndex', {
  instanceIds: ['i-0123456789abcdef0'],
  command: BatchCommand.shell('bin/index.sh --sites sites.txt', { runAs: 'crawler', workingDirectory: '/opt/crawler' }),
  executionTimeout: Duration.hours(6),
  schedule: scheduler.ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.EUROPE_ROME }),
  notificationTargets: [new subscriptions.EmailSubscription('ops@example.com')],
});

new IntegTest(app, 'IntegTest', { testCases: [stack] });
app.synth();
