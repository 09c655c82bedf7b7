import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultPlan } from './fault-plan';
import { BROKEN, CALENDARS, Jobs, parameters, RELEASED } from './jobs';
import { executionsOf, ENDLESS, meantServersOf, serversOf, speedOf, Trial } from './trial';
import { LocalExecution, LocalRun, openLocalRun } from '../../src/local/run/local-run';
import { LocalRunResult, RunEvent } from '../../src/local/run/run-record';
import { InstanceSpec } from '../../src/local/services/ssm/fleet';
import { POLL_STATE, SEND_STATE, WAIT_STATE } from '../../src/protocol';

/** How long a program may take to begin on a machine that has much to do, in milliseconds. */
const PATIENCE = 60_000;

/** How long a process that was killed may take to be gone, in milliseconds. */
const GONE_WITHIN = 6_000;

/** What was seen of a trial. */
export interface Observation {
  readonly trial: Trial;
  readonly executions: readonly LocalRunResult[];
  /** For each server, the commands by which the program was started there. */
  readonly marks: ReadonlyMap<string, readonly string[]>;
  /** Processes of the program that lived when all executions had ended, and whoever was to be told had been told. */
  readonly alive: readonly number[];
  /** The comments of all commands that SSM took: each names its execution, and its place among the commands of that. */
  readonly comments: readonly string[];
  /** How many of the faults have struck. */
  readonly struck: number;
  /** Whether the deployment has taken place. */
  readonly isDeployed: boolean;
}

/** Runs trials: the state machine's own JSON, the real bundles, real processes, and the real launcher. */
export class Stage {
  /** Made with the first trial: where no test is run, nobody closes the stage. */
  private folder?: string;
  private jobs?: Jobs;
  private trials = 0;

  public async run(trial: Trial): Promise<Observation> {
    const plan = new FaultPlan(trial.faults ?? []);
    this.folder ??= mkdtempSync(join(realpathSync(tmpdir()), 'fault-trials-'));
    this.jobs ??= new Jobs(this.folder);
    const workDir = join(this.folder, `trial-${++this.trials}`);
    const folders = serversOf(trial).map((id) => join(workDir, 'instances', id));
    const progress = new Progress();
    let isHeld = trial.heldUntil !== undefined;
    const { job = 'plain', fleet, hasEvents = false, deployment } = trial;
    const { handlerSeconds } = plan;
    // Made before: to synthesize takes longer than a state.
    const next = deployment && this.jobs.assembly({ job: deployment.job, fleet, hasEvents: deployment.hasEvents ?? false, handlerSeconds });
    let isDeployed = false;
    const run: LocalRun = await openLocalRun(this.jobs.assembly({ job, fleet, hasEvents, handlerSeconds }), {
      workDir,
      speed: speedOf(trial),
      authorize: 'off',
      instances: instancesOf(trial),
      targets: 0,
      faults: plan.lines,
      calendars: CALENDARS,
      ssm: { delays: { registrationSeconds: plan.listingSeconds }, workingDirectory: (_id, instanceFolder) => instanceFolder },
      onEvent: (event) => {
        progress.add(event);
        if (next !== undefined && !isDeployed && enters(event, deployment!.at)) {
          isDeployed = true;
          run.deploy(next);
        }
        if (isHeld && isReleased(trial, progress)) {
          isHeld = false;
          folders.forEach((folder) => put(folder, RELEASED));
        }
      },
    });
    const read = (file: string) => new Map(serversOf(trial).map((id, i) => [id, readLines(join(folders[i], file))]));
    const begun = () => [...read('processes').values()].flat().flatMap((line) => line.split(' ').map(Number));
    const alive = () => begun().filter((pid) => isAlive(pid, workDir));
    try {
      const is: Stages = {
        sending: () => progress.sending > 0,
        running: () => isRunning(trial, begun(), alive()),
        waiting: () => progress.waiting > 0 && begun().length > 0,
      };
      const earlier = trial.isBusy ? [await startLong(run, is)] : [];
      const repeated = trial.isRerun ? await runToFailure(run, trial, folders) : undefined;
      const sentBefore = run.endpoint.commands().length;
      plan.arm(repeated);
      const started = [...earlier, ...await start(run, trial, is, repeated)];
      const executions = await Promise.all(started.map(async ({ result }) => result));
      const isGone = await until(GONE_WITHIN, () => alive().length === 0);
      if (isGone) {
        await until(PATIENCE, () => underWay(run).length === 0);
      }
      return {
        trial,
        executions,
        marks: read('marks'),
        alive: alive(),
        comments: run.endpoint.commands().slice(trial.isRerun ? sentBefore : 0).map(({ input }) => input.Comment ?? ''),
        struck: plan.struck,
        isDeployed,
      };
    } finally {
      await run.close();
      rmSync(workDir, { recursive: true, force: true });
    }
  }

  public close(): void {
    if (this.folder !== undefined) {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

function instancesOf(trial: Trial): InstanceSpec[] {
  const { server = {} } = trial;
  return serversOf(trial).map((instanceId, i) => ({
    instanceId,
    tags: { Fleet: trial.fleet },
    ...i > 0 ? {} : 'kind' in server ? { fault: server } : server,
  }));
}

function enters(event: RunEvent, name: string): boolean {
  return event.kind === 'history' && event.event.type.endsWith('StateEntered') && event.event.state === name;
}

/** How far the execution is that was started last. */
type Stages = { readonly [stage in NonNullable<Trial['stopped']>]: () => boolean };

/** Whether a program that is held may end. */
function isReleased(trial: Trial, { waiting, ended }: Progress): boolean {
  const all = executionsOf(trial);
  return ended === all || (trial.heldUntil === 'last' ? ended === all - 1 : waiting === all);
}

function put(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), '');
}

/** An execution the program of which runs until it is killed. */
async function startLong(run: LocalRun, is: Stages): Promise<LocalExecution> {
  const execution = run.start({ input: { parameters: parameters({ exitCode: 0, output: 1, seconds: ENDLESS, isHeld: false }) } });
  await reach('running', is);
  return execution;
}

/**
 * An execution that fails on the servers that a rerun is to reach, and leaves no marks.
 *
 * @returns its ARN
 */
async function runToFailure(run: LocalRun, trial: Trial, folders: readonly string[]): Promise<string> {
  const all = serversOf(trial);
  folders.filter((_, i) => meantServersOf(trial).includes(all[i])).forEach((folder) => put(folder, BROKEN));
  const input = { parameters: parameters({ exitCode: 0, output: 1, seconds: 0, isHeld: false }) };
  const { executionArn, error } = await run.start({ input }).result;
  const ran = folders.filter((folder) => existsSync(join(folder, 'marks')));
  if (error !== 'CotsBatchJob.Failed' || ran.length !== all.length) {
    throw new Error(`the execution that is to be repeated must fail and run on ${all.length} servers, got ${error} and ${ran.length}`);
  }
  ran.forEach((folder) => rmSync(join(folder, 'marks')));
  return executionArn;
}

async function start(run: LocalRun, trial: Trial, is: Stages, rerunOf?: string): Promise<LocalExecution[]> {
  const { exitCode = 0, output = 1, seconds = 0, executions = 1, ballast = 0, heldUntil } = trial;
  const input = {
    parameters: parameters({ exitCode, output, seconds, isHeld: heldUntil !== undefined }),
    ballast: 'x'.repeat(ballast),
    ...rerunOf === undefined ? {} : { rerunOf, only: 'failed' },
  };
  const { scheduledAgo, isLastByHand } = trial;
  const timed = scheduledAgo === undefined ? input : { ...input, scheduledTime: new Date(Date.now() - 1000 * scheduledAgo).toISOString() };
  const started: LocalExecution[] = [];
  while (started.length < executions) {
    started.push(run.start({ input: isLastByHand && started.length === executions - 1 ? input : timed }));
    if (trial.isInTurn) {
      if (started.length === 1) {
        await stop(started, trial, is);
      }
      await started.at(-1)!.result;
    }
  }
  if (!trial.isInTurn) {
    await stop(started, trial, is);
  }
  return started;
}

async function stop(started: LocalExecution[], { stopped }: Trial, is: Stages): Promise<void> {
  if (stopped) {
    await reach(stopped, is);
    started.forEach((execution) => execution.abort('Operator', 'the wrong night'));
  }
}

async function reach(stage: keyof Stages, is: Stages): Promise<void> {
  if (!await until(PATIENCE, is[stage])) {
    throw new Error(`the execution must be ${stage} within ${PATIENCE} ms`);
  }
}

/** Whether the program has begun; on a server that is to die, whether it was so far, and the server has died. */
function isRunning({ server }: Trial, begun: number[], alive: number[]): boolean {
  const mustBeGone = server !== undefined && 'kind' in server && server.kind === 'dies';
  return begun.length > 0 && !(mustBeGone && alive.length > 0);
}

/**
 * Whether a process of a trial lives, by where it works: of one that was killed the ID stays until somebody has asked how it ended, and
 * among as many processes as there are here, another one has it soon.
 */
function isAlive(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

/** Whether something has come true within so many milliseconds; resolves as soon as it has. */
async function until(milliseconds: number, isTrue: () => boolean): Promise<boolean> {
  for (const deadline = Date.now() + milliseconds; !isTrue();) {
    if (Date.now() > deadline) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** Where a command is on its way, although the executions have ended. */
function underWay({ endpoint }: LocalRun): string[] {
  return endpoint.commands().flatMap(({ invocations }) => invocations)
    .filter(({ instance, details }) => ['Pending', 'InProgress'].includes(details) && !instance.fault && instance.ping === 'Online')
    .map(({ instance }) => instance.instanceId);
}

function readLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

/** With events, the first wait of a run is of 30 seconds, and the second one of 2 minutes: more than a second here. */
const SHORT_WAITS = 1;

/** How far the executions of a trial are, by what their histories say. */
export class Progress {
  private readonly executions = { sending: new Set<string>(), waiting: new Set<string>(), ended: new Set<string>() };
  private readonly polls = new Map<string, number>();

  public add(event: RunEvent): void {
    if (event.kind !== 'history') {
      return;
    }
    const { execution, event: { type, state } } = event;
    if (type === 'LambdaFunctionScheduled' && state === SEND_STATE) {
      this.executions.sending.add(execution);
    }
    if (type === 'LambdaFunctionScheduled' && state === POLL_STATE) {
      this.polls.set(execution, this.pollsOf(execution) + 1);
    }
    // The second poll follows a wait, also one whose call was not answered.
    if (this.pollsOf(execution) > SHORT_WAITS || (this.pollsOf(execution) === SHORT_WAITS && type === 'TaskSubmitted' && state === WAIT_STATE)) {
      this.executions.waiting.add(execution);
    }
    if (ENDS.includes(type)) {
      this.executions.ended.add(execution);
    }
  }

  /** How many executions have begun to send their command. */
  public get sending(): number {
    return this.executions.sending.size;
  }

  /** How many executions have begun to wait for the end of their program, for longer than a handler takes to start. */
  public get waiting(): number {
    return this.executions.waiting.size;
  }

  private pollsOf(execution: string): number {
    return this.polls.get(execution) ?? 0;
  }

  /** How many executions have ended. */
  public get ended(): number {
    return this.executions.ended.size;
  }
}

const ENDS = ['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted'];
