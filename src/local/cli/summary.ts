import { describeInstances, jobResultOf, readableCause } from './job-result';
import { showMail } from './mail';
import { LocalRunResult } from '../run/run-record';
import { COLUMNS, duration, forForeignText, Terminal, wrap } from './terminal';
import { visibleLine } from './visible';

/** Width of the names of what is told at the end. */
const LABEL = 12;

/** As a job calls it. */
const SKIPPED = 'Skipped';

/** Shows how a run ended, what it sent, and where to look. */
export function showSummary(result: LocalRunResult, checksPolicies: boolean, target: Terminal): void {
  const terminal = forForeignText(target);
  const { line, style } = terminal;
  const { status, durationSeconds, notifications, commands, calls, workDir, historyEventCount } = result;
  const job = jobResultOf(result);
  // To Step Functions it is a success, too, that a run was rightly not started.
  const isSkipped = status === 'SUCCEEDED' && job?.outcome === SKIPPED;
  const error = isSkipped ? job.outcome : result.error;
  const cause = isSkipped ? job.cause : result.cause;
  const row = (label: string, value: string): void => {
    wrap(value, COLUMNS - LABEL).forEach((part, index) =>
      line(`${style.faint((index === 0 ? label : '').padEnd(LABEL))}${part}`),
    );
  };

  for (const notification of notifications) {
    line();
    showMail(notification, terminal);
  }
  line();
  const tone = isSkipped ? style.warning : status === 'SUCCEEDED' ? style.good : style.bad;
  line(`${style.bold(tone(status))} after ${duration(durationSeconds)}${error ? `: ${error}` : ''}`);
  if (cause) {
    for (const part of wrap(visibleLine(readableCause(cause)), COLUMNS)) {
      line(part);
    }
  }
  line();
  if (job) {
    row('Outcome', visibleLine(describeInstances(job)));
  }
  // Of a run that was skipped it is the launcher's, not the program's.
  if (job?.exitCode !== undefined && !isSkipped) {
    row('Exit code', String(job.exitCode));
  }
  for (const { commandId, instances } of commands) {
    const statuses = Object.values(instances);
    const counts = [...new Set(statuses)].map((name) => `${statuses.filter((other) => other === name).length} ${name}`);
    row('Command', `${commandId}\nSSM's status: ${counts.join(', ') || 'no instances'}`);
  }
  const denied = calls.filter(({ allowed }) => !allowed).length;
  row('Policies', checksPolicies ? `${calls.length - denied} calls allowed, ${denied} denied` : 'not checked');
  row('History', `${historyEventCount} events`);
  row('Logs', [workDir, 'functions/ what the handlers wrote', ...scriptLogs(result)].join('\n'));
}

/** The agent's folder is hidden in the one that the scripts run in, and has one for each command. */
function scriptLogs({ commands }: LocalRunResult): string[] {
  const ids = [...new Set(commands.flatMap(({ instances }) => Object.keys(instances)))];
  return ids.length === 0 ? [] : [`instances/${ids.length === 1 ? ids[0] : '*'}/.agent/ what each command wrote`];
}
