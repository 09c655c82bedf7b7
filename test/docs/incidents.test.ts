import { SecretValue } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import * as ts from 'typescript';
import { pageAt } from './pages';
import { BatchCommand, Outcome } from '../../src';
import { AwsEvent, targetInput } from '../../src/local/services/events/event';
import { matchPattern } from '../../src/local/services/events/event-pattern';
import { LocalJob } from '../runs/local-job';
import { synth } from '../support/synth';

const snippets = pageAt('docs/incidents.md').blocks.map(({ code }) => code);

/** The rules of a snippet, as a deployment has them. */
function rulesOf(snippet: string) {
  const synthesized = synth();
  const queue = new Queue(synthesized.stack, 'Queue');
  const code = ts.transpile(snippet, { target: ts.ScriptTarget.ES2022 });
  new Function('events', 'targets', 'SecretValue', 'Outcome', 'job', 'queue', code)
    .call(synthesized.stack, events, targets, SecretValue, Outcome, synthesized.job, queue);
  const rules = synthesized.all('AWS::Events::Rule').filter(({ EventPattern: { source } }) => source[0] === 'cots-batch-job');
  return { rules, connections: synthesized.all('AWS::Events::Connection') };
}

/** The detail of the event of a run that has really ended, as a rule gets it. */
async function detailOf(script: string): Promise<AwsEvent['detail']> {
  const heard: AwsEvent['detail'][] = [];
  const job = await LocalJob.open({ command: BatchCommand.shell(script) }, {
    onEvent: (event) => {
      const input = event.kind === 'history' && event.event.type === 'ExecutionStarted' ? event.event.input as { heard?: AwsEvent['detail'] } : {};
      heard.push(...input.heard ? [input.heard] : []);
    },
  }, ({ stack, job: made }) => {
    const next = new StateMachine(stack, 'Next', { definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')) });
    const input = events.RuleTargetInput.fromObject({ heard: events.EventField.fromPath('$.detail') });
    made.onOutcome('Any', [Outcome.SUCCEEDED, Outcome.FAILED], { target: new targets.SfnStateMachine(next, { input }) });
  });
  try {
    await job.toEnd();
    expect(heard).toHaveLength(1);
    return heard[0];
  } finally {
    await job.close();
  }
}

/** What the endpoint gets of an event, by the rules that it matches. */
function sent(rules: any[], detail: AwsEvent['detail']): unknown[] {
  const event = { 'source': 'cots-batch-job', 'detail-type': 'Batch Job Run Ended', 'detail': { ...detail, stateMachineArn: '<Job/Workflow>' } } as unknown as AwsEvent;
  return rules.filter(({ EventPattern }) => matchPattern(EventPattern, event).matches)
    .map(({ Targets: [target] }) => targetInput(target, event, { arn: 'rule', name: 'rule' }));
}

describe('what PagerDuty gets', () => {
  const { rules, connections } = rulesOf(snippets[0]);

  test('of a run that failed: an incident of the job, with the cause as a text', async () => {
    const detail = await detailOf('echo \'He said "no"\' >&2; exit 3');
    expect(sent(rules, detail)).toEqual([{
      event_action: 'trigger',
      dedup_key: '<Job/Workflow>',
      payload: {
        summary: 'Batch job Job: Failed',
        source: 'Job',
        severity: 'critical',
        custom_details: { cause: expect.stringContaining('exit code 3'), execution: detail.execution },
      },
    }]);
  });

  test('of a run that succeeded: the same incident is over', async () => {
    expect(sent(rules, await detailOf('true'))).toEqual([{ event_action: 'resolve', dedup_key: '<Job/Workflow>' }]);
  });

  test('of a run that was skipped: nothing', () => {
    expect(sent(rules, { outcome: 'Skipped' })).toEqual([]);
  });

  test('the routing key is in the body of each request, and its value in no template', () => {
    const { AuthParameters: { InvocationHttpParameters } } = connections[0];
    expect(InvocationHttpParameters.BodyParameters).toEqual([
      { Key: 'routing_key', Value: '{{resolve:secretsmanager:pagerduty:SecretString:routingKey::}}', IsValueSecret: true },
    ]);
  });
});

test('what another endpoint gets: the key of the job, and the whole run', () => {
  const { rules } = rulesOf(snippets[1]);
  const detail = { outcome: 'TimedOut', cause: 'a "b"', execution: 'e' };
  expect(sent(rules, detail)).toEqual([{ key: '<Job/Workflow>', run: { ...detail, stateMachineArn: '<Job/Workflow>' } }]);
});
