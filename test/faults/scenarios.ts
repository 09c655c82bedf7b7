import { ALWAYS, CallName, Fault, FaultKind, ONCE, SECOND } from './fault';
import { JobName } from './jobs';
import { Cell, Claim, DIES, End, Expectation, ENDLESS, LOSES, REBOOTS, STOPPED, Trial } from './trial';
import { NOTIFY_STATE, Outcome, SEND_STATE } from '../../src/protocol';

/** A test that docs/faults.md shows as a line. */
export interface Scenario extends Cell {
  /** What comes of it, as docs/faults.md shows it. */
  readonly label: string;
  /**
   * Whether it is tested with events, too: there, it ends the same way.
   *
   * @default false
   */
  readonly isInBothModes?: boolean;
  readonly expected: Expectation;
}

const SUCCEEDED: End = { outcome: Outcome.SUCCEEDED, claim: Claim.WATCHED, notifications: 0 };
const SKIPPED: End = { outcome: Outcome.SKIPPED, claim: Claim.WATCHED, notifications: 0 };
const FAILED: End = { outcome: Outcome.FAILED, claim: Claim.WATCHED, notifications: 1 };
const NOT_STARTED: End = { ...FAILED, claim: Claim.NOT_STARTED };
const UNKNOWN: End = { ...FAILED, claim: Claim.UNKNOWN };
const UNRESPONSIVE: End = { outcome: Outcome.UNRESPONSIVE, claim: Claim.UNKNOWN, notifications: 1 };
const UNDELIVERED: End = { outcome: Outcome.UNDELIVERED, claim: Claim.NOT_STARTED, notifications: 1 };
const CANCELLED: End = { outcome: Outcome.CANCELLED, claim: Claim.WATCHED, notifications: 1 };
const GONE: End = { outcome: Outcome.CANCELLED, claim: Claim.STOPPED, notifications: 1 };
const MAY_RUN: End = { ...GONE, claim: Claim.UNKNOWN };

function fault(call: CallName, kind: FaultKind, hits: Fault['hits'] = ONCE): Pick<Trial, 'faults'> {
  return { faults: [{ call, kind, hits }] };
}

function scenario(name: string, trial: Trial, label: string, ran: number | undefined, ...ends: End[]): Scenario {
  return { name, trial, label, expected: { ran, ends } };
}

/** The program runs on, because nobody could stop it. */
function living(shown: Scenario): Scenario {
  return { ...shown, expected: { ...shown.expected, lives: true } };
}

function inBothModes(shown: Scenario): Scenario {
  return { ...shown, isInBothModes: true };
}

const one = (server: Trial['server']): Trial => ({ fleet: 'one', server, isLong: true });
const oneOfThree = (server: Trial['server']): Trial => ({ fleet: 'three', server, isLong: true });

/** What befalls servers. */
const SERVERS: readonly Scenario[] = [
  scenario('An instance is stopped, and SSM knows', one({ kind: 'undeliverable' }), 'Undelivered', 0, UNDELIVERED),
  scenario('SSM may not reach an instance', one({ kind: 'accessDenied' }), 'Undelivered', 0, UNDELIVERED),
  scenario('An instance has another operating system', one({ kind: 'invalidPlatform' }), 'Undelivered', 0, UNDELIVERED),
  scenario('An agent has lost its connection', one({ ping: 'ConnectionLost' }), 'Undelivered', 0, UNDELIVERED),
  scenario('An agent never answers', one({ kind: 'neverAnswers' }), 'Undelivered', 0, UNDELIVERED),
  inBothModes(scenario('An instance dies while the program runs', { fleet: 'one', ...DIES }, 'Unresponsive', 1, UNRESPONSIVE)),
  inBothModes(scenario('An instance is restarted while the program runs, or has no power for a moment', { fleet: 'one', ...REBOOTS }, 'Unresponsive',
    1,
    UNRESPONSIVE)),
  inBothModes({
    name: 'The SSM agent loses the program, which runs on',
    trial: { fleet: 'one', ...LOSES },
    label: 'Unresponsive; the mail says that the program may still run',
    expected: { ran: 1, ends: [UNRESPONSIVE], lives: true },
  }),
  scenario('One instance of three is stopped', oneOfThree({ kind: 'undeliverable' }), 'Undelivered; the others run', 2, UNDELIVERED),
  inBothModes(scenario('One agent of three never answers', oneOfThree({ kind: 'neverAnswers' }), 'Undelivered; the others run', 2, UNDELIVERED)),
];

/** The workflow tries six times: then it is for Close run to tell. */
const REFUSED = [1, 6] as const;

/** The workflow has a program that runs, and no eyes. */
const BLIND: Omit<Trial, 'fleet'> = { job: 'lasting', seconds: ENDLESS, isLong: true, ...fault('statusHandler', 'throttled', ALWAYS) };

/** A program that does not end as long as the run may last. */
const LASTING: Trial = { fleet: 'one', seconds: ENDLESS, isLong: true, job: 'brief' };

/** What is asked of SSM once the program runs. */
const DOWN: readonly CallName[] = ['listInvocations', 'closeCancel'];

/** Ends that the workflow itself does not see. */
const ENDS: readonly Scenario[] = [
  scenario('Somebody stops the execution while the program runs', STOPPED, 'Cancelled; the program is stopped', 1, GONE),
  inBothModes(scenario('Somebody stops it while it waits for the program', { ...STOPPED, stopped: 'waiting' },
    'Cancelled; the program is stopped', 1, GONE)),
  inBothModes(scenario('Somebody stops it while it sends the command', { ...STOPPED, stopped: 'sending' },
    'Cancelled; the program is stopped', undefined, GONE)),
  scenario('Somebody stops it then, and the answer of `SendCommand` is lost',
    { ...STOPPED, stopped: 'sending', ...fault('sendCommand', 'answerLost') }, 'Cancelled; the program is stopped', undefined, GONE),
  scenario('Somebody stops it after its instance has died', { ...STOPPED, server: { kind: 'dies', afterSeconds: 100 } },
    'Cancelled; the mail says that the program may still run', 1, MAY_RUN),
  inBothModes(scenario('Get status cannot be invoked for as long as the run may last',
    { ...LASTING, ...fault('statusHandler', 'throttled', ALWAYS) }, 'Failed; the program is stopped', 1, UNKNOWN)),
  scenario('SSM answers with HTTP 500 from the first poll on, for good',
    { ...LASTING, faults: DOWN.map((call) => ({ call, kind: 'error500', hits: ALWAYS })) },
    'Failed; the mail says that nothing is known', 1, UNKNOWN),
  scenario('SSM denies access from the first poll on, for good',
    { ...LASTING, faults: DOWN.map((call) => ({ call, kind: 'accessDenied', hits: ALWAYS })) },
    'Failed; the mail says that nothing is known', 1, UNKNOWN),
  living(scenario('Somebody stops the execution, and SSM does not answer any more',
    { ...STOPPED, faults: [...fault('closeCancel', 'error500', ALWAYS).faults!, ...fault('closeLook', 'error500', ALWAYS).faults!] },
    'Cancelled; the mail says that the program may still run', 1, MAY_RUN)),
  inBothModes(scenario('Get status cannot be invoked for longer than the workflow tries',
    { ...BLIND, fleet: 'one' }, 'Failed; the program is stopped', 1, UNKNOWN)),
  scenario('Get status cannot be invoked for so long, with `targets`', { ...BLIND, fleet: 'tagged' }, 'Failed; the program is stopped', 2, UNKNOWN),
  scenario('Somebody stops the execution, and SSM does not list the command, with `targets`',
    { ...STOPPED, fleet: 'tagged', ...fault('listCommand', 'emptyList', ALWAYS) },
    'Cancelled; the mail says that the program may still run', 2, MAY_RUN),
  scenario('The input is larger than a state may be', { fleet: 'one', ballast: 262_000 }, 'Failed; nothing is started', 0, NOT_STARTED),
  inBothModes(scenario('SNS refuses for as long as the workflow tries', { fleet: 'one', exitCode: 7, ...fault('publish', 'error500', REFUSED) },
    'Failed; reported when the execution has ended', 1, FAILED)),
  inBothModes(scenario('The program takes longer than it may', { fleet: 'one', job: 'brief', seconds: ENDLESS },
    'TimedOut; SSM has stopped the program', 1, { ...FAILED, outcome: Outcome.TIMED_OUT })),
  inBothModes(scenario('A program that is tried again fails again', { fleet: 'one', job: 'retrying', exitCode: 7 },
    'Failed, after two attempts', 1, FAILED)),
];

/** 120 servers are three commands: what happens between them. */
const FLEETS: readonly Scenario[] = [
  inBothModes(scenario('Three instances, the answer of `SendCommand` lost', { fleet: 'three', ...fault('sendCommand', 'answerLost') },
    'Succeeded on 3', 3, SUCCEEDED)),
  scenario('120 instances, the 2nd `SendCommand` throttled', { fleet: 'many', ...fault('sendCommand', 'throttled', SECOND) },
    'Succeeded on 120', 120, SUCCEEDED),
  scenario('120 instances, the answer of the 2nd `SendCommand` lost', { fleet: 'many', ...fault('sendCommand', 'answerLost', SECOND) },
    'Unresponsive: 100 run, the 3rd command is not sent', 100, UNRESPONSIVE),
  scenario('120 instances, the 2nd `SendCommand` lost', { fleet: 'many', ...fault('sendCommand', 'requestLost', SECOND) },
    'Unresponsive: 50 run, the 3rd command is not sent', 50, UNRESPONSIVE),
  scenario('120 instances, the handler killed during the 2nd `SendCommand`',
    { fleet: 'many', ...fault('sendCommand', 'killedDuring', SECOND) },
    'Unresponsive: 100 run, the 3rd command is not sent', 100, UNRESPONSIVE),
  scenario('120 instances, the handler killed after the 3rd `SendCommand`', { fleet: 'many', ...fault('sendHandler', 'killedAfter') },
    'Succeeded on 120', 120, SUCCEEDED),
];

const twice: Trial = { fleet: 'one', job: 'nightly', executions: 2, scheduledAgo: 0 };

/** EventBridge Scheduler delivers a time at least once. */
const SCHEDULES: readonly Scenario[] = [
  inBothModes(scenario('One time delivered twice', twice, 'Succeeded, Skipped', 1, SUCCEEDED, SKIPPED)),
  inBothModes(scenario('One time delivered once more when its run has ended', { ...twice, isInTurn: true }, 'Succeeded, Skipped', 1,
    SUCCEEDED, SKIPPED)),
  scenario('One time delivered twice while its program runs', { ...twice, heldUntil: 'last' }, 'Succeeded, Skipped', 1, SUCCEEDED, SKIPPED),
  inBothModes(scenario('One time delivered twice, with `OverlapPolicy.SKIP`', { ...twice, job: 'nightlyLocking' }, 'Succeeded, Skipped', 1,
    SUCCEEDED, SKIPPED)),
  // Which of the two is first on a server is chance.
  {
    ...scenario('One time delivered twice, to three instances', { ...twice, fleet: 'three' }, 'each instance takes the first', 3),
    expected: { ran: 3 },
  },
  scenario('One time delivered twice, one `SendCommand` lost', { ...twice, ...fault('sendCommand', 'requestLost') },
    'Succeeded, Skipped', 1, SUCCEEDED, SKIPPED),
  inBothModes(scenario('One time delivered twice, both answers of `SendCommand` lost, and SSM lists the commands late',
    { ...twice, faults: [{ call: 'sendCommand', kind: 'answerLost', hits: ALWAYS }, { call: 'findCommand', kind: 'late', hits: ONCE }] },
    'Succeeded, Skipped', 1, SUCCEEDED, SKIPPED)),
  scenario('One time delivered twice, both handlers killed after `SendCommand`', { ...twice, ...fault('sendHandler', 'killedAfter', ALWAYS) },
    'Succeeded, Skipped', 1, SUCCEEDED, SKIPPED),
  scenario('One time delivered three times', { ...twice, executions: 3 }, 'Succeeded, Skipped, Skipped', 1, SUCCEEDED, SKIPPED, SKIPPED),
  inBothModes(scenario('Two executions without a time are two runs', { fleet: 'one', executions: 2 }, 'Succeeded, Succeeded', 1,
    SUCCEEDED, SUCCEEDED)),
];

/** Whoever starts an execution with the input of another one, as the console does, gives it its time, too. */
const again: Trial = { ...twice, isInTurn: true };

const RERUNS: readonly Scenario[] = [
  inBothModes(scenario('A run of a schedule has failed, and is started again with its own input', { ...again, exitCode: 7 },
    'Failed, Failed: the mail says what ran, and how to start it again', 1, FAILED, NOT_STARTED)),
  scenario('The same, and SSM does not list the command', { ...again, exitCode: 7, ...fault('listEarlier', 'emptyList', ALWAYS) },
    'Failed, Failed: the mail says that the instance has started it before', 1, FAILED, NOT_STARTED),
  scenario('The same, and SSM does not say', { ...again, exitCode: 7, ...fault('listEarlier', 'error500', ALWAYS) },
    'Failed, Failed: the mail says that the instance has started it before', 1, FAILED, NOT_STARTED),
  scenario('It has failed, and is started again without its time', { ...again, exitCode: 7, isLastByHand: true }, 'Failed, Failed: it runs again', 1,
    FAILED, FAILED),
  scenario('It was stopped, and is started again with its own input', { ...again, stopped: 'running', seconds: ENDLESS },
    'Cancelled, Failed: the mail says what ran, and how to start it again', 1, GONE, NOT_STARTED),
  scenario('It was not delivered, and is started again with its own input', { ...again, server: { kind: 'undeliverable' } },
    'Undelivered, Failed: the mail says how to start it', 0, UNDELIVERED, NOT_STARTED),
  scenario('A scheduled time that is to come', { ...twice, executions: 1, scheduledAgo: -86_400 }, 'Failed; nothing is started', 0, NOT_STARTED),
  scenario('A scheduled time that is long gone', { ...twice, executions: 1, scheduledAgo: 7 * 86_400 }, 'Failed; nothing is started', 0, NOT_STARTED),
];

/** Runs that have nothing to do with each other but their job. */
const OVERLAPS: readonly Scenario[] = [
  scenario('Two runs of a schedule at the same time', { fleet: 'one', job: 'nightlyLocking', executions: 2, heldUntil: 'last' },
    'Succeeded; Skipped, and reported', 1, SUCCEEDED, { ...SKIPPED, notifications: 1 }),
  inBothModes(scenario('Two runs at the same time, with `OverlapPolicy.SKIP`', { fleet: 'one', job: 'locking', executions: 2, heldUntil: 'last' },
    'Succeeded, Skipped', 1, SUCCEEDED, SKIPPED)),
  inBothModes(scenario('Two runs at the same time, with `OverlapPolicy.CANCEL_RUNNING`', { fleet: 'one', job: 'cancelling', isBusy: true },
    'Cancelled, Succeeded', 1, CANCELLED, SUCCEEDED)),
  inBothModes(scenario('Two runs at the same time, with `OverlapPolicy.WAIT`', { fleet: 'one', job: 'waiting', executions: 2, heldUntil: 'waiting' },
    'Succeeded, Succeeded', 1, SUCCEEDED, SUCCEEDED)),
  scenario('The same, and SSM never says whether a run waits',
    { fleet: 'one', job: 'waiting', executions: 2, heldUntil: 'waiting', ...fault('listBefore', 'error500', ALWAYS) },
    'Succeeded, Succeeded', 1, SUCCEEDED, SUCCEEDED),
];

const deployed = (at: string, job: JobName = 'renewed'): Trial => ({ fleet: 'one', exitCode: 7, deployment: { at, job } });

/** The job is deployed while a run is under way: its topic is another one then, unless something else is said. */
const DEPLOYMENTS: readonly Scenario[] = [
  scenario('The job gets another topic while a run starts', deployed(SEND_STATE), 'Failed, as the program; reported once', 1, FAILED),
  scenario('The job gets another topic while a run waits', deployed('Wait'), 'Failed, as the program; reported once', 1, FAILED),
  scenario('The job gets another topic while a run reports its end', deployed(NOTIFY_STATE), 'Failed, as the program; reported once', 1, FAILED),
  scenario('The job gets another topic while a run waits, and the answer to its notification is lost',
    { ...deployed('Wait'), ...fault('closePublish', 'answerLost') }, 'Failed, as the program; reported twice', 1, { ...FAILED, notifications: 2 }),
  scenario('The job gets one parameter more while a run starts', deployed(SEND_STATE, 'extended'), 'Failed; nothing is started', 0, NOT_STARTED),
  scenario('The job gets one parameter more while a run waits', deployed('Wait', 'extended'), 'Failed, as the program; reported once', 1, FAILED),
  scenario('The job does not wait for events any more, while a run does',
    { fleet: 'one', hasEvents: true, heldUntil: 'waiting', deployment: { at: 'Wait', job: 'plain' } }, 'Succeeded', 1, SUCCEEDED),
];

/** What may happen besides a call that fails. */
export const SCENARIOS: readonly Scenario[] = [...SERVERS, ...ENDS, ...FLEETS, ...SCHEDULES, ...RERUNS, ...OVERLAPS, ...DEPLOYMENTS];

/** The same where events end the waits of the job. */
export const WAKING_SCENARIOS: readonly Scenario[] = SCENARIOS.filter(({ isInBothModes }) => isInBothModes)
  .map((polling) => ({ ...polling, trial: { ...polling.trial, hasEvents: true } }));
