import { App, Stack } from 'aws-cdk-lib';
import { IntegTest } from './integ-test';
import { CotsBatchJob } from '../../src';
import { everyPropWithInstances } from '../fixtures/every-prop';

// Every prop that a job on servers with known IDs can have.
const app = new App();
const stack = new Stack(app, 'Instances');

new CotsBatchJob(stack, 'Job', everyPropWithInstances(stack));

new IntegTest(app, 'IntegTest', { testCases: [stack] });
app.synth();
