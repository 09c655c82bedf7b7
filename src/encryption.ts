import { ArnFormat, Stack } from 'aws-cdk-lib';
import { IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSchedule, ISchedule } from 'aws-cdk-lib/aws-scheduler';
import { CfnStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, IConstruct } from 'constructs';
import { refuseMadeInOtherAccount, refuseOtherRegion } from './references';

/**
 * Lets services that use a key by themselves use it, where its policy can be changed here. Whoever has a role uses it with that role.
 *
 * The statements name no resource of the job: the resources need the key, and CloudFormation could create neither first.
 *
 * @throws if the key is of another region, or made in another account
 */
export function letServicesUse(scope: Construct, encryptionKey: IKey | undefined): void {
  refuseOtherRegion(scope, 'encryptionKey', encryptionKey);
  refuseMadeInOtherAccount(scope, 'encryptionKey', encryptionKey?.keyArn, 'imported by its ARN');
  const { region } = Stack.of(scope);
  // CloudWatch Logs asks for each log group. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  encryptionKey?.addToResourcePolicy(new PolicyStatement({
    principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
    actions: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroupArns(scope) } },
  }));
  // What delivers the logs of an encrypted state machine. @see https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
  encryptionKey?.addToResourcePolicy(new PolicyStatement({
    principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
    actions: ['kms:Decrypt'],
    resources: ['*'],
    // Decrypting takes the context with which the state machine has encrypted: the one that CDK confines the role to.
    conditions: { StringEquals: { 'kms:EncryptionContext:SourceArn': Stack.of(scope).formatArn({ service: 'logs', resource: '*' }) } },
  }));
}

function logGroupArns(scope: IConstruct): string {
  return Stack.of(scope).formatArn({ service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
}

/**
 * Encrypts the definition, and all that executions hold. CDK's own `encryptionConfiguration` confines the role's rights to the name that the
 * state machine was given: without one, to a state machine that is not there.
 */
export function encryptStateMachine(stateMachine: StateMachine, key: IKey): void {
  (stateMachine.node.defaultChild as CfnStateMachine).encryptionConfiguration = { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: key.keyArn };
  key.grant(stateMachine, 'kms:Decrypt', 'kms:GenerateDataKey');
}

/**
 * Encrypts a schedule: the values of parameters stand in it. CDK's own `key` grants encrypting, too, which only whoever deploys does.
 *
 * @param role of EventBridge Scheduler
 */
export function encryptSchedule(schedule: ISchedule, key: IKey, role: IRole): void {
  (schedule.node.defaultChild as CfnSchedule).kmsKeyArn = key.keyArn;
  key.grant(role, 'kms:Decrypt');
}
