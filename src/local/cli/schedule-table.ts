import { COLUMNS, Terminal } from './terminal';
import { ScheduledRun, ScheduledRuns } from '../run/scheduled-runs';
import { Schedule } from '../services/scheduler/schedules';
import { duration, oneLine, visibleLine, wrap } from '../text';

/** Widths of the columns, each with what separates it from the next. */
const TIME = 22;
const JOB = 16;
const OUTCOME = 14;
const TOOK = 12;
const CODE = 4;

/** Days of the week, as `Date` counts them. */
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** What came of each scheduled time: a line each, with what was told, or why nothing ran, below it. */
export class ScheduleTable {
  /** @param namesJobs Whether a line says which job it is about */
  constructor(private readonly schedules: readonly Schedule[], private readonly namesJobs: boolean, private readonly terminal: Terminal) {}

  public head(from: Date, until: Date): void {
    const { style } = this.terminal;
    for (const { path, expression, zone } of this.schedules) {
      this.terminal.line(oneLine(`${path}: ${expression} in ${zone}`, COLUMNS));
    }
    this.terminal.line(style.faint(`From ${minute(from)} until ${minute(until)} UTC; what lies between is skipped.`));
    this.terminal.line();
    this.terminal.line(style.bold(this.columns('Scheduled', 'Job', 'Outcome', 'Took', 'Exit code')));
  }

  public row({ job, schedule, clockTime, outcome, status, durationSeconds, exitCode, isCheck, notifications, cause }: ScheduledRun): void {
    const { style } = this.terminal;
    const isPlain = outcome === 'Succeeded';
    const tone = isPlain ? style.good : status === 'SUCCEEDED' ? style.warning : style.bad;
    const time = `${WEEKDAYS[new Date(`${clockTime}Z`).getUTCDay()]} ${clockTime.replace('T', ' ')}`;
    const took = durationSeconds === null ? '–' : duration(durationSeconds);
    const notes = [...isCheck ? ['a check'] : [], ...schedule === null ? ['no schedule'] : []];
    const code = exitCode === null ? '–' : String(exitCode);
    const line = this.columns(time, job.split('/').pop()!, outcome, took, code.padEnd(notes.length > 0 ? CODE : 0) + notes.join(', '));
    const [before, after] = [line.slice(0, this.outcomeColumn), line.slice(this.outcomeColumn + outcome.length)];
    this.terminal.line(`${before}${tone(outcome)}${after}`);
    const told = notifications.length > 0 ? notifications.map((subject) => `Told: ${subject}`) : cause === '' ? [] : [cause];
    for (const text of told) {
      this.terminal.line(style.faint(' '.repeat(TIME) + oneLine(visibleLine(text), COLUMNS - TIME)));
    }
  }

  /**
   * @param metrics How often CloudWatch would count each outcome
   */
  public foot({ runs, next }: ScheduledRuns, metrics: { readonly [outcome: string]: number }, realSeconds: number): void {
    const outcomes = [...new Set(runs.map(({ outcome }) => outcome))];
    const counts = outcomes.map((name) => `${runs.filter(({ outcome }) => outcome === name).length} ${name}`);
    this.terminal.line();
    const lines = [
      `${runs.length} scheduled ${runs.length === 1 ? 'time' : 'times'}: ${counts.join(', ') || 'none'} (${duration(realSeconds)} of real time)`,
      `CloudWatch would count: ${Object.entries(metrics).map(([name, count]) => `${count} ${name}`).join(', ') || 'nothing'}`,
      ...next === undefined ? [] : [`Ended at --max-runs. The next one would have been at ${next}.`],
    ];
    lines.flatMap((line) => wrap(line, COLUMNS)).forEach((line) => this.terminal.line(line));
  }

  private get outcomeColumn(): number {
    return TIME + (this.namesJobs ? JOB : 0);
  }

  private columns(time: string, job: string, outcome: string, took: string, code: string): string {
    const cell = (text: string, width: number): string => oneLine(text, width - 2).padEnd(width);
    return cell(time, TIME) + (this.namesJobs ? cell(job, JOB) : '') + cell(outcome, OUTCOME) + cell(took, TOOK) + code;
  }
}

function minute(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
}
