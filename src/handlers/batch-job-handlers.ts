import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { JobHandlers } from './job-handlers';
import { MachineNames } from './machine-names';
import { scheduleRole } from '../schedule';
import { refuse } from '../validation';

/**
 * Options of shared handlers.
 */
export interface BatchJobHandlersProps {
  /**
   * Encrypts the log group of the handlers and the workflows. Its policy must let CloudWatch Logs of this region use the key.
   *
   * @default - encrypted by CloudWatch Logs
   */
  readonly encryptionKey?: IKey;
}

/** What a job shares with others. */
export interface SharedParts {
  readonly handlers: JobHandlers;
  readonly stateMachineName: string;
  readonly workflowRole: Role;
  /** Only made where a job has a schedule. */
  readonly scheduleRole: () => Role;
}

/**
 * Handlers and roles that several jobs of a stack share, so that some thirty-five jobs fit into it: CloudFormation takes 500 resources, of
 * which a job with handlers of its own needs 19 and more, and a template of 1 MB. More jobs take more stacks, each with a set of its own.
 *
 * It trades isolation away. The role that sends may send every document of these jobs to every server of any of them: whoever takes it
 * over can start each of the jobs, also on servers of another one. Jobs that must not reach each other's servers need handlers of
 * their own, or sets of them.
 *
 * All jobs together may name 500 servers in `instanceIds`. Synth refuses more, and whatever else that role cannot hold.
 *
 * @example
 * const handlers = new BatchJobHandlers(this, 'Handlers');
 * new CotsBatchJob(this, 'Billing', { handlers, instanceIds, command });
 * new CotsBatchJob(this, 'Reindex', { handlers, instanceIds, command });
 */
export class BatchJobHandlers extends Construct {
  /** Checks the input of runs and sends their commands. */
  public readonly startFunction: IFunction;

  /** Polls every instance of a run, and decides how it goes on. */
  public readonly pollFunction: IFunction;

  /** Stops what an execution that was stopped has left running, and reports what it could not report. */
  public readonly closeFunction: IFunction;

  /** Log group of the handlers and of the state machines, with a name like that of a single job. */
  public readonly workflowLogGroup: ILogGroup;

  private readonly handlers: JobHandlers;
  private readonly names: MachineNames;
  private readonly workflowRole: Role;
  private scheduleRole?: Role;

  constructor(scope: Construct, id: string, props: BatchJobHandlersProps = {}) {
    super(scope, id);

    this.names = new MachineNames(this);
    this.handlers = new JobHandlers(this, {
      subject: `batch jobs that share ${id}`, encryptionKey: props.encryptionKey, names: this.names,
    });
    this.workflowRole = new Role(this, 'WorkflowRole', { assumedBy: new ServicePrincipal('states.amazonaws.com') });

    this.startFunction = this.handlers.functions.sendCommand;
    this.pollFunction = this.handlers.functions.getStatus;
    this.closeFunction = this.handlers.closing.closeRun;
    this.workflowLogGroup = this.handlers.functions.logGroup;
  }

  /**
   * What a job of this stack shares.
   *
   * @internal
   */
  public _shareWith(job: Construct): SharedParts {
    if (Stack.of(job) !== Stack.of(this)) {
      refuse('handlers', 'must be in the stack of the job, because their roles name what the job makes', this.node.path);
    }
    return {
      handlers: this.handlers,
      stateMachineName: this.names.of(job),
      workflowRole: this.workflowRole,
      scheduleRole: () => this.scheduleRole ??= scheduleRole(this, 'ScheduleRole'),
    };
  }
}
