#!/usr/bin/env node
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseCommandLine, RunCommand, secretValues, SsmCommand } from './cli-options';
import { HELP } from './help';
import { ProgramOutput } from './program-output';
import { Progress } from './progress';
import { scheduledRuns } from './scheduled-runs';
import { endQuietly, Stopping } from './stopping';
import { showSpeed, showSummary } from './summary';
import { screen, standardError, standardOutput } from './terminal';
import { Timeline } from './timeline';
import { FAILED, NOT_AS_ASKED, SUCCEEDED, UnderWay } from './under-way';
import { UnresolvedValueError, UsageError } from '../app/errors';
import { instanceEnvironment } from '../app/fleet';
import { SensitiveParameters } from '../app/sensitive-parameters';
import { ScaledClock } from '../aws/clock';
import { Credentials } from '../aws/keys';
import { pageOf } from '../html/page';
import { writePage } from '../html/page-file';
import { RunLogger } from '../html/run-log';
import { runDocument } from '../run/job-result';
import { LocalExecution, openLocalRun, requireJob } from '../run/local-run';
import { RunEvent } from '../run/run-record';
import { WorkDir } from '../run/work-dir';
import { startSsmEndpoint } from '../services/ssm/endpoint';

const errors = standardError();

/** What a mistake of this program does once it is reported. */
let onCrash: () => never = () => process.exit(FAILED);

async function main(args: string[]): Promise<number> {
  const asked = parseCommandLine(args);
  switch (asked.command) {
    case 'help':
      standardOutput(false).lines(HELP);
      return args.length === 0 ? NOT_AS_ASKED : SUCCEEDED;
    case 'version':
      standardOutput(false).line(version());
      return SUCCEEDED;
    case 'schedules':
      return within(asked, (underWay) => scheduledRuns(asked, underWay, errors));
    case 'run': {
      const jobs = requireJob(asked.cdkOut, asked.job, { secretOf: secretValues(asked.secrets), secretNames: Object.keys(asked.secrets) });
      const sensitive = new SensitiveParameters(jobs).learnFrom(asked.input);
      return within(asked, (underWay) => run(asked, sensitive, underWay));
    }
    case 'ssm':
      return within(asked, (underWay) => ssm(asked, underWay));
  }
}

async function within(
  { workDir, keep }: { readonly workDir?: string; readonly keep: boolean }, work: (underWay: UnderWay) => Promise<number>,
): Promise<number> {
  const underWay = new UnderWay(WorkDir.open(workDir), keep, errors);
  onCrash = () => underWay.endAtOnce();
  let code = FAILED;
  try {
    code = await work(underWay);
    return code;
  } catch (error) {
    code = isUsersMistake(error) ? NOT_AS_ASKED : FAILED;
    throw error;
  } finally {
    underWay.leave(code);
  }
}

async function run(asked: RunCommand, sensitive: SensitiveParameters, underWay: UnderWay): Promise<number> {
  const logger = new RunLogger();
  const { cdkOut, job, input, authorize, colour, json, html, quiet, keep, path: programs, secrets, ...options } = asked;
  const { folder: workDir } = underWay.workDir;
  let mask = (text: string): string => text;
  const terminal = standardOutput(colour, (text) => mask(json ? text : sensitive.hide(text)));
  const timeline = new Timeline(terminal, quiet ? undefined : new ProgramOutput(terminal, workDir));
  const progress = new Progress();
  let execution: LocalExecution | undefined;
  const stopping = new Stopping({
    stop: () => execution ? execution.abort('LocalRun.Stopped', 'stopped at the terminal') : underWay.endAtOnce(),
    kill: () => underWay.endAtOnce(),
  }, errors).listen();
  const shown = json ? undefined : screen;
  const local = await openLocalRun(cdkOut, {
    ...options,
    workDir,
    authorize: authorize ? 'required' : 'if installed',
    onEvent: (event: RunEvent) => {
      if (html !== undefined) {
        logger.add(event);
      }
      if (!json) {
        progress.see(event);
        timeline.show(event);
      }
    },
    secretOf: secretValues(secrets),
    sensitive,
    ssm: { path: programs },
  });
  mask = (text) => local.mask(text);
  if (!json) {
    showSpeed(asked.speed, terminal);
  }
  try {
    const start = performance.now();
    execution = local.start({ job, input });
    underWay.kill = () => local.kill();
    if (shown) {
      progress.showOn(shown, () => local.now());
    }
    const result = await execution.result;
    const timing = { speed: asked.speed, realSeconds: (performance.now() - start) / 1000 };
    const code = result.status === 'SUCCEEDED' ? SUCCEEDED : FAILED;
    const isKept = underWay.isKept(code);
    sensitive.learnFrom(result);
    const hide = (data: object): unknown => local.hide(sensitive.hideIn(data));
    const conditions = { ...timing, checksPolicies: local.checksPolicies, isKept };
    const page = html !== undefined && hasWritten(html, () => pageOf(result, logger.log, { ...conditions, hide })) ? html : undefined;
    if (json) {
      terminal.json(sensitive.hideIn(runDocument(result, timing, isKept)));
    } else {
      showSummary(result, { ...conditions, page }, terminal);
    }
    underWay.isReported = process.stdout.writable;
    return page === html || code === FAILED ? code : NOT_AS_ASKED;
  } finally {
    if (shown) {
      progress.stop(shown);
    }
    await local.close();
    stopping.release();
  }
}

/** The run is over, and has its result: what is wrong with a file is reported, and nothing else. */
function hasWritten(file: string, page: () => string): boolean {
  try {
    writePage(file, page());
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

async function ssm({ port }: SsmCommand, underWay: UnderWay): Promise<number> {
  const clock = new ScaledClock();
  const options = { clock, port, workDirectory: underWay.workDir.folder, anyInstance: true, environment: instanceEnvironment };
  const endpoint = await startSsmEndpoint(options).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new UsageError(`--port must be free, got '${port}'`);
    }
    throw error;
  });
  underWay.kill = () => endpoint.kill();
  const stopped = new Promise<Stopping>((resolve) => {
    const listening = new Stopping({ stop: () => resolve(listening), kill: () => underWay.endAtOnce() }, errors).listen();
  });
  standardOutput(false).lines(exportCommands(endpoint.url, endpoint.credentials).join('\n'));
  const until = underWay.isKept(SUCCEEDED) ? '' : ' until it ends';
  errors.line(`SSM Run Command answers there, to whoever exports this. Scripts and their output are in ${underWay.workDir.folder}${until}. ` +
    'Stop with Ctrl+C.');
  underWay.isReported = true;
  const stopping = await stopped;
  await endpoint.close();
  clock.close();
  stopping.release();
  return SUCCEEDED;
}

/** What a shell reads for the AWS CLI and all SDKs to call the endpoint, and nothing else with this key. */
function exportCommands(url: string, { accessKeyId, secretAccessKey }: Credentials): string[] {
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

/** Whether a person has to put it right. */
function isUsersMistake(error: unknown): error is Error {
  return error instanceof UsageError || error instanceof UnresolvedValueError;
}

function report(error: unknown): number {
  const isTheirs = isUsersMistake(error);
  errors.lines(`cots-batch-job: ${isTheirs ? error.message : String(error instanceof Error ? error.stack : error)}`);
  return isTheirs ? NOT_AS_ASKED : FAILED;
}

// What the run writes is for the present user only. Scripts have the umask of the agent.
process.umask(0o077);
endQuietly();
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error: unknown) => {
    report(error);
    onCrash();
  });
}
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = report(error);
  },
);
