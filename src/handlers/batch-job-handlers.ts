import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct, IConstruct } from 'constructs';
import { HandlerOptions, checkHandlerOptions, handlerRoles } from './handler-options';
import { JobHandlers, JobParts } from './job-handlers';
import { stackUuid } from './log-groups';
import { MachinePrefix } from './served-job';
import { letServicesUse } from '../encryption';
import { shortPath } from '../job-key';
import { scheduleRole } from '../schedule';
import { stateMachineRole } from '../service-role';
import { SharedText } from '../shared-text';
import { refuse } from '../validation';
import { WorkflowOptions, checkWorkflowOptions } from '../workflow/workflow-options';

/**
 * Options of shared handlers.
 */
export interface BatchJobHandlersProps extends HandlerOptions, WorkflowOptions {
  /**
   * Encrypts the log groups of the handlers and the workflows, and the environment of the handlers. The policy of a key that is made in the
   * app is extended for CloudWatch Logs; that of another one must let `logs.<region>.amazonaws.com` use the key, and
   * `delivery.logs.amazonaws.com` decrypt with it.
   *
   * @default - encrypted by CloudWatch Logs
   */
  readonly encryptionKey?: IKey;
}

/**
 * Handlers and roles that several jobs of a stack share, so that a hundred jobs fit into it, 85 with `CompletionMode.EVENTS`.
 *
 * CloudFormation takes 500 resources, of which a job with handlers of its own needs 19 and more, and a template of 1 MB. What their launchers
 * and workflows have in common stands once in the template, in a mapping; what is deployed is the same. More jobs take more stacks, each with
 * a set of its own.
 *
 * It trades isolation away. The role that sends may send every document of these jobs to every instance of any of them: whoever takes it
 * over can start each of the jobs, also on instances of another one. Jobs that must not reach each other's instances need handlers of
 * their own, or sets of them.
 *
 * All jobs together may name 500 instances in `instanceIds`. Synth refuses more, and whatever else that role cannot hold.
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

  /**
   * Stops what an execution that was stopped has left running, and reports what it could not report. With `CompletionMode.EVENTS` it also
   * makes a run poll at once when one of its commands has ended.
   */
  public readonly closeFunction: IFunction;

  /** Log group of the handlers and of the state machines, with a name like that of a single job. */
  public readonly workflowLogGroup: ILogGroup;

  /** @internal */
  public readonly _text = new SharedText(this, 'Text');

  private readonly handlers: JobHandlers;
  private readonly workflowRole: IRole;
  private scheduleRole?: IRole;

  constructor(scope: Construct, id: string, props: BatchJobHandlersProps = {}) {
    super(scope, id);
    letServicesUse(this, props.encryptionKey);
    const prop = (option: keyof HandlerOptions) => option;
    checkHandlerOptions(this, props, prop);
    checkWorkflowOptions(this, props, handlerRoles(props, prop));

    this.workflowRole = props.workflowRole ?? stateMachineRole(this, 'WorkflowRole');
    this.handlers = new JobHandlers(this, {
      ...props, options: props, subject: `batch jobs that share ${id}`, sharedPrefix: arnPrefix(this, this.workflowRole),
    });
    this.scheduleRole = props.scheduleRole;

    this.startFunction = this.handlers.sendCommand.function;
    this.pollFunction = this.handlers.getStatus.function;
    this.closeFunction = this.handlers.closeRun.function;
    this.workflowLogGroup = this.handlers.logGroup;
  }

  /**
   * What a job of this stack shares.
   *
   * @internal
   */
  public _partsOf(job: Construct): JobParts {
    if (Stack.of(job) !== Stack.of(this)) {
      refuse('handlers', 'must be in the stack of the job, because their roles name what the job makes', this.node.path);
    }
    return {
      handlers: this.handlers,
      stateMachineName: nameFor(this, job, MAX_NAME_LENGTH),
      nameInSet: shortName(job, MAX_NAME_LENGTH),
      workflowRole: this.workflowRole,
      scheduleRole: () => this.scheduleRole ??= scheduleRole(this, 'ScheduleRole'),
    };
  }
}

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html */
const MAX_NAME_LENGTH = 80;

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
const MAX_RULE_NAME_LENGTH = 64;

/** Of what is unique to a set of handlers, so much that the names of its jobs have room, too. */
const MAX_PREFIX_LENGTH = 32;

/** Of the first part of the ID of a stack. */
const STACK_ID_LENGTH = 8;

/**
 * What the names of state machines that share handlers begin with, so that roles and rules can tell them from all others without naming
 * each: an event pattern has no room for a hundred ARNs. It has a part of the stack's ID in it, so that a template can be deployed twice.
 */
function namePrefix(handlers: IConstruct): string {
  return `${shortPath(handlers, MAX_PREFIX_LENGTH - STACK_ID_LENGTH - 2)}-${Fn.select(0, Fn.split('-', stackUuid()))}-`;
}

/** A name for something of a job: of its state machine, or of its rule. */
function nameFor(handlers: IConstruct, job: IConstruct, maxLength: number): string {
  return namePrefix(handlers) + shortName(job, maxLength);
}

/** What tells a job from the others that share the handlers; known at synth. */
function shortName(job: IConstruct, maxLength: number): string {
  return shortPath(job, maxLength - MAX_PREFIX_LENGTH);
}

function arnPrefix(handlers: IConstruct, workflowRole: IRole): MachinePrefix {
  const arn = (resource: string) => Stack.of(handlers).formatArn({
    service: 'states', resource, resourceName: namePrefix(handlers), arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return {
    stateMachineArn: arn('stateMachine'),
    executionArn: arn('execution'),
    workflowRole,
    ruleArn: Stack.of(handlers).formatArn({ service: 'events', resource: 'rule', resourceName: namePrefix(handlers) }),
    ruleName: (job) => nameFor(handlers, job, MAX_RULE_NAME_LENGTH),
  };
}
