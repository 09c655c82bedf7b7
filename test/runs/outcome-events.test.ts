import { EventField, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { LocalJob } from './local-job';
import { BatchCommand, Outcome } from '../../src';
import { LocalExecution } from '../../src/local/run/local-run';
import { RunEvent } from '../../src/local/run/run-record';
import { JobProps } from '../support/synth';

/** What rules on outcomes have started while the job ran: the details of the events, by the rule. */
async function heard(props: JobProps, use: (job: LocalJob) => Promise<unknown>, options = {}) {
  const seen: RunEvent[] = [];
  const job = await LocalJob.open(props, { onEvent: (event) => seen.push(event), ...options }, ({ stack, job: made }) => {
    for (const [id, outcomes] of [['Bad', [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CANCELLED]], ['Good', [Outcome.SUCCEEDED]], ['Not', [Outcome.SKIPPED]]] as const) {
      const next = new StateMachine(stack, `Next${id}`, { definitionBody: DefinitionBody.fromChainable(new Pass(stack, `Pass${id}`)) });
      made.onOutcome(id, [...outcomes], {
        target: new SfnStateMachine(next, { input: RuleTargetInput.fromObject({ rule: id, detail: EventField.fromPath('$.detail') }) }),
      });
    }
  });
  try {
    await use(job);
    const starts = seen.flatMap((event) => event.kind === 'history' && event.event.type === 'ExecutionStarted' ? [event.event.input as any] : []);
    return {
      next: starts.filter(({ rule }) => rule).map(({ rule, detail: { outcome, job: name, cause } }) => ({ rule, outcome, name, cause })),
      denied: seen.filter((event) => event.kind === 'call' && event.call.allowed === false),
      warnings: seen.flatMap((event) => event.kind === 'warning' ? [event.message] : []),
    };
  } finally {
    await job.close();
  }
}

const toEnd = (input?: object) => async (job: LocalJob) => job.toEnd({ input });

test('what succeeds starts what comes next', async () => {
  expect(await heard({ command: BatchCommand.shell('true') }, toEnd())).toEqual({
    next: [{ rule: 'Good', outcome: 'Succeeded', name: 'Job', cause: '' }], denied: [], warnings: [],
  });
});

test('what fails starts the other rule, with its cause', async () => {
  const { next, denied } = await heard({ command: BatchCommand.shell('exit 3') }, toEnd());
  expect(next).toEqual([{ rule: 'Bad', outcome: 'Failed', name: 'Job', cause: expect.stringContaining('exit code 3') }]);
  expect(denied).toEqual([]);
});

test('a run that is stopped was cancelled, although its workflow could not say so', async () => {
  const { next } = await heard({ command: BatchCommand.shell('echo; sleep 60') }, async (job) => {
    const execution: LocalExecution = job.start();
    setTimeout(() => execution.abort(), 1000);
    return execution.result;
  });
  expect(next).toEqual([{ rule: 'Bad', outcome: 'Cancelled', name: 'Job', cause: 'The execution was stopped.' }]);
});

test('a second start of a time is no success', async () => {
  const scheduledTime = new Date().toISOString();
  const { next } = await heard({ command: BatchCommand.shell('true') }, async (job) => {
    await job.toEnd({ input: { scheduledTime } });
    await job.toEnd({ input: { scheduledTime } });
  });
  expect(next.map(({ rule }) => rule)).toEqual(['Good', 'Not']);
});

test('a check is none, whatever it finds', async () => {
  const { next } = await heard({ command: BatchCommand.shell('true') }, toEnd({ check: true }));
  expect(next).toEqual([]);
});

test('where the event cannot be put, the run ends as it would', async () => {
  let status = '';
  const { next } = await heard({ command: BatchCommand.shell('true') }, async (job) => ({ status } = await job.toEnd()),
    { faults: [{ operation: 'PutEvents', kind: 'throttle', calls: [1, 2, 3, 4, 5, 6, 7] }] });
  expect(status).toBe('SUCCEEDED');
  expect(next).toEqual([]);
});
