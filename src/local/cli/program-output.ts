import * as path from 'node:path';
import { COLUMNS, Terminal } from './terminal';
import { RunEvent } from '../run/run-record';
import { LAST_LINES, LIVE_LINES } from '../services/ssm/output-lines';
import { visible, wrap } from '../text';

type Output = Extract<RunEvent, { kind: 'output' }>;

/** Up to how many instances a fleet is shown whole; of a larger one, only what fails. */
export const SHOWN_INSTANCES = 10;

/** Of how many instances that fail, in a larger fleet, the last lines are shown. */
const SHOWN_FAILURES = 10;

/** Width of what is before an instance or a line: that of the times of a timeline. */
const MARGIN = 8;

/** Every so many columns, a terminal has a tab stop. */
const TAB = 8;

/** How a terminal shows a line that a program wrote anew again and again, as progress bars do: its last state. */
const REWRITTEN = /^.*\r+(?=[^\r])/s;

/**
 * Shows what programs print, as they print it: with the instance, where there are several, and with `err` before what is not stdout.
 */
export class ProgramOutput {
  private readonly instances = new Set<string>();
  private readonly largeFleets = new Set<string>();
  /** Of each stream, the number of the last line that was shown. */
  private readonly shown = new Map<string, number>();
  /** Of each instance of a large fleet, its last lines. */
  private readonly held = new Map<string, Output[]>();
  private failures = 0;

  /** @param workDir Names of files are shown as they are from there */
  constructor(private readonly terminal: Terminal, private readonly workDir: string) {}

  /** A command was sent. */
  public command(commandId: string, instanceIds: readonly string[]): void {
    instanceIds.forEach((id) => this.instances.add(id));
    if (instanceIds.length > SHOWN_INSTANCES) {
      this.largeFleets.add(commandId);
      this.note(`of ${instanceIds.length} instances, only the output of those that fail is shown; all of it is in commands/${commandId}/`);
    }
  }

  /** A program has printed a line. */
  public line(event: Output): void {
    if (this.largeFleets.has(event.commandId)) {
      const key = `${event.commandId} ${event.instanceId}`;
      this.held.set(key, [...this.held.get(key) ?? [], event].slice(-LAST_LINES));
    } else {
      this.show(event);
    }
  }

  /** A command has ended on an instance. */
  public ended(commandId: string, instanceId: string, hasFailed: boolean): void {
    const key = `${commandId} ${instanceId}`;
    const lines = this.held.get(key) ?? [];
    this.held.delete(key);
    if (hasFailed && lines.length > 0) {
      this.failures += 1;
      if (this.failures <= SHOWN_FAILURES) {
        lines.forEach((line) => this.show(line));
      }
    }
  }

  private show(event: Output): void {
    const { commandId, instanceId, step, stream, number, line, isCut } = event;
    const { style } = this.terminal;
    const key = JSON.stringify([commandId, instanceId, step, stream]);
    const missing = number - (this.shown.get(key) ?? 0) - 1;
    this.shown.set(key, number);
    if (missing > 0) {
      this.write(event, style.faint(`… ${missing.toLocaleString('en-US')} more ${missing === 1 ? 'line' : 'lines'}, see ${this.fileOf(event)}`));
    }
    // A program has no styles here: whatever else is in a line of the terminal, it has not written.
    this.write(event, `${withoutTabs(visible(line.replace(/\r+$/, '').replace(REWRITTEN, '')))}${isCut ? style.faint('…') : ''}`);
    if (number === LIVE_LINES) {
      this.write(event, style.faint(`… from here on, only the last ${LAST_LINES} lines are shown, at the end; all are in ${this.fileOf(event)}`));
    }
  }

  private write({ instanceId, stream }: Output, text: string): void {
    const { style } = this.terminal;
    const label = style.warning((stream === 'stderr' ? 'err ' : '').padStart(MARGIN));
    const prefix = this.instances.size > 1 ? style.series([...this.instances].indexOf(instanceId), `${instanceId} `) : '';
    this.terminal.line(`${label}${prefix}${style.faint('│')} ${text}`);
  }

  private fileOf({ file }: Output): string {
    return path.relative(this.workDir, file);
  }

  private note(text: string): void {
    wrap(`Note: ${text}`, COLUMNS).forEach((part) => this.terminal.line(this.terminal.style.faint(part)));
  }
}

/** What is before a line here must not move its columns. */
function withoutTabs(line: string): string {
  return line.split('\t').reduce((before, part) => `${before.padEnd((Math.floor(before.length / TAB) + 1) * TAB)}${part}`);
}
