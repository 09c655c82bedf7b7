import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { settingsOf, Shapes } from './shapes';
import { BatchCommand, Outcome } from '../../src';
import { everyPropWithInstances, everyPropWithTargets } from '../fixtures/every-prop';
import { LocalJob } from '../runs/local-job';
import { INSTANCE_ID, JobProps } from '../support/synth';

const RELEASES = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

/** The jobs that the files are of, but for their scripts; the document of AWS that one of them sends does not run here. */
const JOBS: [string, (stack: Stack) => JobProps][] = [
  ['minimal', () => ({})],
  ['instances', everyPropWithInstances],
  ['targets', everyPropWithTargets],
];

const TAGS = { Role: 'crawler', Stage: 'live' };
const HYBRID_ID = 'mi-0123456789abcdef0';

/** An execution that an earlier release has started, after a deployment: its definition is the old one, and everything else is new. */
async function runWith(golden: Shapes, props: (stack: Stack) => JobProps, script: string) {
  const job = await LocalJob.open(
    (stack) => ({ ...props(stack), command: BatchCommand.shell(script) }),
    { instances: [INSTANCE_ID, HYBRID_ID].map((instanceId) => ({ instanceId, tags: TAGS })), secretOf: (name) => `value of ${name}` },
    ({ job: { stateMachine } }) => {
      (stateMachine.node.defaultChild as CfnStateMachine).definitionString = JSON.stringify(golden.definition);
    },
  );
  try {
    const run = await job.toEnd();
    return { run, ran: [INSTANCE_ID, HYBRID_ID].map((id) => job.read(id, 'marks')) };
  } finally {
    await job.close();
  }
}

describe.each(RELEASES)('the definition of %s, with the handlers of today', (release) => {
  describe.each(JOBS)('%s', (name, props) => {
    const golden: Shapes = JSON.parse(readFileSync(join(__dirname, release, `${name}.json`), 'utf8'));
    const { instanceIds, targets, notifyOn, completion } = settingsOf(golden);
    const ran = [INSTANCE_ID, HYBRID_ID].map((id) => instanceIds.includes(id) || targets.length > 0 ? 'x' : '');
    const total = ran.filter((mark) => mark).length;

    test.concurrent('a program that succeeds', async () => {
      const seen = await runWith(golden, props, 'printf x >>marks');
      expect(seen.run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', instances: { total, succeeded: total } } });
      expect(seen.ran).toEqual(ran);
      expect(seen.run.notifications).toHaveLength(notifyOn.includes(Outcome.SUCCEEDED) ? 1 : 0);
      expect(seen.run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
    });

    test.concurrent('a program that fails', async () => {
      const seen = await runWith(golden, props, 'printf x >>marks; exit 7');
      expect(seen.run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
      expect(seen.ran).toEqual(ran);
      expect(seen.run.notifications).toHaveLength(1);
      expect(JSON.parse(seen.run.notifications[0].messages.default)).toMatchObject({ outcome: 'Failed', instances: { total, failed: total } });
      expect(seen.run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
    });

    test('it waits as that release did', () => {
      expect(Object.values(golden.definition.States).some(({ Resource }) => `${Resource}`.endsWith('.waitForTaskToken'))).toBe(completion === 'Events');
    });
  });
});
