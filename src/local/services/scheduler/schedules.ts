import { DEFAULT_ZONE, isReadable, skippedBetween, timesBetween } from '../../../protocol/schedule/schedule-times';
import { ZoneClock } from '../../../protocol/schedule/zone-clock';
import { CloudAssembly } from '../../app/cloud-assembly';
import { UnresolvedValueError } from '../../app/errors';
import { Resource } from '../../app/template';

/** A schedule of the app that is enabled. */
export interface Schedule {
  /** Construct path, or logical id. */
  readonly path: string;
  readonly arn: string;
  readonly expression: string;
  readonly zone: string;
  /** The first and the last time that it may fire; no limit where there is none. */
  readonly start?: Date;
  readonly end?: Date;
  readonly target: ScheduleTarget;
}

export interface ScheduleTarget {
  readonly arn: string;
  readonly roleArn: string;
  /** With context attributes, which are filled in when it fires. */
  readonly input: string;
}

/** A time of a schedule. */
export interface DueTime {
  readonly schedule: Schedule;
  readonly instant: Date;
  /** What the clock of the zone shows then: `2027-03-28T02:00`. */
  readonly clockTime: string;
  /** Whether that clock goes forward past it: then the schedule does not fire. */
  readonly isSkipped: boolean;
}

/**
 * The schedules of the app that are enabled.
 *
 * @param warn Told of schedules that only a deployment would know
 */
export function schedulesOf(assembly: CloudAssembly, warn: (message: string) => void): Schedule[] {
  return assembly.resources('AWS::Scheduler::Schedule').flatMap((resource) => {
    try {
      const schedule = scheduleOf(resource);
      if (resource.text('State') === 'DISABLED') {
        return [];
      }
      if (!isReadable(schedule.expression, schedule.zone)) {
        warn(`the schedule ${resource.label} does not fire: the local run cannot tell the times of ${schedule.expression} in ${schedule.zone}`);
        return [];
      }
      return [schedule];
    } catch (error) {
      if (!(error instanceof UnresolvedValueError)) {
        throw error;
      }
      warn(`the schedule ${resource.label} does not fire: ${error.message}`);
      return [];
    }
  });
}

function scheduleOf(resource: Resource): Schedule {
  const { Arn, RoleArn, Input } = resource.property('Target') as { Arn: unknown; RoleArn: unknown; Input?: unknown };
  const date = (name: string): Date | undefined => {
    const text = resource.text(name);
    return text === undefined ? undefined : new Date(text);
  };
  return {
    path: (resource.constructPath || resource.label).replace(/(\/Resource)+$/, ''),
    arn: resource.attribute(),
    expression: resource.text('ScheduleExpression') ?? '',
    zone: resource.text('ScheduleExpressionTimezone') ?? DEFAULT_ZONE,
    start: date('StartDate'),
    end: date('EndDate'),
    target: { arn: String(Arn), roleArn: String(RoleArn), input: String(Input ?? '{}') },
  };
}

/**
 * The times of schedules from `from` on and before `to`, in order, with those that they skip. A flexible time window begins at its time, and
 * a rate without a start date at `from`: it is as if the app were deployed then.
 */
export function* dueTimes(schedules: readonly Schedule[], from: Date, to: Date): Generator<DueTime, void> {
  const queues = schedules.flatMap((schedule) => [firing(schedule, from, to), skipped(schedule, from, to)]);
  const heads = queues.map((queue) => queue.next().value);
  for (;;) {
    const first = heads.reduce<number | undefined>(
      (least, head, i) => head && (least === undefined || head.instant < heads[least]!.instant) ? i : least, undefined,
    );
    if (first === undefined) {
      return;
    }
    yield heads[first]!;
    heads[first] = queues[first].next().value;
  }
}

function* firing(schedule: Schedule, from: Date, to: Date): Generator<DueTime, void> {
  const { expression, zone, start, end } = schedule;
  for (const instant of timesBetween(expression, zone, start ?? from, to)) {
    if (end !== undefined && instant > end) {
      return;
    }
    if (instant >= from) {
      yield { schedule, instant, clockTime: clockTimeIn(zone, instant), isSkipped: false };
    }
  }
}

/** `2027-03-28T02:00` */
export function clockTimeIn(zone: string, instant: Date): string {
  return new Date(ZoneClock.of(zone)!.at(instant.getTime())).toISOString().slice(0, 16);
}

function* skipped(schedule: Schedule, from: Date, to: Date): Generator<DueTime, void> {
  const { expression, zone, start = from, end = to } = schedule;
  for (const time of skippedBetween(expression, zone, start > from ? start : from, end < to ? end : to)) {
    yield { schedule, ...time, isSkipped: true };
  }
}
