import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How the AWS CLI of an instance was called. */
export interface CliCall {
  readonly args: readonly string[];
  readonly instanceId: string;
  readonly commandId: string;
}

/** What it does about that. */
export interface CliAnswer {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/**
 * The AWS CLI of the instances: a program `aws` that hands the calls that read a secret to this process, and leaves all others to the
 * machine's own.
 *
 * What it answers goes through a socket in a folder that only this user can enter. No value is in a file, and nobody else can ask.
 */
export class InstanceCli {
  public static async start(answer: (call: CliCall) => Promise<CliAnswer>): Promise<InstanceCli> {
    const cli = new InstanceCli(answer);
    await new Promise<void>((resolve, reject) => {
      cli.server.once('error', reject);
      cli.server.listen(join(cli.folder, 'socket'), resolve);
    });
    return cli;
  }

  /** For a PATH. */
  public readonly folder = mkdtempSync(join(tmpdir(), 'cots-batch-job-aws-'));
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly answer: (call: CliCall) => Promise<CliAnswer>) {
    writeFileSync(join(this.folder, 'call.js'), `(${call.toString()})(${JSON.stringify(join(this.folder, 'socket'))}, require);\n`);
    const program = join(this.folder, 'aws');
    writeFileSync(program, `#!/bin/sh
case "$1 $2" in
  'secretsmanager get-secret-value' | 'ssm get-parameter') exec '${process.execPath}' '${this.folder}/call.js' "$@" ;;
esac
PATH=$(printf %s "$PATH" | sed 's|${this.folder}:||')
exec aws "$@"
`);
    chmodSync(program, 0o700);
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.serve(socket));
  }

  /** Takes the program away. */
  public close(): void {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private serve(socket: Socket): void {
    const chunks: Buffer[] = [];
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket)).on('data', (chunk: Buffer) => chunks.push(chunk));
    // Half a request, of a client that was killed, is none.
    socket.on('end', () => void Promise.resolve().then(async () => this.answer(JSON.parse(Buffer.concat(chunks).toString()) as CliCall))
      .catch((error: unknown): CliAnswer => ({ exitCode: 255, stderr: String(error) }))
      .then((answer) => socket.end(JSON.stringify(answer))));
  }
}

/** Runs in a process of its own, the program's, not in the terminal's: it knows nothing of this file. */
function call(path: string, load: NodeJS.Require): void {
  const net = load('node:net') as typeof import('node:net');
  const socket = net.connect(path);
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => { text += part; });
  socket.on('end', () => {
    const { exitCode, stdout = '', stderr = '' } = JSON.parse(text) as { exitCode: number; stdout?: string; stderr?: string };
    process.exitCode = exitCode;
    // eslint-disable-next-line no-restricted-syntax -- these are the streams of a program that an instance calls, not of the terminal
    process.stdout.write(stdout);
    // eslint-disable-next-line no-restricted-syntax -- the same
    process.stderr.write(stderr);
  });
  const { AWS_SSM_INSTANCE_ID: instanceId, SSM_COMMAND_ID: commandId } = process.env;
  socket.end(JSON.stringify({ args: process.argv.slice(2), instanceId, commandId }));
}
