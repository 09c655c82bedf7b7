import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aspects, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BatchJobHandlers, CotsBatchJob } from '../../src';
import { Handler } from '../../src/handlers/handler';
import { allowOnOwnRuns } from '../../src/handlers/own-runs';
import { MachinePrefix } from '../../src/handlers/served-job';
import { JobProps, synth } from '../support/synth';

const CALLS = { onExecutions: ['states:DescribeExecution'], onStateMachine: ['states:ListExecutions'] };

const startHandler = ({ startFunction }: CotsBatchJob | BatchJobHandlers) => startFunction.node.scope as Handler;

function allowed(props: JobProps | ((stack: Stack) => JobProps) = {}, stack = new Stack(new App(), 'Stack')) {
  const synthesized = synth(props, stack);
  allowOnOwnRuns(startHandler(synthesized.job), 'OwnRuns', synthesized.job.stateMachine, CALLS);
  return synthesized;
}

test('a handler may make the calls on the runs of its job, and on no others', () => {
  const synthesized = allowed();
  const statements = synthesized.statements(synthesized.job.startFunction.role).filter(({ actions }) => actions[0].startsWith('states:'));
  expect(statements).toEqual([
    { actions: ['states:DescribeExecution'], resources: [expect.stringMatching(/:states:.*:execution:.*Job\/Workflow.*:\*$/)] },
    { actions: ['states:ListExecutions'], resources: ['<Job/Workflow>'] },
  ]);
});

test('it is no circle: template checks of CDK find none, which a right in the role itself would be', () => {
  const stack = new Stack(new App(), 'Stack');
  allowed({}, stack);
  expect(() => Template.fromStack(stack)).not.toThrow();
  const circular = synth({}, new Stack(new App(), 'Stack'));
  circular.job.stateMachine.grantRead(circular.job.startFunction.role!);
  expect(() => circular.template).toThrow('dependency cycle');
});

test('a role that is handed in gets the policy, and one that CDK must not change does not', () => {
  const handedIn = allowed((stack) => ({ handlerOptions: { startRole: new Role(stack, 'Mine', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }) } }));
  expect(JSON.stringify(handedIn.statements(handedIn.job.startFunction.role))).toContain('states:DescribeExecution');
  const fixed = allowed((stack) => ({
    handlerOptions: { startRole: Role.fromRoleArn(stack, 'Fixed', 'arn:aws:iam::123456789012:role/fixed', { mutable: false }) },
  }));
  expect(JSON.stringify(fixed.template.toJSON())).not.toContain('states:DescribeExecution');
});

test('where somebody else makes the roles, it is in their report', () => {
  const app = new App();
  Role.customizeRoles(app);
  allowed({}, new Stack(app, 'Stack')).template.resourceCountIs('AWS::IAM::Policy', 0);
  expect(readFileSync(join(app.synth().directory, 'iam-policy-report.json'), 'utf8')).toContain('states:DescribeExecution');
});

test('handlers that jobs share have it once, for the runs of all of them', () => {
  const stack = new Stack(new App(), 'Stack');
  const handlers = new BatchJobHandlers(stack, 'Handlers');
  const synthesized = synth({ handlers }, stack);
  const prefix = { workflowRole: undefined, executionArn: 'arn:execution:set-', stateMachineArn: 'arn:stateMachine:set-' } as unknown as MachinePrefix;
  allowOnOwnRuns(startHandler(handlers), 'OwnRuns', prefix, CALLS);
  allowOnOwnRuns(startHandler(handlers), 'OwnRuns', prefix, CALLS);
  const policies = Object.values(synthesized.template.findResources('AWS::IAM::Policy', { Properties: { PolicyName: Match.stringLikeRegexp('OwnRuns') } }));
  expect(policies.map(({ Properties }) => Properties.PolicyDocument.Statement.map(({ Resource }: { Resource: string }) => Resource)))
    .toEqual([['arn:execution:set-*:*', 'arn:stateMachine:set-*']]);
});

test('cdk-nag finds nothing', () => {
  const { stack } = allowed();
  Aspects.of(stack).add(new AwsSolutionsChecks());
  const annotations = Annotations.fromStack(stack);
  expect([...annotations.findError('*', Match.anyValue()), ...annotations.findWarning('*', Match.anyValue())].map(({ id }) => id)).toEqual([]);
});
