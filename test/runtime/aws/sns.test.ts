import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { JobSettings } from '../../../src/protocol';
import { Sns } from '../../../src/runtime/aws/sns';
import { aborted, closed, entered, failed, failedWith, published as sent, stoppedWhileRunning } from '../ended-execution';
import { FIRST, invocation, job } from '../samples';

const client = mockClient(SNSClient);
const chatty: Partial<JobSettings> = { chatNotifications: true };

/** The texts of the message about a run that was stopped, or that the workflow could not report. */
async function published(settings: Partial<JobSettings>, events = stoppedWhileRunning) {
  client.reset();
  client.on(PublishCommand).resolves({ MessageId: '1' });
  const sns = new Sns();
  await closed('ABORTED', {
    settings: job(settings),
    events,
    invocations: [[invocation(FIRST, 'Cancelled')]],
    tools: { sns: { notify: async (...given) => sns.notify(...given) } },
  });
  const [call] = client.commandCalls(PublishCommand);
  return JSON.parse(call.args[0].input.Message!);
}

test('a run that was stopped is reported to chat clients as well, by the handler that closes', async () => {
  const { https, email, default: result } = await published(chatty);
  expect(JSON.parse(https)).toMatchObject({
    version: '1.0', source: 'custom', content: { title: 'Batch job NightlyIndex: was stopped' }, metadata: { eventType: 'CotsBatchJob.Cancelled' },
  });
  expect([email, JSON.parse(result).outcome]).toEqual([expect.stringContaining('was stopped'), 'Cancelled']);
});

test('so is what the workflow knew and could not report: as the handler that polls has written it', async () => {
  const status = failed(job(chatty));
  const { https } = await published(chatty, [...failedWith(status).slice(0, -1), aborted]);
  expect(JSON.parse(https)).toEqual(status.notification.chat);
});

test('a job that does not ask for it sends nothing for HTTPS', async () => {
  expect(Object.keys(await published({})).sort()).toEqual(['default', 'email', 'sms']);
});

test('a success after a failure that the workflow has reported is not reported again', async () => {
  const settings = job({ notifyOnRecovery: true, notifyOn: ['Succeeded', 'Failed'] as never });
  const status = { ...failed(settings), outcome: 'Succeeded' as never, isRecovery: true };
  const { all } = await closed('ABORTED', { settings, events: [...failedWith(status).slice(0, -2), entered('Notify of recovery', { status }), sent, aborted] });
  expect(all).toEqual([]);
});
