import { jobResultOf, readableCause } from './job-result';
import { showMail } from './mail';
import { LocalRunResult } from './run-record';
import { COLUMNS, duration, Terminal, wrap } from './terminal';

/** Width of the names of what is told at the end. */
const LABEL = 12;

/** Shows how a run ended, what it sent, and where to look. */
export function showSummary(result: LocalRunResult, checksPolicies: boolean, terminal: Terminal): void {
  const { line, style } = terminal;
  const { status, error, cause, durationSeconds, notifications, commands, calls, workDir, historyEventCount } = result;
  const job = jobResultOf(result);
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
  const tone = status === 'SUCCEEDED' ? style.good : style.bad;
  line(`${style.bold(tone(status))} after ${duration(durationSeconds)}${error ? `: ${error}` : ''}`);
  if (cause) for (const part of wrap(readableCause(cause), COLUMNS)) line(part);
  line();
  if (job?.exitCode !== undefined) row('Exit code', String(job.exitCode));
  for (const { commandId, instances } of commands) {
    const statuses = Object.values(instances);
    const counts = [...new Set(statuses)].map((name) => `${statuses.filter((other) => other === name).length} ${name}`);
    row('Command', `${commandId}: ${counts.join(', ') || 'no instances'}`);
  }
  const denied = calls.filter(({ allowed }) => !allowed).length;
  row('Policies', checksPolicies ? `${calls.length - denied} calls allowed, ${denied} denied` : 'not checked');
  row('History', `${historyEventCount} events`);
  row('Logs', `${workDir}\nfunctions/ what the handlers wrote, instances/ what the scripts wrote`);
}
