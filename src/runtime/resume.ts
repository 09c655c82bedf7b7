import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Command } from '@aws-sdk/client-ssm';
import { isOfExecution, isOfJob } from './command-input';
import { CommandEnded, POLL_STATE, WAIT_STATE } from '../protocol';
import type { World } from './world';
import { secondsBetween } from '../protocol/poll-plan';

/** Events that are needed of the end of a history: a wait and the poll before it are some 15, and a poll may have been tried four times. */
const LAST_EVENTS = 50;

/** How long SSM's listings may not show yet what an event says, in seconds: a poll that began later has seen it. */
const LISTING_SECONDS = 10;

/** Between two looks for the wait of a run, in seconds: the first pause, and the longest. */
const PAUSE = { first: 1, longest: 10 } as const;

/** How long an execution that runs may be missing from its list after it has sent a command, in seconds: one that is missing later has ended. */
const MISSING_SECONDS = 30;

/** How long one invocation goes on. Lambda makes two more, after one and after two minutes; then the poll interval counts. */
const PATIENCE_SECONDS = 120;

type ResumeWorld = Pick<World, 'ssm' | 'states' | 'clock' | 'log'>;

/** What became of an event. */
type Resumed =
  /** The wait of the run was ended: it polls now. */
  | 'resumed'
  /** The run does not need the event, or cannot use it: it has ended, has polled since, or polls by itself. */
  | 'not needed'
  /** The command, its execution, or the wait is not to be seen yet. */
  | 'not yet';

/**
 * Ends the wait of the run that has sent a command, so that it polls at once.
 *
 * An event says nothing about a run but that it is worth a poll. Nothing is stored: the comment of the command leads to its execution,
 * and the history of that has the token of the wait. Between two waits, while the run sends or polls, the event is kept for the next wait,
 * because the poll that is under way may have missed what it says.
 *
 * @throws what the SDK throws, and where the run has not waited in time: Lambda tries again, and the run polls after its interval in any case
 */
export async function resume(ended: CommandEnded, world: ResumeWorld): Promise<void> {
  const { commandId, commandStatus, stateMachineArn } = ended;
  if (!commandId || !stateMachineArn) {
    world.log('not an event of a command', { commandId, stateMachineArn });
    return;
  }
  const start = world.clock.elapsed();
  const isOver = (seconds: number) => world.clock.elapsed() - start >= 1000 * seconds;
  let execution: string | undefined;
  for (let pause: number = PAUSE.first; ; pause = Math.min(2 * pause, PAUSE.longest)) {
    const command = execution ? undefined : await world.ssm.command(commandId);
    if (command && !isOfJob(stateMachineArn, command.Comment)) {
      world.log('not a command of this job', { commandId });
      return;
    }
    execution ??= command && (await world.states.running(stateMachineArn)).find((running) => isOfExecution(running, command.Comment));
    const sentSeconds = command ? sinceSent(command, ended) + (world.clock.elapsed() - start) / 1000 : 0;
    const resumed = execution ? await resumeExecution(execution, ended, world) : sentSeconds >= MISSING_SECONDS ? 'not needed' : 'not yet';
    if (resumed !== 'not yet') {
      world.log('event of a command', { commandId, commandStatus, execution, resumed });
      return;
    }
    if (isOver(PATIENCE_SECONDS)) {
      throw new Error(`the run of command ${commandId} must wait for its event within ${PATIENCE_SECONDS} seconds`);
    }
    await world.clock.sleep(1000 * pause);
  }
}

/** Between the request for a command and its event, in seconds. */
function sinceSent({ RequestedDateTime: requestedAt }: Command, { endedAt }: CommandEnded): number {
  return secondsBetween(new Date(Number(requestedAt ?? 0)).toISOString(), endedAt);
}

async function resumeExecution(execution: string, { endedAt }: CommandEnded, world: ResumeWorld): Promise<Resumed> {
  const events = await world.states.history(execution, LAST_EVENTS, true);
  const [newest] = events;
  const entered = events.find(({ stateEnteredEventDetails: details }) => details);
  if (/^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(newest?.type ?? '') || entered?.type === 'WaitStateEntered' || hasPolledSince(events, endedAt)) {
    return 'not needed';
  }
  const token = entered?.stateEnteredEventDetails?.name === WAIT_STATE ? tokenOf(events) : undefined;
  return token !== undefined && await world.states.succeedTask(token) ? 'resumed' : 'not yet';
}

function hasPolledSince(events: HistoryEvent[], endedAt: string): boolean {
  const polled = events.find(({ stateEnteredEventDetails: details }) => details?.name === POLL_STATE);
  return polled?.timestamp !== undefined && secondsBetween(endedAt, polled.timestamp.toISOString()) > LISTING_SECONDS;
}

/** The token of the wait that was entered last; undefined where it has not been submitted yet, or is over. */
function tokenOf([newest, ...older]: HistoryEvent[]): string | undefined {
  if (newest.type !== 'TaskSubmitted') {
    return undefined;
  }
  const scheduled = older.find(({ type }) => type === 'TaskScheduled')?.taskScheduledEventDetails;
  const { Payload } = JSON.parse(scheduled?.parameters ?? '{}');
  return Payload?.taskToken;
}
