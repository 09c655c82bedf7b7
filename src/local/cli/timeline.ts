import { ProgramOutput, SHOWN_INSTANCES } from './program-output';
import { COLUMNS, Terminal } from './terminal';
import { describeInstances, jobResult, readableCause } from '../run/job-result';
import { AwsCall, EventDelivery, RunEvent } from '../run/run-record';
import { isTerminal } from '../services/ssm/command';
import { HistoryEvent } from '../services/states/history';
import { clockTime, duration, oneLine, visibleLine, wrap } from '../text';

/** Width of the time, and of the name of a state. */
const TIME = 8;
const NAME = 18;

/** In a larger fleet, only instances that fail are shown, and so many of them. */
const SHOWN_FAILURES = 20;

/** How the resource of a task ends that waits for a callback. */
export const CALLBACK = '.waitForTaskToken';

type Tone = (text: string) => string;

/** Shows what happens, one line an event, with the time that has passed in the run. */
export class Timeline {
  private start?: number;
  private root?: string;
  private readonly instances = new Set<string>();
  /** Of each command, the statuses of its instances. */
  private readonly commands = new Map<string, Map<string, string>>();
  private failures = 0;

  /** @param output Shows what programs print; nothing does without it */
  constructor(private readonly terminal: Terminal, private readonly output?: ProgramOutput) {}

  public show(event: RunEvent): void {
    switch (event.kind) {
      case 'history':
        this.start ??= event.at;
        this.root ??= event.execution;
        this.history(event.event, event.at, event.execution);
        break;
      case 'event':
        this.event(event.delivery, event.at);
        break;
      case 'command':
        this.commands.set(event.commandId, new Map(event.instanceIds.map((id) => [id, 'Pending'])));
        this.output?.command(event.commandId, event.instanceIds);
        break;
      case 'instance':
        this.instance(event.commandId, event.instanceId, event.status, event.at);
        break;
      case 'output':
        this.output?.line(event);
        break;
      case 'call':
        if (event.call.allowed === false) {
          this.denial(event.call, event.at);
        }
        break;
      case 'notification':
        this.line(event.at, '  notification', oneLine(event.notification.subject, COLUMNS - TIME - NAME), (text) => text);
        break;
      case 'warning':
        for (const part of wrap(`Note: ${visibleLine(event.message)}`, COLUMNS)) {
          this.terminal.line(this.terminal.style.faint(part));
        }
        break;
    }
  }

  private history(event: HistoryEvent, at: number, execution: string): void {
    const { type, state, output, error, cause, retryCount = 0, seconds } = event;
    const { style } = this.terminal;
    // What a started state machine does is shown below the state that started it.
    const name = execution === this.root ? state : `  ${state}`;
    const plain: Tone = (text) => text;
    const callback = callbackWait(event);
    if (callback === '') {
      return;
    }
    if (callback !== undefined) {
      this.line(at, name, callback, style.faint);
    } else if (type === 'WaitStateEntered') {
      this.line(at, name, seconds === undefined ? '' : duration(seconds), style.faint);
    } else if (/^(Pass|Succeed|Fail|Parallel|Map)StateEntered$/.test(type)) {
      this.line(at, name, '', plain);
    } else if (/Scheduled$/.test(type) && retryCount > 0) {
      this.line(at, name, `retry ${retryCount}`, style.warning);
    } else if (/Submitted$/.test(type)) {
      this.line(at, name, 'started, waiting for its end', plain);
    } else if (/^(LambdaFunction|Task)Succeeded$/.test(type)) {
      this.line(at, name, summary(output), plain);
    } else if (/^(LambdaFunction|Task)(Failed|TimedOut)$/.test(type)) {
      this.detail(at, name, describeError(error, cause), style.bad);
    }
  }

  private event({ status, target, phase, attempt, error }: EventDelivery, at: number): void {
    const { style } = this.terminal;
    const name = nameOf(target);
    if (phase === 'lost') {
      this.line(at, 'Event', `${status} is lost`, style.bad);
    } else if (phase !== 'invoked') {
      this.detail(at, `  ${name}`, `${phase === 'dropped' ? 'given up: ' : ''}${error}`, style.bad);
    } else if (attempt === 1) {
      this.line(at, 'Event', `${status} → ${name}`, (text) => text);
    } else {
      this.line(at, `  ${name}`, `retry ${attempt - 1}`, style.warning);
    }
  }

  private instance(commandId: string, instanceId: string, status: string, at: number): void {
    const { style } = this.terminal;
    const isActive = !isTerminal(status);
    const hasFailed = !isActive && status !== 'Success';
    const tone = hasFailed ? style.bad : isActive ? style.faint : style.good;
    if (!isActive) {
      this.output?.ended(commandId, instanceId, hasFailed);
    }
    this.instances.add(instanceId);
    this.failures += hasFailed ? 1 : 0;
    if (this.instances.size <= SHOWN_INSTANCES || (hasFailed && this.failures <= SHOWN_FAILURES)) {
      this.terminal.line(`${this.elapsed(at)}  ${instanceId}  ${tone(status)}`);
    }
    const statuses = this.commands.get(commandId)?.set(instanceId, status);
    if (statuses && statuses.size > SHOWN_INSTANCES && !isActive) {
      this.fleet([...statuses.values()], at);
    }
  }

  /** What a large fleet did not show. */
  private fleet(statuses: readonly string[], at: number): void {
    if (statuses.every(isTerminal)) {
      this.line(at, `  ${statuses.length} instances`, countsOf(statuses), (text) => text);
    }
  }

  private denial({ action, deniedResource = '*', principal }: AwsCall, at: number): void {
    const { style } = this.terminal;
    this.line(at, '  denied', action, style.bad);
    // Partition, service, region and account are those of everything else.
    for (const arn of [deniedResource, principal]) {
      const name = arn.split(':').slice(5).join(':') || arn;
      this.terminal.line(' '.repeat(TIME + NAME) + style.bad(name));
    }
  }

  private line(at: number, name: string, detail: string, tone: Tone): void {
    this.terminal.line(`${this.elapsed(at)}${detail === '' ? tone(name) : `${tone(name.padEnd(NAME))}${tone(detail)}`}`);
  }

  /** Text that may be long: a few lines of it. */
  private detail(at: number, name: string, text: string, tone: Tone): void {
    const [first, ...others] = wrap(oneLine(text, 5 * (COLUMNS - TIME - NAME)), COLUMNS - TIME - NAME);
    this.line(at, name, first, tone);
    for (const other of others) {
      this.terminal.line(' '.repeat(TIME + NAME) + tone(other));
    }
  }

  private elapsed(at: number): string {
    return this.terminal.style.faint(`+${clockTime((at - (this.start ?? at)) / 1000)}  `);
  }
}

/** `Close run`, of `Stack/Job/CloseRun/Resource`. */
function nameOf(path: string): string {
  const id = path.replace(/(\/Resource)+$/, '').split('/').pop() ?? path;
  return id.replace(/(?<=[a-z])[A-Z](?=[a-z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** `47 Success, 3 Failed` */
export function countsOf(statuses: readonly string[]): string {
  return [...new Set(statuses)].map((name) => `${statuses.filter((other) => other === name).length} ${name}`).join(', ');
}

function summary(output: unknown): string {
  const result = jobResult(output);
  return result ? describeInstances(result) : '';
}

function describeError(error = '', cause = ''): string {
  return [error, readableCause(cause)].filter((part) => part !== '').join(': ');
}

/** What is said of a task that waits for a callback, which may be nothing; undefined where it is like any other task. */
function callbackWait({ type, resource = '', retryCount = 0, timeoutSeconds }: HistoryEvent): string | undefined {
  if (!resource.endsWith(CALLBACK) || retryCount > 0) {
    return undefined;
  }
  const limit = timeoutSeconds === undefined ? '' : `up to ${duration(timeoutSeconds)}, or `;
  switch (type) {
    case 'TaskScheduled': return `${limit}until called back`;
    case 'TaskSubmitted': return '';
    case 'TaskSucceeded': return 'called back';
    case 'TaskTimedOut': return 'not called back';
    default: return undefined;
  }
}
