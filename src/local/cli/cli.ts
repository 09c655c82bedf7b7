#!/usr/bin/env node
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { HELP, parseCommandLine, RunCommand, SsmCommand } from './cli-options';
import { endQuietly, Stopping } from './stopping';
import { showSummary } from './summary';
import { styleFor, Terminal, visible, visibleJson } from './terminal';
import { Timeline } from './timeline';
import { UnresolvedValueError, UsageError } from '../app/errors';
import { instanceEnvironment } from '../app/fleet';
import { ScaledClock } from '../aws/clock';
import { Credentials } from '../aws/keys';
import { openLocalRun, requireJob } from '../run/local-run';
import { RunEvent } from '../run/run-record';
import { startSsmEndpoint } from '../services/ssm/endpoint';

const SUCCEEDED = 0;
const FAILED = 1;
const NOT_AS_ASKED = 2;

async function main(args: string[]): Promise<number> {
  const asked = parseCommandLine(args);
  switch (asked.command) {
    case 'help':
      process.stdout.write(HELP);
      return args.length === 0 ? NOT_AS_ASKED : SUCCEEDED;
    case 'version':
      process.stdout.write(`${version()}\n`);
      return SUCCEEDED;
    case 'run':
      return run(asked);
    case 'ssm':
      return ssm(asked);
  }
}

async function run({ cdkOut, job, input, authorize, colour, json, path: programs, ...options }: RunCommand): Promise<number> {
  const terminal: Terminal = {
    line: (text = '') => void process.stdout.write(`${text}\n`),
    style: styleFor(colour && Boolean(process.stdout.isTTY) && !process.env.NO_COLOR),
  };
  const timeline = new Timeline(terminal);
  const onEvent = json ? () => undefined : (event: RunEvent) => timeline.show(event);
  requireJob(cdkOut, job);
  const local = await openLocalRun(cdkOut, {
    ...options, authorize: authorize ? 'required' : 'if installed', onEvent, ssm: { path: programs },
  });
  let stopping: Stopping | undefined;
  try {
    const execution = local.start({ job, input });
    stopping = new Stopping({
      stop: () => execution.abort('LocalRun.Stopped', 'stopped at the terminal'),
      kill: () => endWith(() => local.kill()),
    }).listen();
    const result = await execution.result;
    if (json) {
      process.stdout.write(`${visibleJson(JSON.stringify(result, undefined, 2))}\n`);
    } else {
      showSummary(result, local.checksPolicies, terminal);
    }
    return result.status === 'SUCCEEDED' ? SUCCEEDED : FAILED;
  } finally {
    await local.close();
    stopping?.release();
  }
}

/** Nothing is waited for. */
function endWith(kill: () => void): never {
  kill();
  process.exit(FAILED);
}

async function ssm({ port, workDir }: SsmCommand): Promise<number> {
  const clock = new ScaledClock();
  const workDirectory = workDir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'cots-batch-job-'));
  const options = { clock, port, workDirectory, anyInstance: true, environment: instanceEnvironment };
  const endpoint = await startSsmEndpoint(options).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new UsageError(`--port must be free, got '${port}'`);
    }
    throw error;
  });
  process.stdout.write(exports(endpoint.url, endpoint.credentials).map((line) => `${line}\n`).join(''));
  process.stderr.write(`SSM Run Command answers there; scripts and their output are kept in ${workDirectory}. Stop with Ctrl+C.\n`);
  const stopping = await new Promise<Stopping>((resolve) => {
    const listening = new Stopping({ stop: () => resolve(listening), kill: () => endWith(() => endpoint.kill()) }).listen();
  });
  await endpoint.close();
  clock.close();
  stopping.release();
  return SUCCEEDED;
}

/** What a shell reads for the AWS CLI and all SDKs to call the endpoint, and nothing else with this key. */
function exports(url: string, { accessKeyId, secretAccessKey }: Credentials): string[] {
  const region = 'us-east-1';
  const variables = Object.entries({
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  });
  return ['unset AWS_PROFILE AWS_SESSION_TOKEN', ...variables.map(([name, value]) => `export ${name}=${value}`)];
}

/** As far up from src/local/cli as from assets/local/cli. */
function version(): string {
  return (JSON.parse(fs.readFileSync(path.join(__dirname, '../../../package.json'), 'utf8')) as { version: string }).version;
}

endQuietly();
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const asked = error instanceof UsageError || error instanceof UnresolvedValueError;
    process.stderr.write(`cots-batch-job: ${visible(asked ? error.message : String(error instanceof Error ? error.stack : error))}\n`);
    process.exitCode = asked ? NOT_AS_ASKED : FAILED;
  },
);
