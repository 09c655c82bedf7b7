import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { BatchCommand, CommandTarget, CompletionMode, JobParameter, OverlapPolicy, UnreadableCalendar } from '../../src';
import { JobProps, synth } from '../support/synth';

/** The servers of a job. */
export type FleetName = 'one' | 'three' | 'many' | 'tagged';

const ids = (count: number) => Array.from({ length: count }, (_, i) => `i-${String(i + 1).padStart(17, '0')}`);

/** IDs of the instances. Those of `tagged` are found by their tag; the others are named. */
export const FLEETS: { readonly [name in FleetName]: readonly string[] } = {
  one: ids(1),
  three: ids(3),
  many: ids(120),
  tagged: ids(2),
};

/** A job that differs from the plain one in what its name says. */
export type JobName = 'plain' | 'locking' | 'cancelling' | 'waiting' | 'recovering' | 'retrying' | 'brief' | 'lasting' | 'nightly'
  | 'nightlyLocking' | 'due' | 'surelyDue' | 'rerunnable' | 'renewed' | 'extended';

interface Limits {
  readonly delivery: Duration;
  readonly execution: Duration;
}

/** The time-outs of a job, in simulated time. */
export function limitsOf(job: JobName): Limits {
  switch (job) {
    case 'brief': return { delivery: Duration.minutes(5), execution: Duration.minutes(5) };
    // Longer than the workflow tries a handler that cannot be invoked.
    case 'lasting': return { delivery: Duration.minutes(10), execution: Duration.hours(6) };
    default: return { delivery: Duration.minutes(10), execution: Duration.hours(1) };
  }
}

/** How often a job that retries runs its program. */
export const RETRY_ATTEMPTS = 2;

/** How long an agent may be silent. */
export const UNRESPONSIVE_SECONDS = 600;

/** So long that a time is not over before the trial is, however fast its waits pass; without the lock, unless it is what is tried. */
const NIGHTLY: JobProps = {
  schedule: ScheduleExpression.rate(Duration.days(1)),
  scheduleOptions: { maxEventAge: Duration.days(1) },
  overlapPolicy: OverlapPolicy.ALLOW,
};

/** A calendar that is open. */
export const CALENDARS = { Holidays: 'BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nEND:VCALENDAR\n' };

const PARAMETERS = {
  EXIT_CODE: JobParameter.number({ default: 0 }),
  CHARACTERS: JobParameter.number({ default: 0 }),
  PAUSE: JobParameter.number({ default: 0 }),
  HELD: JobParameter.flag({ default: false }),
};

/** The file that a program waits for that is held. */
export const RELEASED = 'released';

/** The file with which a program of a job that can be rerun fails, once. */
export const BROKEN = 'broken';

/**
 * The batch program. Each time it runs it leaves a mark, the command that it was started by, and the process IDs of itself and of
 * a child. One that is held ends when there is a file that says so.
 */
const PROGRAM = [
  'echo "$SSM_COMMAND_ID" >>marks',
  'printf "%0${CHARACTERS}d\\n" 0',
  'sleep "$PAUSE" &',
  'echo "$$ $!" >>processes',
  'wait "$!"',
  `while [ "$HELD" = true ] && [ ! -e ${RELEASED} ]; do sleep 0.05; done`,
  'exit "$EXIT_CODE"',
].join('\n');

const VARIANTS: { readonly [name in JobName]: JobProps | ((stack: Stack) => JobProps) } = {
  plain: {},
  locking: { overlapPolicy: OverlapPolicy.SKIP },
  cancelling: { overlapPolicy: OverlapPolicy.CANCEL_RUNNING },
  waiting: { overlapPolicy: OverlapPolicy.WAIT, longRunningAfter: Duration.minutes(65) },
  recovering: { notifyOnRecovery: true },
  retrying: { retry: { maxAttempts: RETRY_ATTEMPTS } },
  brief: {},
  lasting: {},
  nightly: NIGHTLY,
  nightlyLocking: { ...NIGHTLY, overlapPolicy: OverlapPolicy.SKIP },
  due: { ...NIGHTLY, scheduleOptions: { ...NIGHTLY.scheduleOptions, calendars: Object.keys(CALENDARS) } },
  surelyDue: {
    ...NIGHTLY,
    scheduleOptions: { ...NIGHTLY.scheduleOptions, calendars: Object.keys(CALENDARS), unreadableCalendar: UnreadableCalendar.FAIL },
  },
  rerunnable: { allowRerun: true, command: BatchCommand.shell(`if [ -e ${BROKEN} ]; then rm ${BROKEN}; EXIT_CODE=7; fi\n${PROGRAM}`) },
  renewed: (stack) => ({ notificationTopic: new Topic(stack, 'Renewed') }),
  extended: { parameters: { ...PARAMETERS, MORE: JobParameter.string({ default: 'more' }) } },
};

/** What an execution tells the program to do. */
export interface ProgramInput {
  readonly exitCode: number;
  /** How many characters it prints. */
  readonly output: number;
  /** How long it takes, in real seconds; a program may have no end: `Infinity`. */
  readonly seconds: number;
  /** Whether it does not end before it is released. */
  readonly isHeld: boolean;
}

/** What is to be known of a job. */
export interface JobSpec {
  readonly job: JobName;
  readonly fleet: FleetName;
  /** Whether events end its waits. */
  readonly hasEvents: boolean;
  /** The limit of all handlers, if it is not to be their own. */
  readonly handlerSeconds?: number;
}

/** 68 years. Not `tail -f /dev/null`: that ends when nobody reads its output any more. */
const LONGEST_SLEEP = 2 ** 31 - 1;

/** The input of an execution. */
export function parameters({ exitCode, output, seconds, isHeld }: ProgramInput): { [name: string]: string } {
  return { EXIT_CODE: `${exitCode}`, CHARACTERS: `${output}`, PAUSE: `${Math.min(seconds, LONGEST_SLEEP)}`, HELD: `${isHeld}` };
}

/** Cloud assemblies of jobs, each made once. */
export class Jobs {
  private readonly made = new Map<string, string>();

  constructor(private readonly folder: string) {}

  /** @returns the folder of the assembly */
  public assembly(spec: JobSpec): string {
    const { job, fleet, hasEvents, handlerSeconds = 'own' } = spec;
    const name = `${job}-${fleet}-${hasEvents ? 'events' : 'polling'}-${handlerSeconds}`;
    const outdir = this.made.get(name) ?? synthesize(join(this.folder, name), spec);
    this.made.set(name, outdir);
    return outdir;
  }
}

function synthesize(outdir: string, { job, fleet, hasEvents, handlerSeconds }: JobSpec): string {
  const app = new App({ outdir, context: { 'aws:cdk:enable-path-metadata': true } });
  const { delivery, execution } = limitsOf(job);
  const variant = VARIANTS[job];
  const { stack } = synth((scope) => ({
    ...fleet === 'tagged'
      ? { instanceIds: undefined, targets: [CommandTarget.tag('Fleet', fleet)] }
      : { instanceIds: [...FLEETS[fleet]] },
    command: BatchCommand.shell(PROGRAM),
    parameters: PARAMETERS,
    ...hasEvents ? { completion: CompletionMode.EVENTS } : {},
    deliveryTimeout: delivery,
    executionTimeout: execution,
    unresponsiveAfter: Duration.seconds(UNRESPONSIVE_SECONDS),
    ...typeof variant === 'function' ? variant(scope) : variant,
  }), new Stack(app, 'Stack'));
  if (handlerSeconds !== undefined) {
    stack.node.findAll().filter((child) => child instanceof CfnFunction).forEach((child) => {
      child.timeout = handlerSeconds;
    });
  }
  app.synth();
  return outdir;
}
