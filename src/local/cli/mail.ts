import { SentNotification } from '../run/run-record';
import { COLUMNS, forForeignText, Terminal, wrap } from './terminal';
import { visible } from './visible';

/** Width of the names of headers. */
const HEADER = 9;

/** Shows a notification as its mail would arrive, and who else would get it. */
export function showMail({ subject, messages, topicArn, subscriptions }: SentNotification, terminal: Terminal): void {
  const { line, style } = forForeignText(terminal);
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
    mailed.map(({ endpoint }) => endpoint).join(', ') || `nobody: no email subscription of ${topic} takes this message`,
  );
  if (others.length > 0) {
    header('Also to', others.map(({ protocol, endpoint }) => `${protocol} ${endpoint}`).join(', '));
  }
  header('Subject', style.bold(subject || 'AWS Notification Message'));
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
