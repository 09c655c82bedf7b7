import { JobSettings, MAX_INSTANCE_IDS } from '../protocol';
import { describeError } from './send-error';
import type { World } from './world';
import { visibleLine } from '../protocol/text';

/**
 * The first agent that tells a script which command it belongs to (`SSM_COMMAND_ID`): by it the launcher knows its own command again after a
 * restart of the instance. With an older one, a run that was interrupted looks like one that is started twice, and nobody may hear of it. Nothing
 * else that the job's document has takes an agent so new.
 *
 * Whether the agent is the latest one (`IsLatestVersion`) says nothing: there is a new one every few weeks.
 *
 * @see https://github.com/aws/amazon-ssm-agent/releases/tag/3.0.284.0
 */
export const OLDEST_AGENT = '3.0.284.0';

/** Of each kind; a mail is for reading. */
const MAX_WARNINGS = 5;

/** Instances whose agents are asked for: a few calls, which SSM allows few of. */
const MAX_ASKED = 500;

/**
 * What is in the way of nobody's run, and will be missed when one fails: somebody who is not told, an agent that is too old.
 *
 * A service that does not answer is no warning, and no reason to fail a check: it is in the log.
 */
export async function checkWarnings(
  { notificationTopicArn }: JobSettings, instanceIds: string[], { ssm, sns, log }: CheckWorld,
): Promise<string[]> {
  const ask = async (what: string, call: () => Promise<string[]>) => {
    try {
      return limited(await call());
    } catch (error) {
      log('nothing to warn of is known', { what, error: describeError(error) });
      return [];
    }
  };
  return [
    ...await ask('subscriptions', async () => (await sns.unconfirmed(notificationTopicArn)).map(({ protocol, endpoint }) =>
      `The ${protocol} subscription ${visibleLine(endpoint)} is not confirmed: nothing is sent there until somebody follows the link in the `
      + 'confirmation that AWS has sent')),
    ...await ask('agents', async () => oldAgents(instanceIds.slice(0, MAX_ASKED), ssm)),
  ];
}

export type CheckWorld = Pick<World, 'ssm' | 'log'> & { readonly sns: Pick<World['sns'], 'unconfirmed'> };

async function oldAgents(instanceIds: string[], ssm: World['ssm']): Promise<string[]> {
  const warnings: string[] = [];
  for (let at = 0; at < instanceIds.length; at += MAX_INSTANCE_IDS) {
    const agents = await ssm.agents(instanceIds.slice(at, at + MAX_INSTANCE_IDS));
    warnings.push(...agents.filter(({ AgentVersion: version }) => version && isOlder(version, OLDEST_AGENT)).map(
      ({ InstanceId: id, AgentVersion: version }) => `The SSM agent of ${id} is ${visibleLine(String(version))}, and older than ${OLDEST_AGENT}: a run `
        + 'that a restart of the instance interrupts may be taken for one that was started twice. Update the agent'));
  }
  return warnings;
}

/** Numbers between dots; what is no such version is not judged. */
function isOlder(version: string, than: string): boolean {
  const [numbers, others] = [version, than].map((text) => text.split('.').map(Number));
  const at = others.findIndex((other, i) => (numbers[i] ?? 0) !== other);
  return at >= 0 && (numbers[at] ?? 0) < others[at];
}

function limited(warnings: string[]): string[] {
  const more = warnings.length - MAX_WARNINGS;
  return more > 0 ? [...warnings.slice(0, MAX_WARNINGS), `There are ${more} more such warnings`] : warnings;
}
