import { SchedulesCommand, secretValues } from './cli-options';
import { ScheduleTable } from './schedule-table';
import { Stopping } from './stopping';
import { COLUMNS, screen, standardOutput, Terminal } from './terminal';
import { FAILED, SUCCEEDED, UnderWay } from './under-way';
import { CloudAssembly } from '../app/cloud-assembly';
import { requirePrograms } from '../app/job-documents';
import { jobsOf } from '../app/jobs';
import { SensitiveParameters } from '../app/sensitive-parameters';
import { ScaledClock } from '../aws/clock';
import { LocalRun, openLocalRun, ScheduledRun } from '../run/local-run';
import { visibleLine, wrap } from '../text';

/** How many times faster than real time a workflow waits while no script runs. */
const IDLE_SPEED = 60;

const METRICS_NAMESPACE = 'CotsBatchJob';

/** How often the time of the run is shown anew, in real time. */
const REFRESH_MS = 250;

/** Runs `run --until`: a line for each time as it ends, and a summary. */
export async function scheduledRuns(asked: SchedulesCommand, underWay: UnderWay, errors: Terminal): Promise<number> {
  const { cdkOut, job, speed, authorize, json, secrets, calendars, path, targets, from, until, maxRuns, colour } = asked;
  const assembly = CloudAssembly.read(cdkOut);
  const sensitive = new SensitiveParameters(jobsOf(assembly));
  let mask = (text: string): string => text;
  const terminal = standardOutput(colour, (text) => mask(json ? text : sensitive.hide(text)));
  const stop = new AbortController();
  const stopping = new Stopping({
    stop: () => underWay.kill ? stop.abort() : underWay.endAtOnce(),
    kill: () => underWay.endAtOnce(),
  }, errors).listen();
  const start = performance.now();
  const clock = new ScaledClock(speed, { idleSpeed: Math.max(speed, IDLE_SPEED), start: from?.getTime() });
  const local = await openLocalRun(cdkOut, {
    clock,
    targets,
    calendars,
    workDir: underWay.workDir.folder,
    authorize: authorize ? 'required' : 'if installed',
    onEvent: (event) => {
      if (event.kind === 'warning' && !json) {
        wrap(`Note: ${visibleLine(event.message)}`, COLUMNS).forEach((line) => terminal.line(terminal.style.faint(line)));
      }
    },
    secretOf: secretValues(secrets),
    sensitive,
    ssm: { path },
  });
  mask = (text) => local.mask(text);
  const begin = from ?? new Date(local.now());
  const timer = json || !screen ? undefined : setInterval(() => screen?.show(`${new Date(local.now()).toISOString().slice(0, 16)}Z`), REFRESH_MS).unref();
  try {
    const schedules = local.schedules(job);
    local.jobs.filter(({ arn }) => schedules.some(({ target }) => target.arn === arn)).forEach((scheduled) => requirePrograms(assembly, scheduled));
    const table = new ScheduleTable(schedules, local.jobs.length > 1 && job === undefined, terminal);
    if (!json) {
      table.head(begin, until);
    }
    underWay.kill = () => local.kill();
    const ended = await local.runSchedules({ job, from, until, maxRuns, signal: stop.signal, onRun: (run) => json ? undefined : table.row(run) });
    const realSeconds = (performance.now() - start) / 1000;
    const isGood = !stop.signal.aborted && ended.runs.every(({ status }) => status === 'SUCCEEDED');
    const code = isGood ? SUCCEEDED : FAILED;
    const metrics = outcomesOf(ended.runs, local);
    if (json) {
      const workDir = underWay.isKept(code) ? local.workDir : null;
      const period = { from: begin.toISOString(), until: until.toISOString() };
      terminal.json(sensitive.hideIn({ ...period, ...ended, next: ended.next ?? null, metrics, realSeconds, workDir }));
    } else {
      table.foot(ended, metrics, realSeconds);
    }
    return code;
  } finally {
    clearInterval(timer);
    screen?.clear();
    await local.close();
    stopping.release();
  }
}

/** How often CloudWatch would count each outcome: a run that nobody counts, no alarm sees. */
function outcomesOf(runs: readonly ScheduledRun[], local: LocalRun): { [outcome: string]: number } {
  const outcomes = [...new Set(runs.map(({ outcome }) => outcome))];
  return Object.fromEntries(outcomes
    .map((outcome): [string, number] => [outcome, local.metrics(METRICS_NAMESPACE, outcome).length])
    .filter(([, count]) => count > 0));
}
