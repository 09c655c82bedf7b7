import { synth } from '../support/synth';

const { template, job, readable } = (() => {
  const synthesized = synth();
  return { template: synthesized.template, job: synthesized.job, readable: (value: unknown) => synthesized.readable(value) };
})();

const [rule] = Object.values(template.findResources('AWS::Events::Rule')).map((resource) => readable(resource).Properties);

test('a rule sees every end of this job\'s executions but success', () => {
  expect(rule).toMatchObject({
    State: 'ENABLED',
    EventPattern: {
      'source': ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      'detail': { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: ['<Job/Workflow>'] },
    },
  });
});

test('it hands what has ended to the handler, which has time to report, and to go on trying what it could not do', () => {
  expect(rule.Targets).toEqual([expect.objectContaining({ Arn: '<Job/Handlers/CloseRun.Arn>', InputPath: '$.detail' })]);
  template.hasResourceProperties('AWS::Lambda::Function', { Description: 'Closes runs of batch job Job that were stopped', Timeout: 900 });
});

test('it knows where to report without any other service', () => {
  const [close] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Closes runs of batch job Job that were stopped' } }));
  const [opening, topic, rest] = close.Properties.Environment.Variables.REPORT_SETTINGS['Fn::Join'][1];
  expect(readable(topic)).toBe('<Job/Notifications/Topic>');
  expect(JSON.parse(`${opening}the topic${rest}`)).toEqual({
    name: 'Job',
    description: '',
    owner: '',
    runbookUrl: '',
    notificationSubject: 'Job',
    notificationTopicArn: 'the topic',
    notifyOn: ['Failed', 'TimedOut', 'Undelivered', 'Cancelled', 'Unresponsive'],
  });
});

test('the handler is a public member, and logs where the others do', () => {
  expect(job.closeFunction.node.path).toBe('Stack/Job/Handlers/CloseRun/Resource');
  const groups = Object.values(template.findResources('AWS::Lambda::Function'))
    .map((resource) => readable(resource).Properties.LoggingConfig.LogGroup);
  expect(new Set(groups)).toEqual(new Set(['<Job/Handlers/LogGroup>']));
});
