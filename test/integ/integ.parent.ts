import { App, Stack } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { IntegTest } from './integ-test';
import { BatchCommand, CotsBatchJob, JobParameter } from '../../src';

// A job as a step of a larger workflow.
const app = new App();
const stack = new Stack(app, 'Parent');

const job = new CotsBatchJob(stack, 'Job', {
  instanceIds: ['i-0123456789abcdef0'],
  command: BatchCommand.shell('bin/index.sh --keywords "$KEYWORDS"'),
  parameters: { KEYWORDS: JobParameter.string({ default: 'cloud' }) },
});
const index = job.asTask(stack, 'Index', { parameters: { KEYWORDS: sfn.JsonPath.stringAt('$.keywords') }, resultPath: '$.index' });
index.addCatch(new sfn.Pass(stack, 'Use the old index'), { errors: ['CotsBatchJob.TimedOut'], resultPath: sfn.JsonPath.DISCARD });

new sfn.StateMachine(stack, 'Night', {
  definitionBody: sfn.DefinitionBody.fromChainable(index.next(new sfn.Succeed(stack, 'Done'))),
});

new IntegTest(app, 'IntegTest', { testCases: [stack] });
app.synth();
