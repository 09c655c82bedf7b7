import { IKey } from 'aws-cdk-lib/aws-kms';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { IStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { BatchJobBase } from './batch-job';
import { refuseOtherAccount, refuseOtherRegion } from './references';
import { isKnown, refuse } from './validation';

const STATE_MACHINE_ARN = /^arn:[^:]+:states:[^:]+:[0-9]{12}:stateMachine:[^:]+$/;

/**
 * What there is to know of a job of another stack.
 */
export interface CotsBatchJobAttributes {
  /**
   * The ARN of the job's state machine, without a version or an alias.
   */
  readonly stateMachineArn: string;

  /**
   * The job's `encryptionKey`: whoever reads its runs, and every state machine that waits for one (`asTask`), has to decrypt with it. Its
   * policy must let them: that of an imported key is not changed.
   *
   * @default - the job has none; if it has one, what is granted here does not suffice to read its runs
   */
  readonly encryptionKey?: IKey;

  /**
   * The job's `workflowLogGroup`, for `grantRead`, and for the last runs of a dashboard.
   *
   * @default - `grantRead` grants no logs of the workflow, and no dashboard shows the job's last runs
   */
  readonly workflowLogGroup?: ILogGroup;

  /**
   * The job's `outputLogGroup`, for `grantRead`.
   *
   * @default - `grantRead` grants no output of the program
   */
  readonly outputLogGroup?: ILogGroup;

  /**
   * The name of the job, in comments of the steps that run it, and on dashboards.
   *
   * @default - the ID of the construct
   */
  readonly jobName?: string;
}

/**
 * A job of another stack.
 *
 * @internal
 */
export class ImportedBatchJob extends BatchJobBase {
  public readonly stateMachine: IStateMachine;
  public readonly jobName: string;
  /** @internal */
  public readonly _workflowLogGroup?: ILogGroup;
  /** @internal */
  protected readonly _encryptionKey?: IKey;
  /** @internal */
  protected readonly _outputLogGroup?: ILogGroup;

  constructor(scope: Construct, id: string, attrs: CotsBatchJobAttributes) {
    super(scope, id);
    const { stateMachineArn, encryptionKey, workflowLogGroup, outputLogGroup, jobName } = attrs;
    if (isKnown(stateMachineArn) && !STATE_MACHINE_ARN.test(stateMachineArn)) {
      refuse('stateMachineArn', 'must be the ARN of a state machine, without a version or an alias', stateMachineArn);
    }
    this.stateMachine = StateMachine.fromStateMachineArn(this, 'StateMachine', stateMachineArn);
    refuseOtherRegion(this.stateMachine, 'encryptionKey', encryptionKey);
    for (const [prop, logGroup] of Object.entries({ workflowLogGroup, outputLogGroup })) {
      refuseOtherRegion(this.stateMachine, prop, logGroup);
      refuseOtherAccount(this.stateMachine, prop, logGroup);
    }
    this.jobName = jobName ?? id;
    this._encryptionKey = encryptionKey;
    this._workflowLogGroup = workflowLogGroup;
    this._outputLogGroup = outputLogGroup;
  }
}
