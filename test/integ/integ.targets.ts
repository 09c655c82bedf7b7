import { App, Stack } from 'aws-cdk-lib';
import { IntegTest } from './integ-test';
import { CotsBatchJob } from '../../src';
import { everyPropWithTargets } from '../fixtures/every-prop';

// Every prop that a job on servers with known tags can have.
const app = new App();
const stack = new Stack(app, 'Targets');

new CotsBatchJob(stack, 'Job', everyPropWithTargets(stack));

new IntegTest(app, 'IntegTest', { testCases: [stack] });
app.synth();
