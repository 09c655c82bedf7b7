import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import { IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSchedule, ContextAttribute, ISchedule, Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deployTimeJson } from './deploy-time-json';
import { JobSettings, UnreadableCalendar } from './protocol';
import { DEFAULT_ZONE } from './protocol/schedule/schedule-times';
import { MAX_EVENT_AGE_SECONDS } from './protocol/scheduled-time';
import { refuseOtherAccount, refuseOtherRegion } from './references';
import { scheduleGaps } from './schedule-gaps';
import { refuse } from './validation';

const DEFAULT_MAX_EVENT_AGE = Duration.seconds(MAX_EVENT_AGE_SECONDS);

/**
 * How a job's schedule behaves.
 */
export interface JobScheduleOptions {
  /**
   * Whether the schedule starts runs.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Lets EventBridge Scheduler start the run at some time within a window, so that many jobs do not start at once.
   *
   * @default TimeWindow.off()
   */
  readonly timeWindow?: TimeWindow;

  /**
   * Takes the starts that EventBridge Scheduler could not deliver.
   *
   * @default - none
   */
  readonly deadLetterQueue?: IQueue;

  /**
   * How long EventBridge Scheduler goes on trying to start a run, between one minute and one day. A nightly job that starts at
   * noon may be worse than one that does not start.
   *
   * @default Duration.hours(1)
   */
  readonly maxEventAge?: Duration;

  /**
   * Values of the job's parameters in scheduled runs.
   *
   * @default - the defaults of the parameters
   */
  readonly parameters?: { [name: string]: string };

  /**
   * SSM Change Calendars that decide whether a scheduled run is due: their names, or the ARNs of calendars that other accounts share. At most
   * 10, in the region of the job. A text that is known at deployment only is taken for a name unless it begins with `arn:`.
   *
   * A run whose scheduled time is one at which a calendar is closed starts nothing, and ends as `Outcome.NOT_DUE`, which is a success to
   * Step Functions, and notifies nobody unless `notifyOn` has it. Of several calendars, one that is closed decides. A run that somebody starts
   * does not ask them, unless its input has `"onlyIfDue": true`: then they are asked about the present time.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-change-calendar.html
   * @default - every time of the schedule is due
   */
  readonly calendars?: string[];

  /**
   * What becomes of a scheduled run where a calendar cannot be read, and no other one is closed: it does not exist, is not shared any more,
   * or SSM does not answer, also not a few times later.
   *
   * @default UnreadableCalendar.RUN
   */
  readonly unreadableCalendar?: UnreadableCalendar;
}

export interface RunScheduleProps {
  readonly jobName: string;
  readonly stateMachine: IStateMachine;
  readonly schedule: ScheduleExpression;
  readonly options: JobScheduleOptions;
  /** @default - a new role */
  readonly role?: IRole;
  readonly encryptionKey?: IKey;
}

/**
 * Starts the job on time.
 */
export class RunSchedule extends Construct {
  public readonly schedule: ISchedule;

  constructor(scope: Construct, id: string, props: RunScheduleProps) {
    super(scope, id);
    warnOfGaps(scope, props.schedule);
    const { deadLetterQueue } = props.options;
    refuseOtherRegion(this, 'scheduleOptions.deadLetterQueue', deadLetterQueue);
    refuseOtherAccount(this, 'scheduleOptions.deadLetterQueue', deadLetterQueue);
    if (deadLetterQueue?.fifo) {
      refuse('scheduleOptions.deadLetterQueue', 'must be a standard queue, because EventBridge Scheduler takes no FIFO queue', deadLetterQueue.node.path);
    }

    // CDK's own role is one of the stack, which the tags, boundary and removal policy of the job would miss.
    const role = props.role ?? scheduleRole(this, 'Role');
    this.schedule = new Schedule(this, 'Schedule', {
      description: `Starts batch job ${props.jobName}`,
      schedule: props.schedule,
      enabled: props.options.enabled,
      timeWindow: props.options.timeWindow,
      target: new StepFunctionsStartExecution(props.stateMachine, {
        role,
        deadLetterQueue,
        maxEventAge: props.options.maxEventAge ?? DEFAULT_MAX_EVENT_AGE,
        input: ScheduleTargetInput.fromObject({
          parameters: props.options.parameters ?? {},
          // Scheduler delivers at least once: this is how a second delivery is recognised as the same run.
          scheduledTime: ContextAttribute.scheduledTime,
        }),
      }),
    });
    const cfnSchedule = this.schedule.node.defaultChild as CfnSchedule;
    const target = cfnSchedule.target as CfnSchedule.TargetProperty;
    cfnSchedule.target = { ...target, input: deployTimeJson(target.input!) };
    if (props.encryptionKey) {
      // The values of parameters. CDK's own `key` grants encrypting, too: only whoever deploys does that.
      cfnSchedule.kmsKeyArn = props.encryptionKey.keyArn;
      props.encryptionKey.grant(role, 'kms:Decrypt');
    }
  }
}

/**
 * A role for EventBridge Scheduler. Its target gives it the rights.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
 */
export function scheduleRole(scope: Construct, id: string): Role {
  const stack = Stack.of(scope);
  return new Role(scope, id, {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: {
          'aws:SourceAccount': stack.account,
          'aws:SourceArn': stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' }),
        },
      },
    }),
  });
}

/**
 * How long after its time a schedule may start a run, in seconds. Runs do not take a time that is further back.
 */
export function scheduleWindowSeconds({ maxEventAge = DEFAULT_MAX_EVENT_AGE, timeWindow }: JobScheduleOptions): number {
  return maxEventAge.toSeconds() + (timeWindow?.maxWindow?.toSeconds() ?? 0);
}

/** What runs know of the schedule. One that is not enabled starts none. */
export function scheduleSettings(
  { expressionString, timeZone }: ScheduleExpression, { enabled }: JobScheduleOptions,
): Pick<JobSettings, 'schedule'> {
  return enabled === false ? {} : { schedule: { expression: expressionString, timeZone: timeZone?.timezoneName ?? DEFAULT_ZONE } };
}

/** A night on which the job does not run is nothing that anybody sees in its expression. */
function warnOfGaps(scope: Construct, schedule: ScheduleExpression): void {
  const [first, ...more] = scheduleGaps(schedule);
  if (first) {
    const further = more.slice(0, 2).map(({ date }) => date).join(', ') + (more.length > 2 ? ` and ${more.length - 2} more until ${more.at(-1)!.date}` : '');
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:scheduleGap',
      `schedule should be at a time that every day has: on ${first.date} there is no ${first.time} in ${first.zone}, where the clock goes on to `
      + `${first.next}, and EventBridge Scheduler skips it${further && ` (also on ${further})`}, got ${schedule.expressionString}`);
  }
}
