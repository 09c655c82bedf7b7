import { Duration, Stack } from 'aws-cdk-lib';
import { IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Rule } from 'aws-cdk-lib/aws-events';
import { IRole, ManagedPolicy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { believeAll, believeMachine, believeOnly } from './believed-jobs';
import { closeRule } from './close-rule';
import { CommandEvents } from './command-events';
import { GrowingRights, Right } from './growing-rights';
import { Handler, HandlerProps } from './handler';
import { HandlerOptions } from './handler-options';
import { marksLogGroup, workflowLogGroup } from './log-groups';
import { allowOnOwnRuns } from './own-runs';
import { calendarArns } from '../calendars';
import { deployTimeJson, jsonWithTokens } from '../deploy-time-json';
import { acceptDeliveries } from '../nag-findings';
import {
  CHECK_TIMEOUT_SECONDS, CompletionMode, MARKS_VARIABLE, OverlapPolicy, REPORT_VARIABLE, reportSettings, SEND_TIMEOUT_SECONDS,
  START_MARKS_VARIABLE,
} from '../protocol';
import { MachinePrefix, ServedJob } from './served-job';
import { MAX_INSTANCES } from '../targets';
import { problem } from '../validation';
import { WorkflowOptions } from '../workflow/workflow-options';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_MANAGED_POLICIES = 10;

export interface JobHandlersProps extends WorkflowOptions {
  /** Whom they are for: `batch job Nightly`. */
  readonly subject: string;
  readonly encryptionKey?: IKey;
  readonly options: HandlerOptions;
  /** What the ARNs of the state machines begin with, where several share the handlers. A role and a rule have no room to name each. */
  readonly sharedPrefix?: MachinePrefix;
}

/** The parts that a job has of its own, or shares with others. */
export interface JobParts {
  readonly handlers: JobHandlers;
  /** @default - the workflow makes one */
  readonly workflowRole?: IRole;
  /** @default - CloudFormation finds one */
  readonly stateMachineName?: string;
  /** The end of that name, which tells the job from those that it shares handlers with. */
  readonly nameInSet?: string;
  /** Only asked for where a job has a schedule; if it is none, the schedule makes one. */
  readonly scheduleRole: () => IRole | undefined;
}

/**
 * All that runs in Lambda for one job, or for several: a handler that starts runs, one that polls them, and one that closes those which end
 * otherwise than by themselves, and ends waits by events. Each has a role that holds exactly the calls it makes.
 */
export class JobHandlers {
  public readonly sendCommand: Handler;
  public readonly getStatus: Handler;
  public readonly closeRun: Handler;
  /** Log group of the handlers and of the state machine. */
  public readonly logGroup: ILogGroup;

  private readonly common: Omit<HandlerProps, 'entry' | 'description' | 'timeout'>;
  private readonly sendRights: GrowingRights;
  private readonly statusRights: GrowingRights;
  private readonly marks: ILogGroup;
  private readonly rule?: Rule;
  /** Names of the state machines that share the handlers, without what is the same in all of them. */
  private readonly served: string[] = [];
  /** All instances that may be sent to by name. */
  private readonly instanceIds = new Set<string>();
  private resumesAll = false;
  private startChecker?: Handler;

  constructor(private readonly scope: Construct, private readonly props: JobHandlersProps) {
    const { subject, options, sharedPrefix } = props;
    this.logGroup = props.workflowLogGroup ?? workflowLogGroup(scope, props);
    this.marks = marksLogGroup(scope, props);
    const { vpc, vpcSubnets, reservedConcurrentExecutions, tracing, runtime } = options;
    this.common = {
      logGroup: this.logGroup,
      vpc,
      vpcSubnets,
      securityGroups: options.securityGroups ?? (vpc && [httpsOnly(scope, vpc)]),
      reservedConcurrentExecutions,
      tracing,
      runtime,
      environmentEncryption: props.encryptionKey,
    };

    this.sendCommand = new Handler(scope, 'SendCommand', {
      ...this.common,
      entry: 'send-command',
      description: `Starts ${subject}`,
      timeout: Duration.seconds(SEND_TIMEOUT_SECONDS),
      role: options.startRole,
    });
    this.sendRights = new GrowingRights(this.sendCommand.role);

    this.getStatus = new Handler(scope, 'GetStatus', {
      ...this.common,
      entry: 'get-status',
      description: `Polls ${subject}`,
      timeout: Duration.minutes(5),
      role: options.pollRole,
    });
    this.statusRights = new GrowingRights(this.getStatus.role);

    this.closeRun = new Handler(scope, 'CloseRun', {
      ...this.common,
      entry: 'close-run',
      description: `Closes runs of ${subject} that were stopped`,
      // It reports within four minutes, and then tries for five more what it could not do before, because a service did not answer.
      timeout: Duration.minutes(15),
      role: options.closeRole,
      deadLetterQueue: options.deadLetterQueue,
    });
    this.closeRun.allow('ssm:CancelCommand', 'ssm:GetCommandInvocation', 'ssm:ListCommandInvocations', 'ssm:ListCommands');
    this.closeRun.acceptWildcards(['*'], 'What lists commands, reads their results and cancels them has no resource type.');
    this.closeRun.function.addEnvironment(MARKS_VARIABLE, this.marks.logGroupName);
    this.marks.grant(this.closeRun.role, 'logs:CreateLogStream');
    if (sharedPrefix) {
      believeAll([this.sendCommand, this.getStatus, this.closeRun], sharedPrefix, this.served);
      this.rule = this.closeAll(sharedPrefix);
    }

    // How much the jobs need together, and in how many policies CDK puts it, is known at last.
    scope.node.addValidation({ validate: () => this.tooMuch() });
  }

  /** Gives the handlers the rights that a job takes, and has the job's runs closed. */
  public serve(scope: Construct, job: ServedJob): void {
    this.letSend(job);
    this.letRerun(job);
    this.letPoll(job);
    this.letClose(job);
    if (this.rule) {
      this.outlive(job.stateMachine, this.rule);
      this.served.push(job.nameInSet!);
    } else {
      believeOnly(this, job);
      this.closeRunsOf(job);
    }
    if (job.settings.completion === CompletionMode.EVENTS) {
      this.resume(scope, job);
    }
  }

  /**
   * The handler that checks whether runs were started, for those jobs that ask. It may list the executions of their state machines and read what
   * they were started with, and nothing else: neither the runs nor the other handlers depend on it.
   */
  public checkStart(stateMachine: StateMachine, encryptionKey: IKey | undefined): Handler {
    const { subject, sharedPrefix } = this.props;
    const isNew = this.startChecker === undefined;
    const checker = this.startChecker ??= new Handler(this.scope, 'CheckStart', {
      ...this.common,
      entry: 'check-start',
      description: `Checks the starts of ${subject}`,
      timeout: Duration.seconds(CHECK_TIMEOUT_SECONDS),
    });
    if (isNew) {
      const marks = marksLogGroup(this.scope, this.props, 'StartMarks');
      checker.function.addEnvironment(START_MARKS_VARIABLE, marks.logGroupName);
      // One who has reported a time leaves a mark, and sees those of others.
      marks.grant(checker.role, 'logs:CreateLogStream', 'logs:DescribeLogStreams');
      allowOnOwnRuns(checker, 'OwnRuns', sharedPrefix ?? stateMachine, {
        onExecutions: ['states:DescribeExecution'], onStateMachine: ['states:ListExecutions'],
      });
      if (sharedPrefix) {
        believeAll([checker], sharedPrefix, this.served);
      } else {
        believeMachine(checker, stateMachine);
      }
    }
    encryptionKey?.grant(checker.role, 'kms:Decrypt');
    return checker;
  }

  /** Ends the waits of a job's runs by events. */
  private resume(scope: Construct, { settings: { name, document }, stateMachine }: ServedJob): void {
    const { sharedPrefix } = this.props;
    const { rule } = new CommandEvents(scope, 'CommandEvents', {
      jobName: name, document: document.name, stateMachine, handler: this.closeRun.function, ruleName: sharedPrefix?.ruleName(scope),
    });
    if (!sharedPrefix) {
      this.allowToResume(stateMachine.stateMachineArn, rule.ruleArn);
    } else if (!this.resumesAll) {
      this.resumesAll = true;
      this.allowToResume(`${sharedPrefix.stateMachineArn}*`, `${sharedPrefix.ruleArn}*`);
    }
  }

  /** IAM decides about a task's token by its state machine, although its documentation has no resource type for that (aws/aws-cdk#8486). */
  private allowToResume(stateMachineArn: string, ruleArn: string): void {
    this.closeRun.role.addToPrincipalPolicy(new PolicyStatement({
      actions: ['states:ListExecutions', 'states:SendTaskSuccess'], resources: [stateMachineArn],
    }));
    this.closeRun.function.addPermission('CommandEvents', { principal: new ServicePrincipal('events.amazonaws.com'), sourceArn: ruleArn });
  }

  private letSend({ settings: { document, overlapPolicy, calendars }, targets, output }: ServedJob): void {
    const serverRights = targets.sendRights(this.scope);
    const rights: Right[] = [
      {
        actions: [...overlapPolicy === OverlapPolicy.CANCEL_RUNNING ? ['ssm:CancelCommand'] : [], 'ssm:ListCommands'],
        on: 'any',
        resources: ['*'],
      },
      { actions: ['ssm:SendCommand'], on: 'document', resources: [documentArn(this.scope, document.name)] },
      ...calendars ? [{ actions: ['ssm:GetCalendarState'], on: 'document' as const, resources: calendarArns(this.scope, calendars) }] : [],
      ...serverRights,
      ...output.sendRights(),
    ];
    rights.forEach((right) => this.sendRights.allow(right));
    targets.instanceIds.forEach((id) => this.instanceIds.add(id));
    this.sendCommand.acceptWildcards(['*'], 'What lists commands and cancels them has no resource type.');
    if (targets.hasOnlyTags) {
      this.sendCommand.acceptWildcards(serverRights.flatMap(({ resources }) => resources),
        'The instances are found by tag: the condition ssm:resourceTag confines the statement to those that have it.');
    }
  }

  /** Lets the handler that starts runs find out what became of another one. */
  private letRerun({ settings, stateMachine, encryptionKey }: ServedJob): void {
    if (!settings.allowRerun) {
      return;
    }
    this.sendRights.allow({ actions: ['ssm:ListCommandInvocations'], on: 'any', resources: ['*'] });
    allowOnOwnRuns(this.sendCommand, 'Reruns', this.props.sharedPrefix ?? stateMachine, {
      onExecutions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
    });
    // For what executions were given.
    encryptionKey?.grant(this.sendCommand.role, 'kms:Decrypt');
  }

  private letPoll({ settings, output, notifications, stateMachine, encryptionKey }: ServedJob): void {
    this.statusRights.allow({
      actions: [
        'ssm:DescribeInstanceInformation',
        'ssm:GetCommandInvocation',
        'ssm:ListCommandInvocations',
        // Says how many instances there are, where they are found by SSM; and who has started a run before.
        'ssm:ListCommands',
      ],
      on: 'any',
      resources: ['*'],
    });
    if (settings.checkWarnings) {
      this.statusRights.allow({ actions: ['sns:ListSubscriptionsByTopic'], on: 'topic', resources: [notifications.topic.topicArn] });
    }
    this.getStatus.acceptWildcards(['*'], 'What lists commands and reads their results has no resource type.');
    output.grantRead(this.getStatus.role);
    if (settings.notifyOnRecovery) {
      allowOnOwnRuns(this.getStatus, 'EarlierRuns', this.props.sharedPrefix ?? stateMachine, {
        onExecutions: ['states:DescribeExecution'], onStateMachine: ['states:ListExecutions'],
      });
      encryptionKey?.grant(this.getStatus.role, 'kms:Decrypt');
    }
  }

  private letClose({ output, notifications, encryptionKey }: ServedJob): void {
    // For the histories, and what the state machine is.
    encryptionKey?.grant(this.closeRun.role, 'kms:Decrypt');
    output.grantRead(this.closeRun.role);
    if (notifications.outcomes.length > 0) {
      notifications.grantPublish(this.closeRun.role);
      // A log stream is its mark that it has reported.
      this.marks.grant(this.closeRun.role, 'logs:DescribeLogStreams');
    }
  }

  /** Closes the runs of the one job, and says where to report when not even the history of an execution can be read. */
  private closeRunsOf({ settings, stateMachine }: ServedJob): void {
    this.closeRun.function.addEnvironment(REPORT_VARIABLE, deployTimeJson(jsonWithTokens(this.scope, reportSettings(settings))));
    const grant = stateMachine.grantExecution(this.closeRun.role, 'states:GetExecutionHistory');
    this.closeRun.acceptWildcards(grant.principalStatement?.resources ?? [],
      'The history of every execution of this state machine, and of no other: their names are not known before.');
    this.onEnd(stateMachine.stateMachineArn);
  }

  /** Closes the runs of all state machines whose names begin alike. */
  private closeAll({ stateMachineArn, executionArn }: MachinePrefix): Rule {
    const { role } = this.closeRun;
    const executions = `${executionArn}*:*`;
    const stateMachines = `${stateMachineArn}*`;
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['states:GetExecutionHistory'], resources: [executions] }));
    this.closeRun.acceptWildcards([executions],
      'The histories of the executions of these jobs, whose state machines have names of their own, and of no others.');
    // Where each of the jobs reports now: there is no room for the topics of all in the environment of the handler.
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['states:DescribeStateMachine'], resources: [stateMachines] }));
    this.closeRun.acceptWildcards([stateMachines],
      'The definitions of these jobs, whose state machines have names of their own, and of no others.');
    return this.onEnd({ prefix: stateMachineArn });
  }

  private onEnd(stateMachineArn: string | { prefix: string }): Rule {
    const { subject, options: { deadLetterQueue } } = this.props;
    return closeRule(this.scope, { subject, stateMachineArn, handler: this.closeRun.function, deadLetterQueue });
  }

  /**
   * Makes CloudFormation delete a state machine that is watched by its name before the rule: a deletion ends its executions, and somebody
   * has to stop their programs. A rule that holds the ARN of its state machine cannot outlive it.
   */
  private outlive(stateMachine: StateMachine, rule: Rule): void {
    // By the policy of the role that the state machines share, which each of them needs: a template of many jobs has no room for more. The
    // policy of a role that was handed in may be needed by whatever else the role is for.
    const policy = this.props.workflowRole ? undefined : stateMachine.role.node.tryFindChild('DefaultPolicy');
    (policy ?? stateMachine).node.addDependency(rule);
    if (policy) {
      acceptDeliveries(stateMachine.role);
    }
  }

  /** What one role cannot hold of all the jobs that it serves. */
  private tooMuch(): string[] {
    const policies = this.sendCommand.role.node.children.filter((child) => child instanceof ManagedPolicy).length;
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

/** A security group for functions that call services of AWS, and that nothing calls. One for all: it is the same for each. */
function httpsOnly(scope: Construct, vpc: IVpc): SecurityGroup {
  const group = new SecurityGroup(scope, 'SecurityGroup', { vpc, allowAllOutbound: false, description: 'Handlers of batch jobs' });
  group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'Services of AWS');
  return group;
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
