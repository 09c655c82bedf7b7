import { App, Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchJobHandlers } from '../src';
import { FEATURE_FLAGS } from './support/feature-flags';
import { JobProps, synth } from './support/synth';

const KEY = '<Key.Arn>';
const decrypt = { actions: ['kms:Decrypt'], resources: [KEY] };

describe.each(FEATURE_FLAGS)('encryptionKey, with %s', (_flags, context) => {
  const encrypted = (props: JobProps | ((stack: Stack) => JobProps) = {}) => synth((stack) => ({
    encryptionKey: new Key(stack, 'Key'),
    schedule: ScheduleExpression.rate(Duration.days(1)),
    ...typeof props === 'function' ? props(stack) : props,
  }), new Stack(new App({ context }), 'Stack'));

  test('encrypts all that the job stores', () => {
    const synthesized = encrypted();
    const { job } = synthesized;
    expect(synthesized.properties(job.stateMachine).EncryptionConfiguration).toEqual({ Type: 'CUSTOMER_MANAGED_KMS_KEY', KmsKeyId: KEY });
    expect(synthesized.properties(job.notificationTopic).KmsMasterKeyId).toBe(KEY);
    expect(synthesized.all('AWS::Logs::LogGroup').map(({ KmsKeyId }) => KmsKeyId)).toEqual([KEY, KEY, KEY]);
    expect(synthesized.all('AWS::Scheduler::Schedule').map(({ KmsKeyArn }) => KmsKeyArn)).toEqual([KEY]);
    const withEnvironment = synthesized.all('AWS::Lambda::Function').filter(({ Environment }) => Environment);
    expect(withEnvironment.length).toBe(3);
    expect(withEnvironment.filter(({ KmsKeyArn }) => KmsKeyArn !== KEY)).toEqual([]);
  });

  test('lets those use the key who need it, and no others', () => {
    const synthesized = encrypted({ notifyOn: [] });
    const { job } = synthesized;
    const keys = (role: Parameters<typeof synthesized.statements>[0]) =>
      synthesized.statements(role).filter(({ actions }) => actions.some((action) => action.startsWith('kms:')));
    // Each has an environment.
    expect(keys(job.startFunction.role)).toEqual([decrypt]);
    expect(keys(job.pollFunction.role)).toEqual([decrypt]);
    expect(keys(job.closeFunction.role)).toContainEqual(decrypt);
    expect(keys(job.closeFunction.role).filter(({ actions }) => actions.length > 1)).toEqual([]);
    expect(keys(job.stateMachine.role)).toEqual([{ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [KEY] }]);
    expect(keys(job.node.findChild('Schedule').node.findChild('Role') as Role)).toEqual([decrypt]);
  });

  test('lets readers and parents of its runs decrypt', () => {
    const synthesized = encrypted();
    const { stack, job } = synthesized;
    const reader = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    job.grantRead(reader);
    const parents = [
      new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(job.asTask(stack, 'Index')) }),
      new StateMachine(stack, 'Other', { definitionBody: DefinitionBody.fromChainable(job.asJsonataTask(stack, 'Again')) }),
    ];
    for (const role of [reader, ...parents.map((parent) => parent.role)]) {
      expect(synthesized.statements(role)).toContainEqual(decrypt);
    }
  });

  test('extends the policy of the key for CloudWatch Logs of this region, once for all jobs', () => {
    const synthesized = encrypted((stack) => {
      const encryptionKey = new Key(stack, 'Shared');
      return { encryptionKey, handlers: new BatchJobHandlers(stack, 'Handlers', { encryptionKey }) };
    });
    expect(synthesized.all('AWS::Lambda::Function').map(({ KmsKeyArn }) => KmsKeyArn)).toEqual(Array(3).fill('<Shared.Arn>'));
    const statements = synthesized.properties(synthesized.stack.node.findChild('Shared')).KeyPolicy.Statement;
    expect(statements.filter(({ Principal }: any) => /logs/.test(JSON.stringify(Principal)))).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'logs.<AWS::Region>.amazonaws.com' },
        Action: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        Resource: '*',
        Condition: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:*' },
        },
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'delivery.logs.amazonaws.com' },
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { StringEquals: { 'kms:EncryptionContext:SourceArn': 'arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:*' } },
      },
    ]);
  });
});

test('a key of another region is refused', () => {
  const stack = new Stack(new App(), 'Stack', { env: { account: '123456789012', region: 'eu-west-1' } });
  const encryptionKey = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555');
  expect(() => synth({ encryptionKey }, stack))
    .toThrow(new Error('encryptionKey must be in the region of the job (eu-west-1), got "us-east-1"'));
});
