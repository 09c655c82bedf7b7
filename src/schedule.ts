import { Annotations, Stack } from 'aws-cdk-lib';
import { IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSchedule, ContextAttribute, ISchedule, Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deployTimeJson } from './deploy-time-json';
import { encryptSchedule } from './encryption';
import { refuseOtherAccount, refuseOtherRegion } from './references';
import { scheduleGaps } from './schedule-gaps';
import { DEFAULT_MAX_EVENT_AGE, JobScheduleOptions } from './schedule-options';
import { refuse } from './validation';

export interface RunScheduleProps {
  readonly jobName: string;
  readonly stateMachine: IStateMachine;
  readonly schedule: ScheduleExpression;
  readonly options: JobScheduleOptions;
  /** @default - a new role */
  readonly role?: IRole;
  readonly encryptionKey?: IKey;
}

/** What a schedule starts. */
interface Start {
  readonly description: string;
  readonly schedule: ScheduleExpression;
  readonly input: { [field: string]: unknown };
}

/**
 * Starts the job on time, and checks of it.
 */
export class RunSchedule extends Construct {
  public readonly schedule: ISchedule;
  public readonly checkSchedule?: ISchedule;
  private readonly role: IRole;

  constructor(scope: Construct, id: string, private readonly props: RunScheduleProps) {
    super(scope, id);
    const { jobName, options } = props;
    const { deadLetterQueue, checkSchedule, parameters = {} } = options;
    warnOfGaps(scope, 'schedule', props.schedule);
    refuseOtherRegion(this, 'scheduleOptions.deadLetterQueue', deadLetterQueue);
    refuseOtherAccount(this, 'scheduleOptions.deadLetterQueue', deadLetterQueue);
    if (deadLetterQueue?.fifo) {
      refuse('scheduleOptions.deadLetterQueue', 'must be a standard queue, because EventBridge Scheduler takes no FIFO queue', deadLetterQueue.node.path);
    }

    // CDK's own role is one of the stack, which the tags, boundary and removal policy of the job would miss.
    this.role = props.role ?? scheduleRole(this, 'Role');
    this.schedule = this.start('Schedule', {
      description: `Starts batch job ${jobName}`,
      schedule: props.schedule,
      // Scheduler delivers at least once: this is how a second delivery is recognised as the same run.
      input: { parameters, scheduledTime: ContextAttribute.scheduledTime },
    });
    if (checkSchedule) {
      warnOfGaps(scope, 'scheduleOptions.checkSchedule', checkSchedule);
      this.checkSchedule = this.start('Check', { description: `Checks batch job ${jobName}`, schedule: checkSchedule, input: { parameters, check: true } });
    }
  }

  private start(id: string, { description, schedule, input }: Start): ISchedule {
    const { stateMachine, encryptionKey, options } = this.props;
    const made = new Schedule(this, id, {
      description,
      schedule,
      enabled: options.enabled,
      timeWindow: options.timeWindow,
      target: new StepFunctionsStartExecution(stateMachine, {
        role: this.role,
        deadLetterQueue: options.deadLetterQueue,
        maxEventAge: options.maxEventAge ?? DEFAULT_MAX_EVENT_AGE,
        input: ScheduleTargetInput.fromObject(input),
      }),
    });
    const cfnSchedule = made.node.defaultChild as CfnSchedule;
    const target = cfnSchedule.target as CfnSchedule.TargetProperty;
    cfnSchedule.target = { ...target, input: deployTimeJson(target.input!) };
    if (encryptionKey) {
      encryptSchedule(made, encryptionKey, this.role);
    }
    return made;
  }
}

/**
 * A role for EventBridge Scheduler. Its target gives it the rights.
 *
 * @param groupName of its schedules
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
 */
export function scheduleRole(scope: Construct, id: string, groupName: string = 'default'): Role {
  const stack = Stack.of(scope);
  return new Role(scope, id, {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: {
          'aws:SourceAccount': stack.account,
          'aws:SourceArn': stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: groupName }),
        },
      },
    }),
  });
}

/** A night on which the job does not run is nothing that anybody sees in its expression. */
function warnOfGaps(scope: Construct, prop: string, schedule: ScheduleExpression): void {
  const [first, ...more] = scheduleGaps(schedule);
  if (first) {
    const further = more.slice(0, 2).map(({ date }) => date).join(', ') + (more.length > 2 ? ` and ${more.length - 2} more until ${more.at(-1)!.date}` : '');
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:scheduleGap',
      `${prop} should be at a time that every day has: on ${first.date} there is no ${first.time} in ${first.zone}, where the clock goes on to `
      + `${first.next}, and EventBridge Scheduler skips it${further && ` (also on ${further})`}, got ${schedule.expressionString}`);
  }
}
