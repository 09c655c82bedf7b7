import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Invocation, StatusDetails } from './command';
import { BOOT_MS, DocumentRun, LineListener } from './document-run';
import { Instance, InstanceFault } from './fleet';
import { killLeftovers, writeShims } from './machine';
import { AGENT_PATH } from './script';
import { Clock } from '../../aws/clock';
import { Timers } from '../../aws/timers';
import { LogGroups } from '../logs/log-streams';
import { Masking } from '../secrets/masking';

export interface AgentOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logs: LogGroups;
  /** Where the folders of instances, of commands and of agents are. */
  readonly workDirectory: string;
  readonly region: string;
  /** Whether `runuser` is the machine's own; otherwise scripts keep the present user. */
  readonly changeUsers: boolean;
  /** What scripts find in their environment, besides what the agent sets. */
  readonly environment: (instanceId: string, folder: string) => { readonly [name: string]: string };
  /** Where scripts run unless their document says otherwise. */
  readonly workingDirectory: (instanceId: string, folder: string) => string;
  /** Folders that come first on scripts' PATH. */
  readonly path: readonly string[];
  /** What hides values of secrets in what scripts write. */
  readonly masking: Masking;
  /** Who gets what the scripts of a command print on an instance. */
  readonly lines?: (command: Command, instance: Instance) => LineListener;
}

/** The agents on all the instances: they run documents, and are asked to stop. */
export class Agents {
  private readonly runs = new Map<Invocation, DocumentRun>();
  private readonly ends = new Set<Promise<unknown>>();
  private readonly commandIds = new Set<string>();
  private readonly queues = new Map<Instance, DocumentQueue>();
  private readonly delivered = new Set<Invocation>();

  constructor(private readonly options: AgentOptions) {}

  /** @returns how the document ended; undefined when the instance died meanwhile, or has got the command before */
  public async run(command: Command, invocation: Invocation): Promise<StatusDetails | undefined> {
    if (this.delivered.has(invocation)) {
      return undefined;
    }
    this.delivered.add(invocation);
    const queue = this.queue(invocation.instance);
    await queue.enter(invocation);
    try {
      return await this.begin(command, invocation);
    } finally {
      queue.leave();
    }
  }

  private async begin(command: Command, invocation: Invocation): Promise<StatusDetails | undefined> {
    const { instance } = invocation;
    if (instance.ping !== 'Online') {
      return undefined;
    }
    const { clock, timers, logs, workDirectory } = this.options;
    // Scripts may run in the instance's own folder: what only the local run has must not lie there.
    const home = join(workDirectory, 'instances', instance.instanceId);
    const agent = join(workDirectory, 'agents', instance.instanceId);
    [home, agent].forEach((folder) => mkdirSync(folder, { recursive: true }));
    const run = new DocumentRun(command, invocation, {
      clock,
      timers,
      logs,
      workingDirectory: this.options.workingDirectory(instance.instanceId, home),
      folder: join(workDirectory, 'commands', command.commandId, instance.instanceId),
      environment: this.environment(instance, home, agent),
      masking: this.options.masking,
      lines: this.options.lines?.(command, instance),
    });
    this.log(agent, `runs ${command.document.name} for command ${command.commandId}`);
    this.runs.set(invocation, run);
    this.commandIds.add(command.commandId);
    if (instance.fault?.kind === 'diskFull') {
      run.lose();
    }
    this.strikeLater(instance);
    const end = run.execute();
    this.ends.add(end);
    try {
      const details = await end;
      this.log(agent, `command ${command.commandId} ended: ${details ?? 'the instance died'}`);
      return details;
    } finally {
      this.runs.delete(invocation);
      this.ends.delete(end);
    }
  }

  /** The invocation ends Cancelled as soon as its processes are killed. */
  public cancel(invocation: Invocation): void {
    this.queue(invocation.instance).cancel(invocation);
    this.runs.get(invocation)?.cancel();
  }

  /** The instance has got a fault, which strikes in its time what runs there by now. */
  public strikeWhatRuns(instance: Instance): void {
    if (this.running(instance).length > 0) {
      this.strikeLater(instance);
    }
  }

  /** The agent is started anew. What runs is found again; what was cancelled while it waited runs. */
  public restart(instance: Instance): void {
    this.queue(instance).restart();
  }

  /** Kills everything that was started, and waits for its end. */
  public async close(): Promise<void> {
    this.kill();
    await Promise.allSettled(this.ends);
  }

  /** Kills everything that was started. */
  public kill(): void {
    this.queues.forEach((queue) => queue.clear());
    for (const run of this.runs.values()) {
      run.die();
    }
    killLeftovers(this.commandIds);
  }

  private running(instance: Instance): DocumentRun[] {
    return [...this.runs].filter(([invocation]) => invocation.instance === instance).map(([, run]) => run);
  }

  private strikeLater(instance: Instance): void {
    const { fault } = instance;
    if (fault) {
      this.options.timers.after((fault.afterSeconds ?? 0) * 1000, () => this.strike(instance, fault.kind));
    }
  }

  private strike(instance: Instance, kind: InstanceFault['kind']): void {
    const running = this.running(instance);
    if (running.length === 0) {
      return;
    }
    if (kind === 'workerKilled') {
      running.forEach((run) => run.lose());
    } else if (kind === 'dies' || kind === 'reboots') {
      instance.ping = 'ConnectionLost';
      instance.lastPingAt = this.options.clock.now();
      if (kind === 'reboots') {
        this.options.timers.after(BOOT_MS, () => Object.assign(instance, { ping: 'Online', lastPingAt: undefined }));
      }
      running.forEach((run) => kind === 'dies' ? run.die() : run.reboot());
    }
  }

  private queue(instance: Instance): DocumentQueue {
    const queue = this.queues.get(instance) ?? new DocumentQueue();
    this.queues.set(instance, queue);
    return queue;
  }

  private environment(instance: Instance, home: string, agent: string): { [name: string]: string } {
    const shims = join(agent, 'shims');
    if (!this.options.changeUsers) {
      writeShims(shims, join(agent, 'agent.log'));
    }
    const given = this.options.environment(instance.instanceId, home);
    const path = [...this.options.changeUsers ? [] : [shims], ...this.options.path, given.PATH ?? AGENT_PATH];
    return {
      ...given,
      PATH: path.join(':'),
      AWS_SSM_INSTANCE_ID: instance.instanceId,
      AWS_SSM_REGION_NAME: this.options.region,
      AWS_SSM_PLATFORM_NAME: instance.platform,
      AWS_SSM_PLATFORM_VERSION: 'local',
    };
  }

  private log(agent: string, message: string): void {
    appendFileSync(join(agent, 'agent.log'), `${new Date(this.options.clock.now()).toISOString()} ${message}\n`);
  }
}

/** How many documents an agent runs at once. */
const MAX_AT_ONCE = 5;

interface Waiting {
  readonly invocation: Invocation;
  readonly begin: () => void;
}

/**
 * The documents that an instance was sent: five run at once, the others wait for their turn. SSM shows all of them as InProgress, and no
 * time-out ends the wait. One that is cancelled while it waits loses its turn, is not reported, and runs at the next start of the agent.
 */
export class DocumentQueue {
  private running = 0;
  private waiting: Waiting[] = [];
  private cancelled: Waiting[] = [];

  /** Resolves when it is the document's turn. */
  public enter(invocation: Invocation): Promise<void> {
    return new Promise((begin) => {
      this.waiting.push({ invocation, begin });
      this.next();
    });
  }

  /** A document that had its turn has ended. */
  public leave(): void {
    this.running--;
    this.next();
  }

  /** Does nothing where the document does not wait. */
  public cancel(invocation: Invocation): void {
    this.cancelled.push(...this.waiting.filter((other) => other.invocation === invocation));
    this.waiting = this.waiting.filter((other) => other.invocation !== invocation);
  }

  /** What an agent that starts finds in its folders: what waits, and what was cancelled there. */
  public restart(): void {
    this.waiting.push(...this.cancelled.splice(0));
    this.next();
  }

  /** Nothing that waits will begin. */
  public clear(): void {
    this.waiting = [];
    this.cancelled = [];
  }

  private next(): void {
    while (this.running < MAX_AT_ONCE && this.waiting.length > 0) {
      this.running++;
      this.waiting.shift()!.begin();
    }
  }
}
