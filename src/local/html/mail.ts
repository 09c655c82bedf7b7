import { html, Html } from './escape';
import { SentNotification } from '../run/run-record';

/** More than SNS takes of a message is not there; a page with many of them shows the beginning of each. */
const MAX_CHARACTERS = 20_000;

/** Shows a notification as a mail client shows its mail, and who else gets it. */
export function mailHtml({ sender, subject, messages, topicArn, subscriptions }: SentNotification, time: string): Html {
  const receivers = subscriptions.filter(({ matches }) => matches);
  const mailed = receivers.filter(({ protocol }) => protocol === 'email');
  const others = receivers.filter(({ protocol }) => protocol !== 'email');
  const topic = topicArn.split(':').pop() ?? topicArn;
  const text = (messages.email ?? messages.default ?? '').trimEnd();
  return html`
<article class="mail">
<header>
<h3>${subject || 'AWS Notification Message'}</h3>
<dl>
<dt>From</dt><dd>${sender} &lt;no-reply@sns.amazonaws.com&gt;</dd>
<dt>To</dt><dd>${mailed.map(({ endpoint }) => endpoint).join(', ') || `nobody: no email subscription of ${topic} takes this message`}</dd>
${others.length > 0 ? html`<dt>Also to</dt><dd>${others.map(({ protocol, endpoint }) => `${protocol} ${endpoint}`).join(', ')}</dd>` : ''}
<dt>Sent</dt><dd>${time}</dd>
</dl>
</header>
<pre>${text.slice(0, MAX_CHARACTERS)}</pre>
${text.length > MAX_CHARACTERS ? html`<p class="hint">${text.length - MAX_CHARACTERS} more characters are not shown here.</p>` : ''}
</article>`;
}
