import type { Command, CommandFilter, CommandInvocation, InstanceInformation, SendCommandCommandInput } from '@aws-sdk/client-ssm';
import type { CalendarState, StepOutput } from './aws/ssm';
import { describeError } from './send-error';
import { CommandWords, Served } from './served';
import type { World } from './world';

type Calls = World['ssm'];

/**
 * SSM as far as it is the business of one execution: IAM cannot narrow who lists, reads or cancels which command, so that this does.
 *
 * A command ID that an event or a history names is no proof. The comment of a command is: whoever writes one may send commands. A command
 * is neither read nor cancelled before SSM has shown that it was sent by this execution, and where SSM does not answer, it is not:
 * what cannot be stopped now is tried again and reported, but what was cancelled by mistake is another team's night.
 */
export class OwnCommands implements Calls {
  /** Commands that SSM has shown to be the execution's, or of its job, and whether they have the document of the job. */
  private readonly known = new Map<string, { readonly isReadable: boolean }>();

  constructor(
    private readonly ssm: Calls, private readonly served: Served, private readonly executionId: string, private readonly world: Pick<World, 'log'>,
  ) {}

  /** IAM narrows it: a role may send the documents of its jobs to their instances, and no others. */
  public async sendCommand(input: SendCommandCommandInput): Promise<string | undefined> {
    return this.ssm.sendCommand(input);
  }

  public async agents(instanceIds: string[]): Promise<InstanceInformation[]> {
    return this.ssm.agents(instanceIds);
  }

  /** IAM narrows it to the calendars of its jobs. */
  public async calendar(nameOrArn: string, at: string): Promise<CalendarState> {
    return this.ssm.calendar(nameOrArn, at);
  }

  /** Those of the job, and no others. */
  public async commands(filters: CommandFilter[], isHurried?: boolean): Promise<Command[]> {
    const listed = await this.ssm.commands(filters, isHurried);
    const own = listed.filter((command) => this.served.isOfJob(this.executionId, command));
    if (own.length < listed.length) {
      this.world.log('commands left alone that are not of this job', { count: listed.length - own.length });
    }
    own.forEach((command) => command.CommandId && this.learn(command.CommandId, [command]));
    return own;
  }

  /** @throws where it is another's */
  public async command(commandId: string): Promise<Command | undefined> {
    const command = await this.ssm.command(commandId);
    return this.own(commandId, command ? [command] : [])[0];
  }

  /** @throws where it is another's: what was listed is not read */
  public async invocations(commandId: string): Promise<CommandInvocation[]> {
    return this.own(commandId, await this.ssm.invocations(commandId));
  }

  /** @throws like `invocations` */
  public async someRunning(commandId: string): Promise<CommandInvocation[]> {
    return this.own(commandId, await this.ssm.someRunning(commandId));
  }

  /** @throws where it is not shown to be the execution's, with the document of the job; nothing is read then */
  public async stepOutput(commandId: string, instanceId: string, step?: string): Promise<StepOutput> {
    await this.prove(commandId);
    if (!this.known.get(commandId)?.isReadable) {
      throw new ForeignCommandError(`left alone: command ${commandId} has another document than the job`);
    }
    return this.ssm.stepOutput(commandId, instanceId, step);
  }

  /** @throws where it is not shown to be the execution's; nothing is cancelled then */
  public async cancel(commandId: string): Promise<void> {
    await this.prove(commandId);
    return this.ssm.cancel(commandId);
  }

  /** Either listing will do: one may lag behind, or be throttled. */
  private async prove(commandId: string): Promise<void> {
    let problem = 'SSM does not list it';
    for (const ask of [async () => this.command(commandId), async () => this.invocations(commandId)]) {
      if (this.known.has(commandId)) {
        return;
      }
      try {
        await ask();
      } catch (error) {
        if (error instanceof ForeignCommandError) {
          throw error;
        }
        problem = describeError(error);
      }
    }
    if (!this.known.has(commandId)) {
      throw new Error(`left alone: it is not known whether this execution has sent command ${commandId}: ${problem}`);
    }
  }

  /**
   * What SSM lists of a command: nothing where it does not say whose the command is. An odd answer is asked again, like one without a status.
   *
   * @throws where it is another's
   */
  private own<T extends CommandWords>(commandId: string, listed: T[]): T[] {
    if (!this.known.has(commandId)) {
      const isOwn = (words: CommandWords) => this.served.isOfExecution(this.executionId, words);
      const saying = listed.filter(({ Comment: text, DocumentName: name }) => text !== undefined && name !== undefined);
      if (!saying.every(isOwn)) {
        this.world.log('refused: a command that this execution has not sent', { commandId });
        throw new ForeignCommandError(`refused: command ${commandId} was not sent by ${this.executionId}`);
      }
      if (saying.length === 0) {
        return [];
      }
      this.learn(commandId, saying);
    }
    return listed;
  }

  private learn(commandId: string, saying: CommandWords[]): void {
    this.known.set(commandId, { isReadable: saying.every((words) => this.served.isDocument(words)) });
  }
}

class ForeignCommandError extends Error {}
