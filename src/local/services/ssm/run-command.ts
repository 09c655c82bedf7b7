import { randomUUID } from 'node:crypto';
import { Agents } from './agents';
import { Command, Invocation, isError, isTerminal, newStep, SendCommandInput, StatusDetails } from './command';
import { Document } from './document';
import { contentBytes, MAX_DOCUMENT_BYTES } from './document-content';
import { contentHash, DocumentStore } from './documents';
import { Fleet, Instance } from './fleet';
import { ParameterValues, resolveParameters, substitute } from './parameters';
import { executionTimeoutSeconds } from './script';
import { AwsError, validationError } from '../../aws/aws-error';
import { Clock } from '../../aws/clock';
import { Timers } from '../../aws/timers';

/** How slow SSM is; seconds of the clock. */
export interface Delays {
  /**
   * How long listings do not show a new command.
   *
   * @default 0.2
   */
  readonly registrationSeconds?: number;
  /**
   * How long a command takes to an instance, and a cancellation.
   *
   * @default 0.2
   */
  readonly deliverySeconds?: number;
}

export interface RunCommandOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly fleet: Fleet;
  readonly documents: DocumentStore;
  readonly agents: Agents;
  readonly accountId: string;
  readonly delays: Delays;
  readonly onSend: (command: Command) => void;
  /** An invocation has got another status; or, without one, a command turned out to have no instances. */
  readonly onChange: (command: Command, invocation?: Invocation) => void;
}

const DEFAULT_TIMEOUT_SECONDS = 3600;
const DEFAULT_MAX_CONCURRENCY = '50';
const DEFAULT_MAX_ERRORS = '0';
const DEFAULT_DELAY_SECONDS = 0.2;

/** SSM Run Command: takes commands, hands them to the agents, and keeps what became of them. */
export class RunCommand {
  private readonly sent = new Map<string, Command>();
  /** What has not been sent to its instance yet, because others run. */
  private readonly waiting = new Map<Command, Set<Invocation>>();

  constructor(private readonly options: RunCommandOptions) {}

  /** Newest first. */
  public commands(): Command[] {
    return [...this.sent.values()].reverse();
  }

  public find(commandId: string): Command | undefined {
    return this.sent.get(commandId);
  }

  /** @throws AwsError as SendCommand does */
  public send(input: SendCommandInput, sentBy: string): Command {
    const { clock, fleet, documents, accountId } = this.options;
    if ((input.InstanceIds?.length ? 1 : 0) + (input.Targets?.length ? 1 : 0) !== 1) {
      throw validationError('a command needs either InstanceIds or Targets, and not both');
    }
    const document = documents.find(input.DocumentName, { version: input.DocumentVersion });
    requireHash(document, input);
    const instances = input.InstanceIds?.length
      ? supporting(document, fleet.require(input.InstanceIds, accountId))
      : fleet.match(input.Targets!);
    const given = input.Parameters ?? {};
    const bytes = contentBytes(document.text) + Buffer.byteLength(JSON.stringify(given));
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new AwsError('MaxDocumentSizeExceeded',
        `a document and its parameters must not exceed ${MAX_DOCUMENT_BYTES} bytes, got: ${bytes}`);
    }
    const values = resolveParameters(document.content, given);
    const now = clock.now();
    const command: Command = {
      commandId: randomUUID(),
      sentBy,
      input,
      document,
      values,
      requestedAt: now,
      visibleAt: now + this.delay('registrationSeconds'),
      expiresAt: now + 1000 * ((input.TimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) + executionTimeout(document, values)),
      maxErrors: share(input.MaxErrors ?? DEFAULT_MAX_ERRORS, instances.length),
      maxConcurrency: Math.max(1, share(input.MaxConcurrency ?? DEFAULT_MAX_CONCURRENCY, instances.length)),
      invocations: instances.map((instance) =>
        ({ instance, steps: document.content.steps.map(newStep), details: 'Pending' })),
      noTargets: false,
    };
    this.sent.set(command.commandId, command);
    this.options.onSend(command);
    this.start(command);
    return command;
  }

  /**
   * Asks to stop what has not ended; promises nothing.
   *
   * @param instanceIds empty for all
   */
  public cancel(command: Command, instanceIds: readonly string[]): void {
    for (const invocation of command.invocations) {
      if (instanceIds.length === 0 || instanceIds.includes(invocation.instance.instanceId)) {
        this.cancelInvocation(command, invocation);
      }
    }
  }

  /** Delivers a command once more to the instances that were sent it, as SSM may. */
  public async deliverAgain(command: Command): Promise<void> {
    const delivered = command.invocations.filter(({ details }) => details !== 'Pending');
    await Promise.all(delivered.map((invocation) => this.run(command, invocation)));
  }

  private start(command: Command): void {
    const { timers, clock } = this.options;
    if (command.invocations.length === 0) {
      timers.after(this.delay('deliverySeconds'), () => {
        command.noTargets = true;
        this.options.onChange(command);
      });
      return;
    }
    timers.after(command.expiresAt - clock.now(), () => {
      this.waiting.delete(command);
      command.invocations.forEach((invocation) => this.become(command, invocation, 'DeliveryTimedOut'));
    });
    this.waiting.set(command, new Set(command.invocations));
    this.sendOn(command);
  }

  /** Sends to as many of the instances that wait as may run at the same time. */
  private sendOn(command: Command): void {
    const waiting = this.waiting.get(command) ?? new Set();
    if (command.invocations.filter(({ details }) => isError(details)).length > command.maxErrors) {
      this.waiting.delete(command);
      waiting.forEach((invocation) => this.become(command, invocation, 'Terminated'));
      return;
    }
    const active = command.invocations.filter((invocation) => !isTerminal(invocation.details) && !waiting.has(invocation)).length;
    for (const invocation of [...waiting].slice(0, Math.max(0, command.maxConcurrency - active))) {
      waiting.delete(invocation);
      this.options.timers.after(this.delay('deliverySeconds'), () => {
        this.deliver(command, invocation).catch((error) => this.crash(command, invocation, error));
      });
    }
  }

  private async deliver(command: Command, invocation: Invocation): Promise<void> {
    const { instance } = invocation;
    const refused = refusal(command.document, instance);
    if (refused) {
      this.become(command, invocation, refused);
      return;
    }
    const answers = instance.ping === 'Online' && instance.fault?.kind !== 'neverAnswers';
    if (answers && !isTerminal(invocation.details)) {
      this.become(command, invocation, 'InProgress');
      await this.run(command, invocation);
    }
  }

  private async run(command: Command, invocation: Invocation): Promise<void> {
    const details = await this.options.agents.run(command, invocation);
    if (details !== undefined) {
      this.become(command, invocation, details);
    }
  }

  private cancelInvocation(command: Command, invocation: Invocation): void {
    if (invocation.details === 'Pending') {
      this.become(command, invocation, 'Cancelled');
    } else if (!isTerminal(invocation.details)) {
      this.become(command, invocation, 'Cancelling');
      this.options.timers.after(this.delay('deliverySeconds'), () => this.options.agents.cancel(invocation));
    }
  }

  private become(command: Command, invocation: Invocation, details: StatusDetails): void {
    if (isTerminal(invocation.details) || invocation.details === details) {
      return;
    }
    invocation.details = details;
    this.options.onChange(command, invocation);
    if (isTerminal(details)) {
      this.waiting.get(command)?.delete(invocation);
      this.sendOn(command);
    }
  }

  /** A fault of the local run itself must be seen, not waited for. */
  private crash(command: Command, invocation: Invocation, error: unknown): void {
    const stderr = `the local run failed: ${(error as Error).stack}`;
    Object.assign(invocation.steps[0], { details: 'Failed', exitCode: 1, stderr });
    this.become(command, invocation, 'Failed');
  }

  private delay(name: keyof Delays): number {
    return 1000 * (this.options.delays[name] ?? DEFAULT_DELAY_SECONDS);
  }
}

/** A hash selects no version: it says of the one that is sent what the caller expects. */
function requireHash(document: Document, { DocumentHash: expected, DocumentHashType: type = 'Sha256' }: SendCommandInput): void {
  if (expected !== undefined && expected !== contentHash(document, type)) {
    throw new AwsError('InvalidDocument', `document hash ${expected} does not match ${type}.`);
  }
}

function supporting(document: Document, instances: Instance[]): Instance[] {
  const other = instances.find(({ platform }) => !document.platforms.includes(platform));
  if (other) {
    throw new AwsError('UnsupportedPlatformType',
      `document ${document.name} is for ${document.platforms.join(', ')}; instance ${other.instanceId} runs ${other.platform}`);
  }
  return instances;
}

/** Why SSM does not even try. */
function refusal(document: Document, { fault, platform }: Instance): StatusDetails | undefined {
  switch (fault?.kind) {
    case 'undeliverable': return 'Undeliverable';
    case 'accessDenied': return 'AccessDenied';
    case 'invalidPlatform': return 'InvalidPlatform';
    default: return document.platforms.includes(platform) ? undefined : 'InvalidPlatform';
  }
}

function executionTimeout({ content }: Document, values: ParameterValues): number {
  return executionTimeoutSeconds(content.steps.map(({ inputs }) => substitute(inputs, values) as typeof inputs));
}

function share(setting: string, total: number): number {
  return setting.endsWith('%') ? Math.floor(parseInt(setting, 10) * total / 100) : parseInt(setting, 10);
}
