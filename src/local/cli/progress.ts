import { StatusLine } from './terminal';
import { clockTime, duration } from '../text';
import { CALLBACK } from './timeline';
import { RunEvent } from '../run/run-record';
import { isTerminal } from '../services/ssm/command';
import { HistoryEvent } from '../services/states/history';

/** How often the line is written anew, in real time. */
const REFRESH_MS = 250;

/** How a job calls the state in which it waits for its next poll. */
const POLL_WAIT = 'Wait';

/** How a run stands, in one line: how long it has lasted, how many instances have ended, and how long it waits. */
export class Progress {
  private start?: number;
  /** Whether each instance of each command has ended. */
  private readonly ended = new Map<string, boolean>();
  /** Until when each execution waits that does, and in which state. */
  private readonly waits = new Map<string, { readonly until: number; readonly state: string }>();
  private timer?: NodeJS.Timeout;

  public see(event: RunEvent): void {
    if (event.kind === 'history') {
      this.start ??= event.at;
      this.history(event.execution, event.event, event.at);
    } else if (event.kind === 'command') {
      event.instanceIds.forEach((id) => this.ended.set(`${event.commandId} ${id}`, false));
    } else if (event.kind === 'instance') {
      this.ended.set(`${event.commandId} ${event.instanceId}`, isTerminal(event.status));
    }
  }

  /** @param now In the run's time, milliseconds since the epoch */
  public text(now: number): string {
    const total = this.ended.size;
    const ended = [...this.ended.values()].filter((hasEnded) => hasEnded).length;
    const [wait] = [...this.waits.values()].sort((a, b) => a.until - b.until);
    const left = wait === undefined ? 0 : Math.ceil((wait.until - now) / 1000);
    return [
      `${clockTime((now - (this.start ?? now)) / 1000)} passed`,
      ...total === 0 ? [] : [`${ended} of ${total} ${total === 1 ? 'instance' : 'instances'} ended`],
      ...left > 0 ? [`${wait.state === POLL_WAIT ? 'next poll in' : `${wait.state}:`} ${duration(left)}`] : [],
    ].join(' · ');
  }

  private history(execution: string, { type, state, resource, seconds, timeoutSeconds = seconds }: HistoryEvent, at: number): void {
    if (type === 'WaitStateEntered' || (type === 'TaskScheduled' && resource?.endsWith(CALLBACK))) {
      this.waits.set(execution, { until: at + (timeoutSeconds ?? 0) * 1000, state });
    } else if (!/(Started|Submitted)$/.test(type)) {
      this.waits.delete(execution);
    }
  }

  /** Shows it until `stop`. */
  public showOn(screen: StatusLine, now: () => number): void {
    this.timer = setInterval(() => screen.show(this.text(now())), REFRESH_MS).unref();
  }

  public stop(screen: StatusLine): void {
    clearInterval(this.timer);
    screen.clear();
  }
}
