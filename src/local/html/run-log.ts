import { EventDelivery, RunEvent } from '../run/run-record';
import { OutputEvent } from '../services/ssm/endpoint';
import { HistoryEvent } from '../services/states/history';

/** How many lines of a stream are kept: the first ones, and the last ones. */
const FIRST_LINES = 150;
const LAST_LINES = 20;
/** How many characters of the first and of the last lines are kept, each. */
const MAX_CHARACTERS = 16_000;

/** An event of a state machine's history, without what went in and out. */
export interface LoggedEvent extends Pick<HistoryEvent, 'type' | 'state' | 'error' | 'cause' | 'resource' | 'retryCount' | 'seconds'> {
  /** Milliseconds since the epoch, as all times here. */
  readonly at: number;
  readonly execution: string;
}

export interface LoggedCommand {
  readonly commandId: string;
  readonly documentName: string;
  readonly at: number;
  readonly instanceIds: readonly string[];
}

/** An instance has got another status. */
export interface LoggedStatus {
  readonly commandId: string;
  readonly instanceId: string;
  readonly at: number;
  readonly status: string;
}

export type LoggedLine = Pick<OutputEvent, 'at' | 'stream' | 'line' | 'isCut' | 'number'>;

/** What the scripts of a command have printed to a stream on an instance. */
export interface LoggedStream extends Pick<OutputEvent, 'commandId' | 'instanceId' | 'step' | 'stream' | 'file'> {
  readonly first: LoggedLine[];
  readonly last: LoggedLine[];
  /** How many lines it has in all. */
  lines: number;
}

/**
 * What is kept of a run for its page, while it happens. It does not grow with what programs print.
 *
 * It is plain data.
 */
export interface RunLog {
  readonly history: LoggedEvent[];
  readonly commands: LoggedCommand[];
  readonly statuses: LoggedStatus[];
  readonly streams: { readonly [stream: string]: LoggedStream };
  readonly deliveries: ({ readonly at: number } & EventDelivery)[];
  readonly warnings: { readonly at: number; readonly message: string }[];
}

/** Makes the log of a run from its events. */
export class RunLogger {
  private readonly streams: { [stream: string]: LoggedStream } = {};
  public readonly log: RunLog = { history: [], commands: [], statuses: [], streams: this.streams, deliveries: [], warnings: [] };

  public add(event: RunEvent): void {
    const { history, commands, statuses, deliveries, warnings } = this.log;
    switch (event.kind) {
      case 'history': {
        const { type, state, error, cause, resource, retryCount, seconds } = event.event;
        history.push({ at: event.at, execution: event.execution, type, state, error, cause, resource, retryCount, seconds });
        break;
      }
      case 'command': {
        const { commandId, documentName, at, instanceIds } = event;
        commands.push({ commandId, documentName, at, instanceIds });
        break;
      }
      case 'instance': {
        const { commandId, instanceId, at, status } = event;
        statuses.push({ commandId, instanceId, at, status });
        break;
      }
      case 'output':
        this.keep(event);
        break;
      case 'event':
        deliveries.push({ at: event.at, ...event.delivery });
        break;
      case 'warning':
        warnings.push({ at: event.at, message: event.message });
        break;
    }
  }

  private keep({ commandId, instanceId, step, stream, file, at, line, isCut, number }: OutputEvent): void {
    const kept = this.streams[`${commandId} ${instanceId} ${step} ${stream}`] ??= {
      commandId, instanceId, step, stream, file, first: [], last: [], lines: 0,
    };
    const { first, last } = kept;
    const added = { at, stream, line, isCut, number };
    if (last.length === 0 && first.length < FIRST_LINES && charactersOf(first) + line.length <= MAX_CHARACTERS) {
      first.push(added);
    } else {
      last.push(added);
      while (last.length > LAST_LINES || (last.length > 1 && charactersOf(last) > MAX_CHARACTERS)) {
        last.shift();
      }
    }
    kept.lines = number;
  }
}

function charactersOf(lines: readonly LoggedLine[]): number {
  return lines.reduce((sum, { line }) => sum + line.length, 0);
}
