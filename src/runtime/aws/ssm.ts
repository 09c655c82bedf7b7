import {
  CancelCommandCommand, Command, CommandFilter, CommandInvocation, DescribeInstanceInformationCommand, GetCalendarStateCommand,
  GetCommandInvocationCommand, InstanceInformation, ListCommandInvocationsCommand, ListCommandsCommand, SendCommandCommand, SendCommandCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { allPages } from './paging';

/** What listings return at most in one page. */
const PAGE_SIZE = 50;

/** A connection that hangs must end before the Lambda function does: an error says more than a function that is killed. */
const TIME_LIMITS = { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

/**
 * A new connection for each command. One that was kept may have died while the Lambda function was frozen, and a command that
 * is lost in it looks like one that may have been started.
 */
const FRESH_CONNECTIONS = { httpAgent: { keepAlive: false }, httpsAgent: { keepAlive: false } };

/** stdout and stderr of one step on one instance, as SSM keeps them: the beginning, up to 24,000 and 8,000 characters. */
export interface StepOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** What a calendar says of a time. */
export interface CalendarState {
  /** `OPEN` or `CLOSED`, in SSM's own words. */
  readonly state?: string;
  /** When that changes, in ISO 8601. None where it never does, as far as SSM says. */
  readonly changesAt?: string;
}

/** All calls to Systems Manager. Errors are those of the SDK. */
export class Ssm {
  /** Makes its calls once: SendCommand has no client token, and a retry after a lost answer starts the program twice. */
  private readonly once = new SSMClient({ maxAttempts: 1, requestHandler: { ...TIME_LIMITS, ...FRESH_CONNECTIONS } });

  /** Reading may be repeated. */
  private readonly patient = new SSMClient({ maxAttempts: 6, retryMode: 'adaptive', requestHandler: TIME_LIMITS });

  /** Gives up soon: what it is asked may be asked again, or is not worth a start that fails. */
  private readonly hurried = new SSMClient({ maxAttempts: 2, requestHandler: { ...TIME_LIMITS, requestTimeout: 5_000 } });

  /** Has a pace of its own: when it is throttled, the calls that a run depends on are not slowed down. */
  private readonly curious = new SSMClient({ maxAttempts: 3, retryMode: 'adaptive', requestHandler: TIME_LIMITS });

  /** @returns the command's ID; without one, whether anything was started is unknown. */
  public async sendCommand(input: SendCommandCommandInput): Promise<string | undefined> {
    const { Command: command } = await this.once.send(new SendCommandCommand(input));
    return command?.CommandId;
  }

  /** Undefined while SSM's listing, which is eventually consistent, does not know the command. */
  public async command(commandId: string): Promise<Command | undefined> {
    const commands = await allPages('ListCommands', async (NextToken) => {
      const page = await this.patient.send(new ListCommandsCommand({ CommandId: commandId, NextToken }));
      return { items: page.Commands, nextToken: page.NextToken };
    });
    return commands.find((command) => command.CommandId === commandId);
  }

  /** Asks the agents to stop the command: they may take a while, or never answer. */
  public async cancel(commandId: string): Promise<void> {
    await this.patient.send(new CancelCommandCommand({ CommandId: commandId }));
  }

  /**
   * All pages.
   *
   * @param isHurried whether a start waits for the answer, and must not run into the time limit of its function
   */
  public async commands(filters: CommandFilter[], isHurried: boolean = false): Promise<Command[]> {
    return allPages('ListCommands', async (NextToken) => {
      const client = isHurried ? this.hurried : this.patient;
      const page = await client.send(new ListCommandsCommand({ Filters: filters, MaxResults: PAGE_SIZE, NextToken }));
      return { items: page.Commands, nextToken: page.NextToken };
    });
  }

  /** All pages, with the steps of each invocation. */
  public async invocations(commandId: string): Promise<CommandInvocation[]> {
    return allPages('ListCommandInvocations', async (NextToken) => {
      const page = await this.patient.send(new ListCommandInvocationsCommand({
        CommandId: commandId,
        Details: true,
        MaxResults: PAGE_SIZE,
        NextToken,
      }));
      return { items: page.CommandInvocations, nextToken: page.NextToken };
    });
  }

  /** A page of the invocations that run: what was listed first, and without steps. */
  public async someRunning(commandId: string): Promise<CommandInvocation[]> {
    const page = await this.patient.send(new ListCommandInvocationsCommand({
      CommandId: commandId,
      Filters: [{ key: 'Status', value: 'InProgress' }],
      MaxResults: PAGE_SIZE,
    }));
    return page.CommandInvocations ?? [];
  }

  /**
   * All pages.
   *
   * @param instanceIds at most 50
   * @throws InvalidInstanceId where SSM does not know one of them, unless it leaves it out
   */
  public async agents(instanceIds: string[]): Promise<InstanceInformation[]> {
    return allPages('DescribeInstanceInformation', async (NextToken) => {
      const page = await this.curious.send(new DescribeInstanceInformationCommand({
        Filters: [{ Key: 'InstanceIds', Values: instanceIds }],
        MaxResults: PAGE_SIZE,
        NextToken,
      }));
      return { items: page.InstanceInformationList, nextToken: page.NextToken };
    });
  }

  /** @param at the time that is asked about, in ISO 8601 */
  public async calendar(nameOrArn: string, at: string): Promise<CalendarState> {
    const command = new GetCalendarStateCommand({ CalendarNames: [nameOrArn], AtTime: at });
    const { State: state, NextTransitionTime: changesAt } = await this.hurried.send(command);
    return { state, changesAt };
  }

  /** @param step required where the document has several. */
  public async stepOutput(commandId: string, instanceId: string, step?: string): Promise<StepOutput> {
    const output = await this.patient.send(new GetCommandInvocationCommand({
      CommandId: commandId,
      InstanceId: instanceId,
      PluginName: step,
    }));
    return { stdout: output.StandardOutputContent ?? '', stderr: output.StandardErrorContent ?? '' };
  }
}
