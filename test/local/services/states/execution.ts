import { ScaledClock } from '../../../../src/local/aws/clock';
import { StatesDefinition } from '../../../../src/local/services/states/definition';
import { ExecutionResult, RunningExecution, startExecution } from '../../../../src/local/services/states/engine';
import { TaskCall } from '../../../../src/local/services/states/engine-branch';
import { TaskTokens } from '../../../../src/local/services/states/task-tokens';

export const LAMBDA = 'arn:aws:lambda:us-east-1:123456789012:function:F';

/** An hour takes a third of a second: a process that is held up for less meets no time-out. */
const SPEED = 10_000;

const clocks: ScaledClock[] = [];
afterEach(() => clocks.splice(0).forEach((clock) => clock.close()));

interface Options {
  readonly input?: unknown;
  /** What every task does. */
  readonly task?: (call: TaskCall, clock: ScaledClock, tokens: TaskTokens) => unknown;
}

export interface Started {
  readonly execution: RunningExecution;
  readonly tokens: TaskTokens;
  readonly clock: ScaledClock;
}

/** Starts an execution by the engine alone. */
export function start(definition: StatesDefinition, { input = {}, task = () => ({}) }: Options = {}): Started {
  const clock = new ScaledClock(SPEED);
  clocks.push(clock);
  const tokens = new TaskTokens();
  const execution = startExecution({
    definition,
    input,
    name: 'run',
    stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:M',
    roleArn: 'arn:aws:iam::123456789012:role/R',
    clock,
    tokens,
    runTask: async (call) => task(call, clock, tokens),
  });
  return { execution, tokens, clock };
}

export async function run(definition: StatesDefinition, options?: Options): Promise<ExecutionResult> {
  return start(definition, options).execution.result;
}

export const states = (first: string, all: { [name: string]: object }): StatesDefinition => ({
  StartAt: first,
  States: all as StatesDefinition['States'],
});

/** How long an execution took in its own time. */
export const seconds = ({ startDate, stopDate }: ExecutionResult): number => (Date.parse(stopDate) - Date.parse(startDate)) / 1000;
