import { Fault } from './fault';
import { FLEETS, FleetName, JobName, RETRY_ATTEMPTS } from './jobs';
import { InstanceFault, InstanceSpec } from '../../src/local/services/ssm/fleet';
import { MAX_INSTANCE_IDS, Outcome } from '../../src/protocol';

/** A deployment while an execution is under way. */
export interface Deployment {
  /** The name of the state. */
  readonly at: string;
  readonly job: JobName;
  /**
   * Whether events end the waits of the job from then on.
   *
   * @default false
   */
  readonly hasEvents?: boolean;
}

/** One local run of a job: what happens on the way, and what the program does. */
export interface Trial {
  readonly fleet: FleetName;
  /** @default 'plain' */
  readonly job?: JobName;
  /**
   * Whether events end the waits of the job.
   *
   * @default false
   */
  readonly hasEvents?: boolean;
  /** @default - none */
  readonly faults?: readonly Fault[];
  /**
   * What befalls the first server.
   *
   * @default - nothing
   */
  readonly server?: InstanceFault | Pick<InstanceSpec, 'ping'>;
  /**
   * When an operator stops the execution, the first one where each has its turn: while it sends its command, while its program runs, or while it waits for that.
   *
   * @default - never
   */
  readonly stopped?: 'sending' | 'running' | 'waiting';
  /**
   * The job is deployed as another one when its first execution enters a state.
   *
   * @default - it stays as it is
   */
  readonly deployment?: Deployment;
  /** @default 0 */
  readonly exitCode?: number;
  /**
   * How many characters the program prints.
   *
   * @default 1
   */
  readonly output?: number;
  /**
   * How long the program takes, in real seconds; it may be `ENDLESS`.
   *
   * @default 0
   */
  readonly seconds?: number;
  /**
   * What the program waits for before it ends: that its execution waits for it, or that it is the last one. However an execution ends,
   * its program may, too.
   *
   * @default - nothing
   */
  readonly heldUntil?: 'waiting' | 'last';
  /**
   * How many characters the input of the execution has besides.
   *
   * @default 0
   */
  readonly ballast?: number;
  /**
   * How many executions are started, at the same time.
   *
   * @default 1
   */
  readonly executions?: number;
  /**
   * Whether each is started when the one before has ended, and not at the same time.
   *
   * @default false
   */
  readonly isInTurn?: boolean;
  /**
   * How long ago the time was that a schedule starts them for, in seconds: they are one run.
   *
   * @default - they are started without a time: each is a run
   */
  readonly scheduledAgo?: number;
  /**
   * Whether a person starts the last one, without the time.
   *
   * @default false
   */
  readonly isLastByHand?: boolean;
  /**
   * Whether another execution is started before, the program of which runs for long.
   *
   * @default false
   */
  readonly isBusy?: boolean;
  /**
   * Whether it is a rerun of an execution that ended before, in which the program failed on all servers but the last one.
   *
   * @default false
   */
  readonly isRerun?: boolean;
  /**
   * Whether there is much to wait for: time-outs of hours, outages.
   *
   * @default false
   */
  readonly isLong?: boolean;
}

/** What an execution says of its program, by its cause: that is what a person reads. */
export enum Claim {
  /** It was started, and watched to its end. */
  WATCHED = 'watched',
  /** It was started, and does not run any more. */
  STOPPED = 'stopped',
  NOT_STARTED = 'not started',
  /** Whether it was started, or still runs, is not known. */
  UNKNOWN = 'unknown',
}

/** How an execution ends. */
export interface End {
  readonly outcome: Outcome;
  readonly claim: Claim;
  readonly notifications: number;
}

/** What must come of a trial. */
export interface Expectation {
  /** On how many servers the program runs; undefined where that is left to chance. */
  readonly ran?: number;
  /** Of all executions of which anybody is told, in any order; undefined where that is left to chance. */
  readonly ends?: readonly End[];
  /**
   * Whether the program still runs when all is over.
   *
   * @default false
   */
  readonly lives?: boolean;
  /**
   * How many executions end badly without a word: nothing but an alarm is left then.
   *
   * @default 0
   */
  readonly untold?: number;
}

/** One test. */
export interface Cell {
  readonly name: string;
  readonly trial: Trial;
  /** @default - what must hold for every trial */
  readonly expected?: Expectation;
}

/** The seconds of a program that is to be stopped, or to die with its server: on no machine, however slow, it ends well before. */
export const ENDLESS = Infinity;

/** A server that dies eight real seconds after the program began. */
export const DIES: Pick<Trial, 'server' | 'seconds' | 'isLong'> = {
  server: { kind: 'dies', afterSeconds: 2400 },
  seconds: ENDLESS,
  isLong: true,
};

/** The same, but it comes back, and its agent says what it has lost. */
export const REBOOTS: Pick<Trial, 'server' | 'seconds' | 'isLong'> = { ...DIES, server: { kind: 'reboots', afterSeconds: 2400 } };

/** An agent that loses the program then: that goes on, and nobody watches it. */
export const LOSES: Pick<Trial, 'server' | 'seconds' | 'isLong'> = { ...DIES, server: { kind: 'workerKilled', afterSeconds: 2400 } };

/** An execution that is stopped while its program runs. */
export const STOPPED: Trial = { fleet: 'one', stopped: 'running', seconds: ENDLESS };

export function serversOf({ fleet }: Trial): readonly string[] {
  return FLEETS[fleet];
}

/** Those on which the program is to run: in a rerun, those on which it had failed. */
export function meantServersOf(trial: Trial): readonly string[] {
  return trial.isRerun ? serversOf(trial).slice(0, -1) : serversOf(trial);
}

export function executionsOf({ executions = 1, isBusy }: Trial): number {
  return executions + (isBusy ? 1 : 0);
}

/** How many times faster waits pass than real time. */
export function speedOf({ isLong }: Trial): number {
  return isLong ? 300 : 100;
}

/** How many commands one execution sends. */
export function commandsOf(trial: Trial): number {
  return attemptsOf(trial) * (trial.fleet === 'tagged' ? 1 : Math.ceil(FLEETS[trial.fleet].length / MAX_INSTANCE_IDS));
}

/** How often the program may run on a server. */
export function runsOf(trial: Trial): number {
  return attemptsOf(trial) * (trial.scheduledAgo === undefined ? executionsOf(trial) : trial.isLastByHand ? 2 : 1);
}

/** How often one execution sends its commands. */
export function attemptsOf({ job }: Trial): number {
  return job === 'retrying' ? RETRY_ATTEMPTS : 1;
}

/** How many things go wrong. */
export function troubles({ server, stopped, ballast, deployment }: Trial): number {
  return [server, stopped, ballast, deployment].filter((trouble) => trouble !== undefined).length;
}
