import { Duration } from 'aws-cdk-lib';
import { mail, reported, runOnce, runUntil, untilTold } from './local-job';
import { BatchCommand } from '../../src';
import { Fault } from '../../src/local/aws/faults';
import { InstanceSpec } from '../../src/local/services/ssm/fleet';
import { INSTANCE_ID } from '../support/synth';

/** SSM itself would let it run for hours. */
const props = {
  command: BatchCommand.shell('sleep 3000'),
  executionTimeout: Duration.hours(6),
  pollInterval: Duration.minutes(1),
  unresponsiveAfter: Duration.minutes(6),
};
const dies: InstanceSpec = { instanceId: INSTANCE_ID, fault: { kind: 'dies', afterSeconds: 30 } };
const describeFaults = (fault: Omit<Fault, 'operation'>) => [{ operation: 'DescribeInstanceInformation', ...fault }];

test('a server that dies while the program runs: the run ends hours before its time-outs, and says that it may still run', async () => {
  const run = await runOnce(props, { instances: [dies] });
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Unresponsive' });
  const result = reported(run);
  expect(result).toMatchObject({ instances: { total: 1, unresponsive: 1 }, failures: [{ instanceId: INSTANCE_ID }] });
  expect(result.failures[0].status).toMatch(/^ConnectionLost since \d/);
  expect(result.durationSeconds).toBeGreaterThanOrEqual(360);
  expect(result.durationSeconds).toBeLessThan(3600);
  expect(mail(run).replace(/\s+/g, ' ')).toContain('may still be running there');
  expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
});

test('a server that dies and of which SSM knows nothing any more', async () => {
  const run = await runOnce(props, { instances: [dies], faults: describeFaults({ kind: 'emptyList' }) });
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Unresponsive' });
  expect(reported(run).failures[0].status).toMatch(/^NotManaged since/);
  // Two graces: one before SSM is asked at all, and one in which it has to be silent.
  expect(reported(run).durationSeconds).toBeGreaterThanOrEqual(720);
});

test.each<[string, Omit<Fault, 'operation'>]>([
  ['does not answer', { kind: 'internalError' }],
  ['throttles', { kind: 'throttle' }],
  ['once lists nothing', { kind: 'emptyList', calls: [1] }],
])('a program that outlives the grace is left alone, also where SSM %s when asked about its agent', async (_, fault) => {
  const grace = props.unresponsiveAfter.toMilliseconds();
  let first = Infinity;
  const run = await runUntil({ ...props, command: untilTold('exit 0') }, { faults: describeFaults(fault) }, (event) => {
    first = Math.min(first, event.at);
    // Two looks at least have asked then.
    return event.kind === 'history' && event.event.type === 'LambdaFunctionSucceeded' && event.at - first > grace + 3 * props.pollInterval.toMilliseconds();
  });
  expect(run).toMatchObject({ status: 'SUCCEEDED' });
  expect((run.output as { durationSeconds: number }).durationSeconds).toBeGreaterThan(props.unresponsiveAfter.toSeconds());
});
