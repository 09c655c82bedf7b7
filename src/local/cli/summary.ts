import { describeInstances, jobResultOf, readableCause } from './job-result';
import { COLUMNS, duration, Terminal, visible, visibleLine, wrap } from './terminal';
import { LocalRunResult, SentNotification } from '../run/run-record';

/** Width of the labels. */
const LABEL = 12;

/** As a job calls it. */
const SKIPPED = 'Skipped';

/** What of a run is not in its result. */
export interface RunConditions {
  /** Whether calls were held against the policies in the templates. */
  readonly checksPolicies: boolean;
  /** Whether its folder will still be there. */
  readonly isKept: boolean;
  /** The file of its page, if there is one. */
  readonly page?: string;
}

/** Shows how a run ended, what it sent, and where to look. */
export function showSummary(result: LocalRunResult, { checksPolicies, isKept, page }: RunConditions, terminal: Terminal): void {
  const { style } = terminal;
  const line = (text?: string): void => terminal.line(text);
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
  row('Logs', isKept
    ? [workDir, 'functions/ what the handlers wrote', ...scriptLogs(result)].join('\n')
    : 'removed, because the run succeeded; --keep keeps them');
  if (page !== undefined) {
    row('Page', page);
  }
}

/** Each command has a folder, and in it one for each instance. */
function scriptLogs({ commands }: LocalRunResult): string[] {
  return commands.length === 0 ? [] : [`commands/${commands.length === 1 ? commands[0].commandId : '*'}/ what scripts wrote`];
}

/** Width of the names of headers. */
const HEADER = 9;

/** Shows a notification as its mail would arrive, and who else would get it. */
export function showMail({ subject, messages, topicArn, subscriptions }: SentNotification, terminal: Terminal): void {
  const { style } = terminal;
  const line = (text?: string): void => terminal.line(text);
  const header = (name: string, value: string): void => {
    wrap(value, COLUMNS - HEADER - 2).forEach((part, index) =>
      line(`${style.faint('│')} ${style.faint((index === 0 ? name : '').padEnd(HEADER))}${part}`),
    );
  };
  const receivers = subscriptions.filter(({ matches }) => matches);
  const mailed = receivers.filter(({ protocol }) => protocol === 'email');
  const others = receivers.filter(({ protocol }) => protocol !== 'email');
  const topic = topicArn.split(':').pop() ?? topicArn;

  line(style.faint(`┌─ Mail ${'─'.repeat(COLUMNS - 8)}`));
  header('From', 'AWS Notifications <no-reply@sns.amazonaws.com>');
  header(
    'To',
    mailed.map(({ endpoint }) => visibleLine(endpoint)).join(', ') || `nobody: no email subscription of ${topic} takes this message`,
  );
  if (others.length > 0) {
    header('Also to', others.map(({ protocol, endpoint }) => visibleLine(`${protocol} ${endpoint}`)).join(', '));
  }
  header('Subject', style.bold(visibleLine(subject) || 'AWS Notification Message'));
  line(style.faint('├' + '─'.repeat(COLUMNS - 1)));
  // A mail has its own line breaks and columns.
  for (const part of visible(textOf(messages)).split('\n')) {
    line(`${style.faint('│')} ${part}`.trimEnd());
  }
  line(style.faint('└' + '─'.repeat(COLUMNS - 1)));
}

function textOf({ email, default: others }: SentNotification['messages']): string {
  return (email ?? others).trimEnd();
}
