import { describeInstances, jobResult, readableCause } from './job-result';
import { clockTime, COLUMNS, duration, oneLine, Terminal, visibleLine, wrap } from './terminal';
import { AwsCall, EventDelivery, RunEvent } from '../run/run-record';
import { HistoryEvent } from '../services/states/history';

/** Width of the time, and of the name of a state. */
const TIME = 8;
const NAME = 18;

/** In a larger fleet, only instances that fail are shown. */
const SHOWN_INSTANCES = 10;

/** How the resource of a task ends that waits for a callback. */
const CALLBACK = '.waitForTaskToken';

type Tone = (text: string) => string;

/** Shows what happens, one line an event, with the time that has passed in the run. */
export class Timeline {
  private start?: number;
  private root?: string;
  private readonly instances = new Set<string>();

  constructor(private readonly terminal: Terminal) {}

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
      case 'instance':
        this.instance(event.instanceId, event.status, event.at);
        break;
      case 'call':
        if (!event.call.allowed) {
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

  private instance(instanceId: string, status: string, at: number): void {
    const { style } = this.terminal;
    const tone =
      status === 'Success' ? style.good : /^(Pending|InProgress|Delayed|Cancelling)$/.test(status) ? style.faint : style.bad;
    this.instances.add(instanceId);
    if (this.instances.size > SHOWN_INSTANCES && tone !== style.bad) {
      return;
    }
    this.terminal.line(`${this.elapsed(at)}  ${instanceId}  ${tone(status)}`);
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
  const id = path.replace(/\/Resource$/, '').split('/').pop() ?? path;
  return id.replace(/(?<=[a-z])[A-Z](?=[a-z])/g, (letter) => ` ${letter.toLowerCase()}`);
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
