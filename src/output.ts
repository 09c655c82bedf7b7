import { ArnFormat, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Right } from './handlers/growing-rights';
import { hasName, refuseMadeInOtherAccount, refuseMadeInOtherRegion, refuseOtherAccount, refuseOtherRegion } from './references';
import { isKnown, refuse, refuseTogether, refuseWithout } from './validation';

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
const MAX_KEY_PREFIX_LENGTH = 500;

/** How many instances a policy names one by one: two ARNs each, and the inline policies of a role have 10,240 characters. */
const MAX_NAMED_WRITERS = 20;

export interface RunOutputProps {
  readonly jobKey: string;
  readonly instanceIds?: string[];
  readonly cloudWatchOutput?: boolean;
  readonly outputLogGroup?: ILogGroup;
  readonly outputLogRetention?: RetentionDays;
  readonly encryptionKey?: IKey;
  readonly outputBucket?: IBucket;
  readonly outputKeyPrefix?: string;
}

/**
 * Where the output of the batch program goes: the instances deliver it, with the rights of their instance profile.
 */
export class RunOutput extends Construct {
  public readonly logGroup?: ILogGroup;
  /** No job writes where another one does, unless somebody says so. */
  private readonly keyPrefix: string;

  constructor(scope: Construct, id: string, private readonly props: RunOutputProps) {
    super(scope, id);

    refuseTogether({ outputLogGroup: props.outputLogGroup, outputLogRetention: props.outputLogRetention }, 'retention belongs to the log group that you bring');
    refuseWithout('cloudWatchOutput', props.cloudWatchOutput !== false, { outputLogGroup: props.outputLogGroup, outputLogRetention: props.outputLogRetention });
    refuseWithout('outputBucket', props.outputBucket !== undefined, { outputKeyPrefix: props.outputKeyPrefix });
    if (isKnown(props.outputKeyPrefix) && !(props.outputKeyPrefix.length >= 1 && props.outputKeyPrefix.length <= MAX_KEY_PREFIX_LENGTH)) {
      refuse('outputKeyPrefix', `must have between 1 and ${MAX_KEY_PREFIX_LENGTH} characters`, props.outputKeyPrefix);
    }
    // The right of the instances is made of it: SSM adds a slash itself, and IAM reads * and ? as any characters.
    if (isKnown(props.outputKeyPrefix) && /^\/|\/$|[*?]/.test(props.outputKeyPrefix)) {
      refuse('outputKeyPrefix', 'must not begin or end with a slash, and have no * or ?', props.outputKeyPrefix);
    }
    refuseOtherRegion(this, 'outputLogGroup', props.outputLogGroup);
    // Run Command takes a name, and the instances write to the log group of that name in their own account.
    refuseOtherAccount(this, 'outputLogGroup', props.outputLogGroup);
    // The instances find out where a bucket is.
    const bucketName = props.outputBucket?.bucketName;
    refuseMadeInOtherAccount(this, 'outputBucket', bucketName, 'imported by its name');
    if (bucketName !== undefined && !hasName(this, bucketName)) {
      refuseMadeInOtherRegion(this, 'outputBucket', bucketName, 'have a name of its own');
    }

    this.keyPrefix = props.outputKeyPrefix ?? props.jobKey;
    if (props.cloudWatchOutput !== false) {
      this.logGroup = props.outputLogGroup ?? new LogGroup(this, 'LogGroup', {
        retention: props.outputLogRetention ?? RetentionDays.THREE_MONTHS,
        encryptionKey: props.encryptionKey,
        removalPolicy: RemovalPolicy.RETAIN,
      });
    }
  }

  /** What SSM has to know of the output. */
  public get settings() {
    const { outputBucket } = this.props;
    return {
      logGroupName: this.logGroup?.logGroupName,
      outputBucketName: outputBucket?.bucketName,
      outputKeyPrefix: outputBucket && this.keyPrefix,
    };
  }

  /**
   * The right to have output sent to the bucket, which IAM asks of whoever sends the command.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
   */
  public sendRights(): Right[] {
    const { outputBucket } = this.props;
    return outputBucket ? [{ actions: ['ssm:SendCommand'], on: 'bucket', resources: [outputBucket.bucketArn] }] : [];
  }

  /**
   * Lets a handler read the last lines of a program's output.
   */
  public grantRead(grantee: IGrantable): void {
    this.logGroup?.grant(grantee, 'logs:GetLogEvents');
  }

  /**
   * Lets an instance be reached by Run Command and deliver the program's output.
   */
  public grantInstance(grantee: IGrantable): Grant {
    // The part of AmazonSSMManagedInstanceCore that Run Command needs. None of these actions has a resource type.
    let grant = Grant.addToPrincipal({
      grantee,
      actions: [
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
        'ec2messages:AcknowledgeMessage',
        'ec2messages:DeleteMessage',
        'ec2messages:FailMessage',
        'ec2messages:GetEndpoint',
        'ec2messages:GetMessages',
        'ec2messages:SendReply',
      ],
      resourceArns: ['*'],
    });

    const writers = this.writers();
    if (this.logGroup) {
      const { logGroup } = this;
      const streams = writers.map((writer) => Stack.of(this).formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: `${logGroup.logGroupName}:log-stream:${writer}`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }));
      const find = logGroup.grant(grantee, 'logs:CreateLogStream', 'logs:DescribeLogStreams');
      const write = Grant.addToPrincipal({ grantee, actions: ['logs:PutLogEvents'], resourceArns: streams });
      grant = grant.combine(find).combine(write).combine(Grant.addToPrincipal({
        // The agent looks for the log group by listing.
        grantee,
        actions: ['logs:DescribeLogGroups'],
        resourceArns: [Stack.of(this).formatArn({
          service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        })],
      }));
    }

    const { outputBucket } = this.props;
    if (outputBucket) {
      const objects = writers.map((writer) => outputBucket.arnForObjects(`${this.keyPrefix}/${writer}`));
      // An upload in several parts reads its key again, and is taken back when it fails. The bucket's own grants allow more.
      const write = { grantee, actions: ['s3:PutObject', 's3:AbortMultipartUpload'], resourceArns: objects, resource: outputBucket };
      grant = grant.combine(Grant.addToPrincipalOrResource(write)).combine(Grant.addToPrincipal({
        // The agent asks how the bucket is encrypted before it writes.
        grantee,
        actions: ['s3:GetEncryptionConfiguration'],
        resourceArns: [outputBucket.bucketArn],
      }));
      const encrypt = outputBucket.encryptionKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
      grant = encrypt ? grant.combine(encrypt) : grant;
    }
    return grant;
  }

  /**
   * Log streams and keys begin with `<command>/<instance>`, so that an instance need not write where others do. Where instances are found by tags
   * it is any of them. The ID of an instance of the app cannot be in the policy of its own role: CDK makes the instance wait for that policy.
   */
  private writers(): string[] {
    const { instanceIds } = this.props;
    const areNamed = instanceIds && instanceIds.length <= MAX_NAMED_WRITERS && !instanceIds.some((id) => Token.isUnresolved(id));
    return areNamed ? instanceIds.map((id) => `*/${id}/*`) : ['*'];
  }
}
