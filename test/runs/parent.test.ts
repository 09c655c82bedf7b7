import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { CfnParameter, Duration } from 'aws-cdk-lib';
import { DefinitionBody, IStateMachine, JsonPath, Pass, QueryLanguage, StateMachine, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LocalJob } from './local-job';
import { BatchCommand, JobParameter } from '../../src';
import { eventually } from '../local/services/ssm/rig';
import { INSTANCE_ID } from '../support/synth';

/** A job, and a state machine that runs it as a step and catches two of its outcomes. */
async function open(script: string): Promise<LocalJob> {
  return LocalJob.open({
    command: BatchCommand.shell(script),
    parameters: { DAY: JobParameter.string({ pattern: '[a-z]+' }) },
  }, {}, ({ stack, job }) => {
    const index = job.asTask(stack, 'Index', { parameters: { DAY: JsonPath.stringAt('$.day') }, resultPath: '$.index' });
    index.addCatch(new Pass(stack, 'Use the old index', { parameters: { 'caught.$': '$.error' } }), {
      errors: ['CotsBatchJob.Failed', 'CotsBatchJob.Cancelled'],
      resultPath: '$.error',
    });
    const parent: IStateMachine = new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(index) });
    expect(parent).toBeDefined();
  });
}

async function runParent(script: string, input: object) {
  const job = await open(script);
  try {
    return await job.start({ job: 'Parent', input }).result;
  } finally {
    await job.close();
  }
}

test('a parent gets the result, next to its own input', async () => {
  const run = await runParent('test "$DAY" = monday', { day: 'monday', month: 'may' });
  expect(run).toMatchObject({
    status: 'SUCCEEDED',
    output: { day: 'monday', month: 'may', index: { outcome: 'Succeeded', job: 'Job', exitCode: 0, instances: { total: 1, succeeded: 1 } } },
  });
  expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
});

test('a value that only the deployment of the parent knows reaches the program as it is', async () => {
  const day = 'Z\u00fcrich "\\ \'x\' $(id) {{ y }}';
  const job = await LocalJob.open({ command: BatchCommand.shell('printf %s "$DAY" >day'), parameters: { DAY: JobParameter.string() } }, {}, (made) => {
    const index = made.job.asTask(made.stack, 'Index', { parameters: { DAY: new CfnParameter(made.stack, 'Day', { default: day }).valueAsString } });
    expect(new StateMachine(made.stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(index) })).toBeDefined();
  });
  try {
    expect((await job.start({ job: 'Parent' }).result).status).toBe('SUCCEEDED');
    expect(job.read(INSTANCE_ID, 'day')).toBe(day);
  } finally {
    await job.close();
  }
});

test('a parent catches an outcome by its name, with the cause that a person can read', async () => {
  const run = await runParent('exit 9', { day: 'monday' });
  expect(run).toMatchObject({
    status: 'SUCCEEDED',
    output: { caught: { Error: 'CotsBatchJob.Failed', Cause: expect.stringContaining('exit code 9') } },
  });
  expect(run.notifications).toHaveLength(1);
});

test('an input that is refused reaches the parent the same way', async () => {
  const run = await runParent('true', { day: 'MONDAY' });
  expect(run).toMatchObject({ output: { caught: { Cause: expect.stringContaining('parameter DAY must match') } }, commands: [] });
});

test('an outcome that nobody catches fails the parent with its name', async () => {
  const job = await LocalJob.open({ command: BatchCommand.shell('exit 9') }, {}, ({ stack, job: child }) => {
    const index = child.asTask(stack, 'Index');
    expect(new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(index) })).toBeDefined();
  });
  try {
    expect(await job.start({ job: 'Parent' }).result).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  } finally {
    await job.close();
  }
});

test('a parent that is stopped stops the run', async () => {
  const aborted: string[] = [];
  const job = await LocalJob.open({ command: BatchCommand.shell('sleep 600') }, {
    onEvent: (event) => {
      if (event.kind === 'history' && event.event.type === 'ExecutionAborted') {
        aborted.push(event.execution);
      }
    },
  }, ({ stack, job: child }) => {
    expect(new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(child.asTask(stack, 'Index')) })).toBeDefined();
  });
  try {
    const parent = job.start({ job: 'Parent' });
    await eventually(async () => expect(job.run.endpoint.commands()[0]?.invocations[0]?.details).toBe('InProgress'));
    parent.abort('Operator', 'stopped');
    expect(await parent.result).toMatchObject({ status: 'ABORTED' });
    await eventually(async () => expect(aborted).toHaveLength(2));
  } finally {
    await job.close();
  }
});

test('a run that an operator stops, with an error and a cause, is Cancelled to its parent', async () => {
  const job = await LocalJob.open({ command: BatchCommand.shell('sleep 600') }, {}, ({ stack, job: child }) => {
    expect(new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(child.asTask(stack, 'Index')) })).toBeDefined();
  });
  try {
    const parent = job.start({ job: 'Parent' });
    await eventually(async () => expect(job.run.endpoint.commands()[0]?.invocations[0]?.details).toBe('InProgress'));
    const [, name] = /([0-9a-f-]{36})/.exec(job.run.endpoint.commands()[0].input.Comment ?? '') ?? [];
    const states = new SFNClient({
      endpoint: job.run.endpoint.url, region: 'us-east-1', credentials: job.run.endpoint.credentials,
    });
    const executionArn = `${job.run.jobs[0].arn.replace(':stateMachine:', ':execution:')}:${name}`;
    await states.send(new StopExecutionCommand({ executionArn, error: 'Ops', cause: 'maintenance' }));
    expect(await parent.result).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Cancelled', cause: 'maintenance' });
  } finally {
    await job.close();
  }
});

test('a step that does not wait longer fails as TimedOut', async () => {
  const job = await LocalJob.open({ command: BatchCommand.shell('sleep 600') }, {}, ({ stack, job: child }) => {
    const index = child.asTask(stack, 'Index', { taskTimeout: Timeout.duration(Duration.minutes(5)) });
    expect(new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(index) })).toBeDefined();
  });
  try {
    expect(await job.start({ job: 'Parent' }).result).toMatchObject({
      status: 'FAILED', error: 'CotsBatchJob.TimedOut', cause: expect.stringContaining('did not wait longer'),
    });
  } finally {
    await job.close();
  }
});

test('a parent takes what it wants of the result', async () => {
  const job = await LocalJob.open({ command: BatchCommand.shell('exit 4', { successExitCodes: [0, 4] }) }, {}, ({ stack, job: child }) => {
    const index = child.asTask(stack, 'Index', {
      inputPath: '$.night', resultSelector: { 'code': JsonPath.stringAt('$.exitCode'), 'by hand': 'yes' }, resultPath: '$.index', outputPath: '$.index',
    });
    expect(new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(index) })).toBeDefined();
  });
  try {
    expect(await job.start({ job: 'Parent', input: { night: {} } }).result).toMatchObject({ status: 'SUCCEEDED', output: { 'code': 4, 'by hand': 'yes' } });
  } finally {
    await job.close();
  }
});

test('a parent in JSONata is no reason not to run the job', async () => {
  const job = await LocalJob.open({ command: BatchCommand.shell('true') }, {}, ({ stack, job: child }) => {
    expect(new StateMachine(stack, 'Parent', {
      queryLanguage: QueryLanguage.JSONATA, definitionBody: DefinitionBody.fromChainable(child.asJsonataTask(stack, 'Index')),
    })).toBeDefined();
  });
  try {
    expect(await job.toEnd()).toMatchObject({ status: 'SUCCEEDED' });
    expect(() => job.start({ job: 'Parent' })).toThrow('JSONata');
  } finally {
    await job.close();
  }
});
