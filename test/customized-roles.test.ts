import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { BatchCommand, BatchJobHandlers, CompletionMode, CotsBatchJob } from '../src';
import { INSTANCE_ID, synth } from './support/synth';

/** With every role that a job can have. */
const PROPS = { completion: CompletionMode.EVENTS, schedule: ScheduleExpression.rate(Duration.days(1)) };
const OTHER_ID = 'i-00000000000000001';

/** An app whose roles somebody else makes, by CDK's report. */
function stackOf() {
  const app = new App();
  Role.customizeRoles(app);
  return { app, stack: new Stack(app, 'Stack') };
}

/** What may be sent, and where, by that report. */
function sent(app: App, constructPath: string): string {
  const { roles } = JSON.parse(readFileSync(join(app.synth().directory, 'iam-policy-report.json'), 'utf8'));
  const [role] = roles.filter((each: { roleConstructPath: string }) => each.roleConstructPath === constructPath);
  return JSON.stringify(role.identityPolicyStatements.filter(({ Action }: { Action: string }) => Action === 'ssm:SendCommand'));
}

test('a job with handlers of its own has neither role nor policy, and its rights are reported', () => {
  const { app, stack } = stackOf();
  const { template } = synth(PROPS, stack);
  template.resourceCountIs('AWS::IAM::Role', 0);
  template.resourceCountIs('AWS::IAM::Policy', 0);
  const rights = sent(app, 'Stack/Job/Handlers/SendCommand/Role');
  expect(rights).toContain(INSTANCE_ID);
  expect(rights).toContain('Job/Document');
});

test('the same for jobs that share handlers', () => {
  const { app, stack } = stackOf();
  const handlers = new BatchJobHandlers(stack, 'Handlers');
  new CotsBatchJob(stack, 'Other', { ...PROPS, handlers, instanceIds: [OTHER_ID], command: BatchCommand.shell('x') });
  const { template } = synth({ ...PROPS, handlers }, stack);
  template.resourceCountIs('AWS::IAM::Role', 0);
  template.resourceCountIs('AWS::IAM::Policy', 0);
  const rights = sent(app, 'Stack/Handlers/SendCommand/Role');
  for (const resource of [INSTANCE_ID, OTHER_ID, 'Job/Document', 'Other/Document']) {
    expect(rights).toContain(resource);
  }
});
