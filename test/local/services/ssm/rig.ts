import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  CommandInvocation, GetCommandInvocationCommand, GetCommandInvocationCommandOutput, ListCommandInvocationsCommand, ListCommandsCommand,
  SendCommandCommand, SendCommandCommandInput, SSMClient,
} from '@aws-sdk/client-ssm';
import { Clock } from '../../../../src/local/aws/clock';
import { InvocationEvent, SsmEndpoint, SsmEndpointOptions, startSsmEndpoint } from '../../../../src/local/services/ssm/endpoint';
import { InstanceSpec } from '../../../../src/local/services/ssm/fleet';

/** Time that passes `speed` times as fast. */
class FastClock implements Clock {
  private readonly start = Date.now();

  constructor(private readonly speed: number) {}

  public now(): number {
    return this.start + (Date.now() - this.start) * this.speed;
  }

  public setTimeout(callback: () => void, ms: number): unknown {
    return setTimeout(callback, Math.min(ms / this.speed, 2 ** 31 - 1));
  }

  public clearTimeout(handle: unknown): void {
    clearTimeout(handle as NodeJS.Timeout | undefined);
  }

  public async busy<T>(work: Promise<T>): Promise<T> {
    return work;
  }

  public async program<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

export const LINUX = 'i-00000000000000001';
const ACTIVE = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

/** A fleet of Linux instances. */
export function fleet(size: number, spec: Partial<InstanceSpec> = {}): InstanceSpec[] {
  return Array.from({ length: size }, (_, index) => ({ ...spec, instanceId: `i-${String(index + 1).padStart(17, '0')}` }));
}

/** An endpoint, and AWS's own clients for it. */
export class Rig {
  public static async start(options: Partial<SsmEndpointOptions> & { speed?: number } = {}): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), 'ssm endpoint '));
    const events: InvocationEvent[] = [];
    const clock = new FastClock(options.speed ?? 20);
    const endpoint = await startSsmEndpoint({
      clock,
      workDirectory: folder,
      instances: fleet(1),
      workingDirectory: (_id, instanceFolder) => instanceFolder,
      onInvocation: (event) => events.push(event),
      ...options,
    }).catch((error) => {
      rmSync(folder, { recursive: true });
      throw error;
    });
    return new Rig(endpoint, folder, clock, events);
  }

  public readonly ssm: SSMClient;
  public readonly logs: CloudWatchLogsClient;

  private constructor(
    public readonly endpoint: SsmEndpoint, public readonly folder: string, public readonly clock: Clock, public readonly events: InvocationEvent[],
  ) {
    const config = {
      endpoint: endpoint.url,
      region: 'us-east-1',
      credentials: endpoint.credentials,
      maxAttempts: 1,
    };
    this.ssm = new SSMClient(config);
    this.logs = new CloudWatchLogsClient(config);
  }

  public async close(): Promise<void> {
    this.ssm.destroy();
    this.logs.destroy();
    await this.endpoint.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Sends a shell script, to the one instance unless told otherwise. */
  public async send(script: string, more: Partial<SendCommandCommandInput> = {}): Promise<string> {
    const { Command } = await this.ssm.send(new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript',
      ...more.Targets ? {} : { InstanceIds: [LINUX] },
      ...more,
      Parameters: { ...more.DocumentName ? {} : { commands: [script] }, ...more.Parameters },
    }));
    return Command!.CommandId!;
  }

  /** Sends a shell script and waits for its end. */
  public async run(script: string, more: Partial<SendCommandCommandInput> = {}): Promise<GetCommandInvocationCommandOutput> {
    return this.ended(await this.send(script, more));
  }

  public async ended(CommandId: string, InstanceId = LINUX, PluginName?: string): Promise<GetCommandInvocationCommandOutput> {
    return eventually(async () => {
      const [invocation] = await this.invocations(CommandId, InstanceId);
      expect(invocation).toBeDefined();
      expect(ACTIVE).not.toContain(invocation.StatusDetails);
      return this.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId, PluginName }));
    });
  }

  /** Waits until the command as a whole has ended. */
  public async settled(CommandId: string) {
    return eventually(async () => {
      const { Commands } = await this.ssm.send(new ListCommandsCommand({ CommandId }));
      expect(Commands).toHaveLength(1);
      expect(ACTIVE).not.toContain(Commands![0].Status);
      return Commands![0];
    });
  }

  /** All invocations of a command, from all pages. */
  public async invocations(CommandId: string, InstanceId?: string): Promise<CommandInvocation[]> {
    const found: CommandInvocation[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.ssm.send(new ListCommandInvocationsCommand({ CommandId, InstanceId, Details: true, NextToken }));
      found.push(...page.CommandInvocations!);
      NextToken = page.NextToken;
    } while (NextToken);
    return found;
  }

  /** A path in the folder where the instance's scripts run. */
  public path(file: string, instanceId = LINUX): string {
    return join(this.folder, 'instances', instanceId, file);
  }

  public async fileAppears(file: string): Promise<void> {
    await eventually(async () => expect(existsSync(this.path(file))).toBe(true));
  }
}

/** Repeats until nothing is thrown; after 20 seconds the last error is. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
