import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Agents } from './agents';
import { Calendars } from './calendar/calendars';
import { Command, Invocation, StatusDetails } from './command';
import { DocumentSpec } from './document';
import { OutputStream } from './document-run';
import { DocumentStore } from './documents';
import { Fleet, InstanceFault, InstanceSpec } from './fleet';
import { OutputLine } from './output-lines';
import { Delays, RunCommand } from './run-command';
import { SsmService } from './service';
import { StatusEvents } from './status-events';
import { ApiService, JsonService, QueryService } from '../../aws/api-service';
import { Clock } from '../../aws/clock';
import { Authorize, Dispatch } from '../../aws/dispatch';
import { Endpoint } from '../../aws/endpoint';
import { Fault, FaultTable } from '../../aws/faults';
import { Credentials, Keys } from '../../aws/keys';
import { Timers } from '../../aws/timers';
import { AwsEvent } from '../events/event';
import { LogGroups } from '../logs/log-streams';
import { LogsService } from '../logs/service';
import { Masking } from '../secrets/masking';

/** An invocation got another status. */
export interface InvocationEvent {
  readonly commandId: string;
  readonly instanceId: string;
  readonly documentName: string;
  readonly statusDetails: StatusDetails;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A command was sent. */
export interface CommandEvent {
  readonly commandId: string;
  readonly documentName: string;
  readonly instanceIds: readonly string[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A script has printed a line. */
export interface OutputEvent extends OutputLine, OutputStream {
  readonly commandId: string;
  readonly instanceId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface SsmEndpointOptions {
  /** All times are its times: delays, time-outs, timestamps. */
  readonly clock: Clock;
  /**
   * Where everything is kept:
   *
   * - `commands/<command ID>/<instance ID>/<step>/` has a script and what it wrote, `stdout` and `stderr`
   * - `instances/<instance ID>/` is the folder of an instance
   * - `agents/<instance ID>/` has the log of its agent
   *
   * Nothing is deleted.
   */
  readonly workDirectory: string;
  /** @default - a free port */
  readonly port?: number;
  /**
   * Who may call. One is issued for a person in any case.
   *
   * @default - that person only
   */
  readonly keys?: Keys;
  /** @default - none */
  readonly instances?: readonly InstanceSpec[];
  /**
   * Whether every well-formed instance ID is an instance, besides `instances`.
   *
   * @default false
   */
  readonly anyInstance?: boolean;
  /** @default - AWS-RunShellScript and AWS-RunPowerShellScript, which are always there */
  readonly documents?: readonly DocumentSpec[];
  /**
   * Change calendars: iCalendar texts by name, or by ARN for those of other accounts.
   *
   * @default - none
   */
  readonly calendars?: { readonly [name: string]: string };
  /** @default 'aws' */
  readonly partition?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** @default '123456789012' */
  readonly accountId?: string;
  readonly delays?: Delays;
  /** @default - none */
  readonly faults?: readonly Fault[];
  /**
   * Environment of the scripts on an instance, besides what the agent sets.
   *
   * @default - none
   */
  readonly environment?: (instanceId: string, folder: string) => { readonly [name: string]: string };
  /**
   * Where the scripts on an instance run unless their document says otherwise.
   *
   * @default - /usr/bin, as on every instance
   */
  readonly workingDirectory?: (instanceId: string, folder: string) => string;
  /**
   * Folders that come first on scripts' PATH.
   *
   * @default - none
   */
  readonly path?: readonly string[];
  /**
   * What hides values of secrets in what scripts write.
   *
   * @default - nothing is hidden
   */
  readonly masking?: Masking;
  /**
   * Whether scripts may change the user with the machine's own `runuser`, for which one must be root. Otherwise a stand-in runs
   * the command as the present user, and notes it in the agent's log.
   *
   * @default false
   */
  readonly changeUsers?: boolean;
  /** Other services to answer for at the same address. */
  readonly services?: readonly (ApiService | JsonService | QueryService)[];
  /**
   * Awaited before each call is carried out. What it throws is the answer: an `AwsError`, or any error with a `code`.
   *
   * @default - everything is allowed
   */
  readonly onCall?: Authorize;
  /** Whenever a command was sent. */
  readonly onCommand?: (event: CommandEvent) => void;
  /** Whenever an invocation gets another status. */
  readonly onInvocation?: (event: InvocationEvent) => void;
  /** Whenever a script has printed a line: the first and the last ones of each stream, so that no output is too much. */
  readonly onOutput?: (event: OutputEvent) => void;
  /**
   * What is hidden in those lines besides what `masking` hides, as known when a script begins.
   *
   * @default - nothing
   */
  readonly lineMasking?: () => Masking;
  /**
   * What SSM reports to EventBridge.
   *
   * @param sentBy access key id of who has sent the command that the event is about
   */
  readonly onEvent?: (event: AwsEvent, sentBy: string) => void;
}

/** SSM Run Command, and the logs of commands in CloudWatch Logs, on this machine. */
export interface SsmEndpoint {
  /** For `AWS_ENDPOINT_URL_SSM` and `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`. */
  readonly url: string;
  /** For a person, who has every right: what signs requests. */
  readonly credentials: Credentials;
  /** The way to all of its services. */
  readonly dispatch: Dispatch;
  /** May be changed at any time. */
  readonly faults: FaultTable;
  /** The commands that were sent, newest first. */
  commands(): readonly Command[];
  /** Adds a document, or a version of it. */
  registerDocument(document: DocumentSpec): void;
  /** Adds a calendar, or replaces it. */
  registerCalendar(name: string, text: string): void;
  /** Breaks an instance, or mends it. What runs there is struck by what kills or loses it; the rest is for what comes next. */
  setInstanceFault(instanceId: string, fault: InstanceFault | undefined): void;
  /**
   * Starts the agent of an instance anew: what runs goes on, and what was cancelled while it waited runs.
   *
   * @throws Error where there is no such instance
   */
  restartAgent(instanceId: string): void;
  /** Delivers a command once more, as SSM may; resolves when the agents are done with it. */
  deliverAgain(command: Command): Promise<void>;
  /** Kills all that was started, and closes the server. */
  close(): Promise<void>;
  /** Kills all that was started, and waits for nothing: for a process that is about to end. */
  kill(): void;
}

/**
 * Starts a server on loopback that answers as SSM does, and really runs the scripts of the documents.
 *
 * @throws Error when the port is taken, or an instance or document is not valid
 */
export async function startSsmEndpoint(options: SsmEndpointOptions): Promise<SsmEndpoint> {
  const { clock, partition = 'aws', region = 'us-east-1', accountId = '123456789012' } = options;
  const place = { partition, region, account: accountId };
  const timers = new Timers(clock);
  const logs = new LogGroups(clock, timers);
  const fleet = new Fleet(options.instances ?? [], options.anyInstance ?? false);
  const documents = new DocumentStore(() => clock.now());
  options.documents?.forEach((document) => documents.register(document));
  const calendars = new Calendars();
  Object.entries(options.calendars ?? {}).forEach(([name, text]) => calendars.register(name, text));

  const workDirectory = resolve(options.workDirectory);
  mkdirSync(join(workDirectory, 'instances'), { recursive: true });
  const noMasking = new Masking([]);
  const { onOutput } = options;
  const agents = new Agents({
    clock,
    timers,
    logs,
    workDirectory,
    region,
    changeUsers: options.changeUsers ?? false,
    environment: options.environment ?? (() => ({})),
    workingDirectory: options.workingDirectory ?? (() => '/usr/bin'),
    path: options.path ?? [],
    masking: options.masking ?? noMasking,
    lines: onOutput && (({ commandId }, { instanceId }) => ({
      onLine: (line, stream) => onOutput({ commandId, instanceId, ...stream, ...line, at: clock.now() }),
      masking: options.lineMasking ?? (() => noMasking),
    })),
  });
  const events = new StatusEvents(place, clock, (event, { sentBy }) => options.onEvent?.(event, sentBy));
  const runCommand = new RunCommand({
    clock,
    timers,
    fleet,
    documents,
    agents,
    accountId,
    delays: options.delays ?? {},
    onSend: ({ commandId, document, invocations }) => options.onCommand?.({
      commandId, documentName: document.name, instanceIds: invocations.map(({ instance }) => instance.instanceId), at: clock.now(),
    }),
    onChange: (command, invocation) => {
      if (invocation) {
        options.onInvocation?.(invocationEvent(command, invocation, clock));
      }
      events.report(command, invocation);
    },
  });
  const faults = new FaultTable(options.faults);
  const dispatch = new Dispatch({
    clock,
    faults,
    authorize: options.onCall,
    services: [
      new SsmService(runCommand, fleet, documents, calendars, place, () => clock.now()),
      new LogsService(logs, place),
      ...options.services ?? [],
    ],
  });
  const keys = options.keys ?? new Keys();
  const endpoint = await Endpoint.start(dispatch, { keys, now: () => clock.now(), port: options.port });
  return {
    url: endpoint.url,
    credentials: keys.issue(),
    dispatch,
    faults,
    commands: () => runCommand.commands(),
    registerDocument: (document) => void documents.register(document),
    registerCalendar: (name, text) => calendars.register(name, text),
    setInstanceFault: (instanceId, fault) => {
      fleet.setFault(instanceId, fault);
      agents.strikeWhatRuns(fleet.get(instanceId));
    },
    deliverAgain: (command) => runCommand.deliverAgain(command),
    restartAgent: (instanceId) => agents.restart(fleet.get(instanceId)),
    close: async () => {
      await endpoint.close();
      timers.clear();
      await agents.close();
    },
    kill: () => agents.kill(),
  };
}

function invocationEvent({ commandId, document }: Command, { instance, details }: Invocation, clock: Clock): InvocationEvent {
  return {
    commandId,
    instanceId: instance.instanceId,
    documentName: document.name,
    statusDetails: details,
    at: clock.now(),
  };
}
