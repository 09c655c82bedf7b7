import { App, Stack } from 'aws-cdk-lib';
import { IntegTest } from './integ-test';
import { BatchCommand, CotsBatchJob, JobParameter } from '../../src';

// A document that exists: the job has none of its own.
const app = new App();
const stack = new Stack(app, 'Document');

new CotsBatchJob(stack, 'Playbook', {
  instanceIds: ['i-0123456789abcdef0'],
  command: BatchCommand.document('AWS-RunAnsiblePlaybook', {
    parameters: { playbookurl: ['s3://playbooks/nightly.yml'] },
    executionTimeoutParameter: 'timeoutSeconds',
  }),
  parameters: { extravars: JobParameter.string({ default: 'SSM=True', pattern: '[A-Za-z]+=[A-Za-z]+' }) },
});

new IntegTest(app, 'IntegTest', { testCases: [stack] });
app.synth();
