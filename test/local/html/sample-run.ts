import { LocalRunResult, RunEvent } from '../../../src/local/run/run-record';

/** Milliseconds since the epoch. */
export const START = Date.parse('2026-01-02T03:04:05Z');

const EXECUTION = 'arn:aws:states:us-east-1:123456789012:execution:Job:run';

/** An event of the history, so many seconds after the start. */
export function history(second: number, type: string, state = '', details: object = {}, execution = EXECUTION): RunEvent {
  const at = START + second * 1000;
  const event = { id: 1, previousEventId: 0, type, timestamp: new Date(at).toISOString(), state, ...details };
  return { kind: 'history', at, execution, event };
}

export function command(second: number, instanceIds: string[], commandId = 'c-1'): RunEvent {
  return { kind: 'command', at: START + second * 1000, commandId, documentName: 'Document', instanceIds };
}

export function status(second: number, instanceId: string, name: string, commandId = 'c-1'): RunEvent {
  return { kind: 'instance', at: START + second * 1000, commandId, instanceId, status: name };
}

export function output(second: number, instanceId: string, line: string, number = 1, details: object = {}): RunEvent {
  return {
    kind: 'output',
    at: START + second * 1000,
    commandId: 'c-1',
    instanceId,
    step: 'run',
    stream: 'stdout',
    file: `/logs/${instanceId}/stdout`,
    line,
    number,
    isCut: false,
    ...details,
  };
}

/** A run that failed after 100 seconds. */
export function resultOf(other: Partial<LocalRunResult> = {}): LocalRunResult {
  return {
    job: 'App/Job',
    executionName: 'run',
    executionArn: EXECUTION,
    status: 'FAILED',
    error: 'CotsBatchJob.Failed',
    cause: 'the program failed',
    output: undefined,
    startDate: new Date(START).toISOString(),
    stopDate: new Date(START + 100_000).toISOString(),
    durationSeconds: 100,
    notifications: [],
    history: [],
    historyEventCount: 0,
    largestStateBytes: 0,
    calls: [],
    commands: [],
    workDir: '/logs',
    ...other,
  };
}
