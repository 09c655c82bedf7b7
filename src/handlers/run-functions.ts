import { Aws, Duration, Fn, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { GrowingRights, Right } from './growing-rights';
import { acceptRuntime, acceptWildcards } from '../nag-findings';
import { MAX_INSTANCES } from '../targets';
import { GetStatusFunction } from './get-status-function';
import { OverlapPolicy, SEND_TIMEOUT_SECONDS } from '../protocol';
import { SendCommandFunction } from './send-command-function';
import { ServedJob } from './served-job';
import { problem } from '../validation';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_MANAGED_POLICIES = 10;

export interface RunFunctionsProps {
  /** Whom the handlers are for: `batch job Nightly`. */
  readonly subject: string;
  readonly encryptionKey?: IKey;
}

/**
 * The two handlers, each with a role that holds exactly the calls it makes.
 */
export class RunFunctions extends Construct {
  public readonly sendCommand: SendCommandFunction;
  public readonly getStatus: GetStatusFunction;
  /** Log group of the handlers and of the state machine. */
  public readonly logGroup: ILogGroup;
  private readonly sendRights: GrowingRights;
  private readonly statusRights: GrowingRights;
  /** All servers that may be sent to by name. */
  private readonly instanceIds = new Set<string>();

  constructor(scope: Construct, id: string, props: RunFunctionsProps) {
    super(scope, id);

    this.logGroup = new LogGroup(this, 'LogGroup', {
      logGroupName: vendedLogGroupName(scope),
      retention: RetentionDays.THREE_MONTHS,
      encryptionKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    this.sendCommand = new SendCommandFunction(this, 'SendCommand', {
      ...handlerOptions(this, 'SendCommandRole', this.logGroup),
      description: `Starts ${props.subject}`,
      timeout: Duration.seconds(SEND_TIMEOUT_SECONDS),
    });
    acceptRuntime(this.sendCommand);

    this.getStatus = new GetStatusFunction(this, 'GetStatus', {
      ...handlerOptions(this, 'GetStatusRole', this.logGroup),
      description: `Looks at ${props.subject}`,
      timeout: Duration.minutes(5),
    });
    acceptRuntime(this.getStatus);

    this.sendRights = new GrowingRights(this.sendCommand.role!);
    this.statusRights = new GrowingRights(this.getStatus.role!);
    // How much the jobs need together, and in how many policies CDK puts it, is known at last.
    this.node.addValidation({ validate: () => this.tooMuch() });
  }

  /** Gives the handlers the rights that a job takes, and no others. */
  public serve(job: ServedJob): void {
    const rights: Right[] = [
      {
        actions: [...job.overlapPolicy === OverlapPolicy.CANCEL_RUNNING ? ['ssm:CancelCommand'] : [], 'ssm:ListCommands'],
        on: 'any',
        resources: ['*'],
      },
      { actions: ['ssm:SendCommand'], on: 'document', resources: [documentArn(this, job.document.name)] },
      ...job.targets.sendRights(this),
      ...job.output.sendRights(),
    ];
    rights.forEach((right) => this.sendRights.allow(right));
    job.targets.instanceIds.forEach((id) => this.instanceIds.add(id));
    acceptWildcards(this.sendCommand.role!, 'Resource::*', 'What lists commands and cancels them has no resource type.');
    if (job.targets.hasOnlyTags) {
      acceptWildcards(this.sendCommand.role!, { regex: '/^Resource::.*:(managed-)?instance\\/\\*$/' },
        'The servers are found by tag: the condition ssm:resourceTag confines the statement to those that have it.');
    }

    this.statusRights.allow({
      actions: [
        'ssm:DescribeInstanceInformation',
        'ssm:GetCommandInvocation',
        'ssm:ListCommandInvocations',
        // Says how many servers there are, where they are found by SSM; and who has started a run before.
        'ssm:ListCommands',
      ],
      on: 'any',
      resources: ['*'],
    });
    acceptWildcards(this.getStatus.role!, 'Resource::*', 'What lists commands and reads their results has no resource type.');
    job.output.grantRead(this.getStatus);
  }

  /** What one role cannot hold of all the jobs that it serves. */
  private tooMuch(): string[] {
    const policies = this.sendCommand.role!.node.children.filter((child) => child instanceof ManagedPolicy).length;
    return [
      ...this.instanceIds.size > MAX_INSTANCES ? [problem('instanceIds of all jobs that share handlers',
        `must not have more than ${MAX_INSTANCES} IDs, because an IAM role cannot name more; use targets or several handlers`,
        this.instanceIds.size)] : [],
      ...policies > MAX_MANAGED_POLICIES ? [problem('handlers',
        `must not be shared by jobs whose rights to send take more than ${MAX_MANAGED_POLICIES} managed policies (IAM quota of a role); use several`,
        policies)] : [],
    ];
  }
}

/**
 * A name that Step Functions need not list: log groups with any other prefix are added to one resource policy of the account and
 * region, which is full after some 40 of them. It has the ID of the stack in it, so that a template can be deployed twice, and again
 * where an earlier log group was kept.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
 */
function vendedLogGroupName(scope: Construct): string {
  const stackUuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return `/aws/vendedlogs/states/${Names.uniqueResourceName(scope, {})}-${stackUuid}`;
}

/**
 * What all handlers have in common: a role of their own, because the default one may write to every log group of the account.
 */
export function handlerOptions(scope: Construct, roleId: string, logGroup: ILogGroup): FunctionOptions {
  const role = new Role(scope, roleId, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  return { role, logGroup, memorySize: 256 };
}

/** Documents of AWS belong to no account. */
const AWS_OWNED_DOCUMENT = /^(AWS|Amazon)[A-Za-z0-9]*-/;

function documentArn(scope: Construct, nameOrArn: string): string {
  if (nameOrArn.startsWith('arn:')) {
    return nameOrArn;
  }
  return Stack.of(scope).formatArn({
    service: 'ssm',
    account: AWS_OWNED_DOCUMENT.test(nameOrArn) ? '' : undefined,
    resource: 'document',
    resourceName: nameOrArn,
  });
}
