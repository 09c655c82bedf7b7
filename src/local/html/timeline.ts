import { LoggedEvent, LoggedStatus, RunLog } from './run-log';
import { LocalRunResult } from '../run/run-record';
import { isTerminal } from '../services/ssm/command';
import { duration } from '../text';

/** What a bar means: an instance's command that was not started yet, or that runs; a state that does something, waits, or notifies; an instant. */
export type BarKind = 'sent' | 'running' | 'task' | 'wait' | 'notify' | 'mark';
export type Tone = 'good' | 'bad' | 'plain';

export interface TimelineBar {
  readonly kind: BarKind;
  readonly tone: Tone;
  /** Milliseconds since the start. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

export interface TimelineRow {
  readonly name: string;
  /** How it ended, or how often it happened. */
  readonly note: string;
  readonly tone: Tone;
  readonly bars: readonly TimelineBar[];
}

export interface TimelineGroup {
  readonly name: string;
  readonly rows: readonly TimelineRow[];
}

/** What happened when, on one axis. */
export interface Timeline {
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** Milliseconds. */
  readonly length: number;
  readonly groups: readonly TimelineGroup[];
}

/** Of a larger fleet, instances that failed are shown first, and the others as one row. */
const MAX_INSTANCES = 40;
const MAX_STATES = 30;
const MAX_EXECUTIONS = 10;
/** What is closer together than this part of the whole is drawn as one: a long run has thousands of polls. */
const RESOLUTION = 1 / 400;

/** Says when instances and states had something to do in a run. */
export function timelineOf(result: LocalRunResult, log: RunLog): Timeline {
  const start = Math.min(Date.parse(result.startDate), ...log.history.slice(0, 1).map(({ at }) => at));
  const end = Math.max(Date.parse(result.stopDate), start + 1, ...[log.history, log.statuses].map((events) => events.at(-1)?.at ?? 0));
  const axis = { start, length: end - start };
  const instances = instanceRows(log, axis);
  return { ...axis, groups: [...instances.length > 0 ? [{ name: 'Instances', rows: instances }] : [], ...stateGroups(result, log, axis)] };
}

/** `0.4 s`, `under 0.1 s`, `12 s`, `1 h 5 min`: a state can be over in no time. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 50) {
    return 'under 0.1 s';
  }
  return milliseconds < 9_950 ? `${(milliseconds / 1000).toFixed(1)} s` : duration(milliseconds / 1000);
}

interface Axis {
  readonly start: number;
  readonly length: number;
}

/** What became of one command on one instance. */
export interface InstanceStory {
  readonly commandId: string;
  readonly instanceId: string;
  readonly sent: number;
  readonly started?: number;
  readonly ended?: number;
  /** As SSM has it. */
  readonly status: string;
  readonly tone: Tone;
}

/** In the order of commands, and of their instances. */
export function instanceStories({ commands, statuses }: RunLog): InstanceStory[] {
  const byInstance = new Map<string, LoggedStatus[]>();
  for (const status of statuses) {
    const key = `${status.commandId} ${status.instanceId}`;
    byInstance.set(key, [...byInstance.get(key) ?? [], status]);
  }
  return commands.flatMap(({ commandId, at, instanceIds }) => instanceIds.map((instanceId) => {
    const own = byInstance.get(`${commandId} ${instanceId}`) ?? [];
    const last = own.at(-1);
    return {
      commandId,
      instanceId,
      sent: at,
      started: own.find(({ status }) => status === 'InProgress')?.at,
      ended: last && isTerminal(last.status) ? last.at : undefined,
      status: last?.status ?? 'Pending',
      tone: toneOf(last?.status ?? 'Pending'),
    };
  }));
}

function toneOf(status: string): Tone {
  return status === 'Success' ? 'good' : isTerminal(status) ? 'bad' : 'plain';
}

function instanceRows(log: RunLog, axis: Axis): TimelineRow[] {
  const byInstance = new Map<string, InstanceStory[]>();
  for (const story of instanceStories(log)) {
    byInstance.set(story.instanceId, [...byInstance.get(story.instanceId) ?? [], story]);
  }
  const rows = [...byInstance].map(([name, stories]) => instanceRow(name, stories, axis));
  if (rows.length <= MAX_INSTANCES) {
    return rows;
  }
  const sorted = [...rows.filter(({ tone }) => tone !== 'good'), ...rows.filter(({ tone }) => tone === 'good')];
  return [...sorted.slice(0, MAX_INSTANCES), otherInstances(sorted.slice(MAX_INSTANCES))];
}

function instanceRow(name: string, stories: InstanceStory[], axis: Axis): TimelineRow {
  const { status, tone, sent, ended } = stories[stories.length - 1];
  const bars = stories.flatMap((story): TimelineBar[] => {
    const [from, to] = [story.sent - axis.start, (story.ended ?? axis.start + axis.length) - axis.start];
    const started = story.started === undefined ? to : story.started - axis.start;
    return [
      { kind: 'sent', tone: story.started === undefined ? story.tone : 'plain', from, to: started, label: `${name}: sent, not started yet` },
      ...story.started === undefined
        ? []
        : [{ kind: 'running' as const, tone: story.tone, from: started, to, label: `${name}: ${story.status}` }],
    ];
  });
  return { name, note: ended === undefined ? status : `${status}, ${seconds(ended - sent)}`, tone, bars };
}

function otherInstances(rows: readonly TimelineRow[]): TimelineRow {
  const bars = rows.flatMap((row) => row.bars);
  const tone = rows.every((row) => row.tone === 'good') ? 'good' : rows.some((row) => row.tone === 'bad') ? 'bad' : 'plain';
  const others = rows.filter((row) => row.tone !== 'good').length;
  return {
    name: `${rows.length} other instances`,
    note: tone === 'good' ? 'Success' : `${others} unsuccessful`,
    tone,
    bars: [{
      kind: 'running',
      tone,
      from: bars.reduce((least, { from }) => Math.min(least, from), Infinity),
      to: bars.reduce((most, { to }) => Math.max(most, to), 0),
      label: `${rows.length} other instances, from the first to the last`,
    }],
  };
}

/** States of the execution, and of each that it started. */
function stateGroups(result: LocalRunResult, { history }: RunLog, axis: Axis): TimelineGroup[] {
  const executions = [...new Set(history.map(({ execution }) => execution))];
  const groups = executions.slice(0, MAX_EXECUTIONS).map((execution) => {
    const rows = stateRows(history.filter((event) => event.execution === execution), axis);
    const name = execution === result.executionArn ? 'State machine' : `State machine ${execution.split(':').at(-2) ?? ''}`;
    return { name: rows.length > MAX_STATES ? `${name}: ${MAX_STATES} of ${rows.length} states` : name, rows: rows.slice(0, MAX_STATES) };
  }).filter(({ rows }) => rows.length > 0);
  const more = executions.length - MAX_EXECUTIONS;
  return more > 0 ? [...groups, { name: `${more} more executions are not shown`, rows: [] }] : groups;
}

/** A state that is made for something that takes time, or that ends the execution. */
const SHOWN_STATE = /^(Task|Wait|Parallel|Map|Succeed|Fail)StateEntered$/;

function stateRows(history: readonly LoggedEvent[], axis: Axis): TimelineRow[] {
  const names = [...new Set(history.filter(({ type }) => SHOWN_STATE.test(type)).map(({ state }) => state))];
  return names.map((name) => stateRow(name, history.filter(({ state }) => state === name), axis));
}

function stateRow(name: string, events: readonly LoggedEvent[], axis: Axis): TimelineRow {
  const entered = events.filter(({ type }) => SHOWN_STATE.test(type));
  const kind = kindOf(events);
  const spans = kind === 'mark' ? entered.map(({ at }) => [at, at] as const) : busyTimes(events, axis.start + axis.length);
  const tone: Tone = kind !== 'mark' ? 'plain' : entered[0].type === 'SucceedStateEntered' ? 'good' : 'bad';
  const bars = merged(spans, axis.length * RESOLUTION).map(([from, to]): TimelineBar => (
    { kind, tone, from: from - axis.start, to: to - axis.start, label: name }
  ));
  const faults = merged(
    events.filter(({ type }) => /(?<!State|Execution)(Failed|TimedOut)$/.test(type)).map(({ at }) => [at, at] as const), axis.length * RESOLUTION,
  ).map(([at]): TimelineBar => ({ kind: 'mark', tone: 'bad', from: at - axis.start, to: at - axis.start, label: `${name}: failed` }));
  const total = spans.reduce((sum, [from, to]) => sum + to - from, 0);
  const times = entered.length > 1 ? `${entered.length} times, ` : '';
  return { name, note: kind === 'mark' ? '' : `${times}${seconds(total)}`, tone, bars: [...bars, ...faults] };
}

function kindOf(events: readonly LoggedEvent[]): BarKind {
  const resource = events.find((event) => event.resource !== undefined)?.resource ?? '';
  const { type } = events.find((event) => SHOWN_STATE.test(event.type))!;
  if (/^(Succeed|Fail)/.test(type)) {
    return 'mark';
  }
  if (/:sns:publish/.test(resource)) {
    return 'notify';
  }
  return type.startsWith('Task') && !resource.endsWith('.waitForTaskToken') ? 'task' : 'wait';
}

type Span = readonly [from: number, to: number];

/** When at least one branch of the execution was in the state. */
function busyTimes(events: readonly LoggedEvent[], end: number): Span[] {
  const spans: Span[] = [];
  let inside = 0;
  let since = 0;
  for (const { type, at } of events) {
    if (SHOWN_STATE.test(type)) {
      since = inside === 0 ? at : since;
      inside++;
    } else if (type.endsWith('StateExited') && inside > 0) {
      inside--;
      if (inside === 0) {
        spans.push([since, at]);
      }
    }
  }
  return inside > 0 ? [...spans, [since, end]] : spans;
}

function merged(spans: readonly Span[], gap: number): Span[] {
  return spans.reduce<Span[]>((done, [from, to]) => {
    const before = done.at(-1);
    if (before && from - before[1] < gap) {
      done[done.length - 1] = [before[0], Math.max(before[1], to)];
    } else {
      done.push([from, to]);
    }
    return done;
  }, []);
}
