import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { CommandInvocation } from '@aws-sdk/client-ssm';
import { App, Stack } from 'aws-cdk-lib';
import { CloudAssembly } from '../../src/local/app/cloud-assembly';
import { definitionOf, jobsOf } from '../../src/local/app/jobs';
import { JobSettings, Run, Status } from '../../src/protocol';
import { poll } from '../../src/runtime/poll';
import { start } from '../../src/runtime/start';
import { everyPropWithDocument, everyPropWithInstances, everyPropWithTargets } from '../fixtures/every-prop';
import { after, COMMAND, EXECUTION, invocation, NAME, START } from '../runtime/samples';
import { world } from '../runtime/world';
import { JobProps, synth } from '../support/synth';

/** The jobs whose shapes are kept: the smallest one, and those that have everything set that can be set. */
const JOBS: { readonly [name: string]: (stack: Stack) => JobProps } = {
  minimal: () => ({}),
  instances: everyPropWithInstances,
  targets: everyPropWithTargets,
  document: everyPropWithDocument,
};

/** What a release writes, and any later one must read. */
export interface Shapes {
  readonly definition: { readonly StartAt: string; readonly States: { readonly [name: string]: any } };
  /** By how far the run is. */
  readonly statuses: { readonly [name: string]: Status };
  /** Of executions that have ended while the run was so far, oldest event first. */
  readonly histories: { readonly [name: string]: HistoryEvent[] };
}

/** The settings in a definition. */
export function settingsOf({ definition }: Pick<Shapes, 'definition'>): JobSettings {
  return definition.States[definition.StartAt].Parameters.job;
}

/** What the release of this source tree writes. */
export async function currentShapes(): Promise<{ [job: string]: Shapes }> {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  try {
    const shapes: { [job: string]: Shapes } = {};
    for (const [name, props] of Object.entries(JOBS)) {
      const definition = synthesize(join(folder, name), props);
      const statuses = await statusesOf(settingsOf({ definition }));
      shapes[name] = { definition, statuses, histories: historiesOf(settingsOf({ definition }), statuses) };
    }
    return shapes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The definition as a deployment resolves it. */
function synthesize(outdir: string, props: (stack: Stack) => JobProps): Shapes['definition'] {
  const app = new App({ outdir, context: { 'aws:cdk:enable-path-metadata': true } });
  synth(props, new Stack(app, 'Stack'));
  app.synth();
  const [job] = jobsOf(CloudAssembly.read(outdir));
  return definitionOf(job) as unknown as Shapes['definition'];
}

async function statusesOf(job: JobSettings): Promise<Shapes['statuses']> {
  const instanceIds = job.instanceIds.length > 0 ? job.instanceIds : ['i-00000000000000001', 'i-00000000000000002'];
  const sent = await start({
    action: 'send', job, executionId: EXECUTION, executionName: NAME, input: {}, now: START, retryCount: 0, status: {},
  }, world());
  const polled = async (run: Run, seconds: number, invocations: CommandInvocation[]) => poll(
    { job, run, executionId: EXECUTION, now: after(seconds), wait: { isResumed: true } },
    world({
      ssm: {
        command: async () => ({
          CommandId: COMMAND,
          Status: invocations.some(({ Status: status }) => status === 'InProgress') ? 'InProgress' : 'Failed',
          TargetCount: instanceIds.length,
        }),
        invocations: async () => invocations,
        stepOutput: async () => ({ stdout: 'a line\n', stderr: 'ORA-00600\n' }),
      },
    }));
  const all = (details: string, code?: number) => instanceIds.map((id) => invocation(id, details, code));
  const running = await polled(sent.run, 60, all('InProgress'));
  const late = await polled(running.run, job.longRunningAfterSeconds ?? 3000, all('InProgress'));
  const first = all('Failed', 75).slice(0, 1).concat(all('Success', 0).slice(1));
  return {
    sent,
    running,
    late,
    // A run that is tried again, where the job has `retry`; one that has failed, where it has not.
    failedOnce: await polled(running.run, 120, first),
    failed: await polled(running.run, 120, all('Failed', 7)),
    succeeded: await polled(running.run, 120, all('Success', 0)),
    skipped: await polled(running.run, 120, all('Failed', 212)),
    timedOut: await polled(running.run, 120, all('ExecutionTimedOut', 137)),
    undelivered: await polled(running.run, 120, all('Undeliverable', -1)),
    unresponsive: await polled(running.run, 1_000_000, all('InProgress')),
  };
}

function historiesOf(job: JobSettings, statuses: Shapes['statuses']): Shapes['histories'] {
  const { sent, running, failedOnce, failed } = statuses;
  const begun = (extra: HistoryEvent[]): HistoryEvent[] => [
    { type: 'ExecutionStarted', executionStartedEventDetails: { input: '{}' } },
    { type: 'PassStateEntered', stateEnteredEventDetails: { name: 'Job settings', input: '{}' } },
    { type: 'PassStateExited', stateExitedEventDetails: { name: 'Job settings', output: JSON.stringify({ job, status: {} }) } },
    { type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'Send command', input: JSON.stringify({ job, status: {} }) } },
    { type: 'LambdaFunctionScheduled' },
    ...extra,
    { type: 'ExecutionAborted', executionAbortedEventDetails: { error: 'Operator', cause: 'wrong day' } },
  ].map((event, i) => ({ id: i + 1, previousEventId: i, timestamp: undefined, ...event })) as HistoryEvent[];
  const answered = (status: Status) => ({ type: 'LambdaFunctionSucceeded', lambdaFunctionSucceededEventDetails: { output: JSON.stringify(status) } });
  const exited = (name: string, status: Status) =>
    ({ type: 'TaskStateExited', stateExitedEventDetails: { name, output: JSON.stringify({ job, status }) } });
  const started = [answered(sent), exited('Send command', sent)] as HistoryEvent[];
  return {
    sending: begun([]),
    sent: begun(started),
    ...Object.fromEntries(Object.entries({ running, failedOnce, failed }).map(([name, status]) => [
      name, begun([...started, answered(status), exited('Get status', status)] as HistoryEvent[]),
    ])),
  };
}
