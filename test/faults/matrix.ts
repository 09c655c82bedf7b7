import { ALWAYS, CallName, Fault, FaultKind, KINDS, ONCE } from './fault';
import { Cell, Claim, End, Expectation, meantServersOf, Trial } from './trial';
import { Outcome } from '../../src/protocol';

/** How a run ends in which a call fails. */
export interface Ending {
  /** As the page shows it. */
  readonly label: string;
  readonly claim: Claim;
  /** Whether the program runs; undefined where that is chance. */
  readonly ran: boolean | undefined;
  /** Whether the program still runs when all is over. */
  readonly lives?: boolean;
  /** @default - what the program's exit code makes it */
  readonly outcome?: Outcome;
  /** @default - one of a failure, none of a success */
  readonly notifications?: number;
}

/** A call, and what comes of the run when it fails. */
export interface Row {
  readonly call: CallName;
  /** As the page shows it. */
  readonly label: string;
  /** What it takes for the call to be made. */
  readonly given: Trial;
  /** How executions that were started before end. */
  readonly others?: readonly End[];
  /** Where the first call fails and, where that is tried, every call. */
  readonly endings: { readonly [kind in FaultKind]?: readonly [once: Ending, always?: Ending] };
}

export const RUNS: Ending = { label: 'runs', claim: Claim.WATCHED, ran: true };
/** The run goes on, and people are notified of that. */
export const RUNS_UNREAD: Ending = { ...RUNS, label: 'runs, notified', notifications: 1 };

export const NOT_STARTED: Ending = { label: 'not started', claim: Claim.NOT_STARTED, ran: false, outcome: Outcome.FAILED };

/** Whether the program was started is not known: it was not. */
export const UNKNOWN: Ending = { label: 'unknown', claim: Claim.UNKNOWN, ran: false, outcome: Outcome.FAILED };

/** How it ended is not known: it has run. */
export const UNKNOWN_RAN: Ending = { ...UNKNOWN, ran: true };

/** The same, because SSM does not say, or the instance does not. */
export const UNRESPONSIVE: Ending = { ...UNKNOWN_RAN, outcome: Outcome.UNRESPONSIVE };

/** One test for each ending of some rows. */
export function cellsOf(rows: readonly Row[]): Cell[] {
  return rows.flatMap((row) => (Object.keys(row.endings) as FaultKind[]).flatMap((kind) => {
    const [once, always] = row.endings[kind]!;
    return [cell(row, kind, ONCE, once), ...always ? [cell(row, kind, ALWAYS, always)] : []];
  }));
}

function cell(row: Row, kind: FaultKind, hits: Fault['hits'], ending: Ending): Cell {
  const { call, label, given } = row;
  const trial: Trial = { ...given, faults: [...given.faults ?? [], { call, kind, hits }], isLong: given.isLong || hits === ALWAYS };
  const name = `${label.replace(/`/g, '')}, ${KINDS[kind]} ${hits === ALWAYS ? 'every time' : 'once'}`;
  return { name, trial, expected: expectation(trial, row, ending) };
}

function expectation(trial: Trial, { others = [] }: Row, { claim, ran, lives, ...ending }: Ending): Expectation {
  const outcome = ending.outcome ?? (trial.exitCode ? Outcome.FAILED : Outcome.SUCCEEDED);
  const { notifications = outcome === Outcome.SUCCEEDED ? 0 : 1 } = ending;
  const told = notifications > 0 || outcome === Outcome.SUCCEEDED;
  return {
    ran: ran === undefined ? undefined : ran ? meantServersOf(trial).length : 0,
    ends: [...others, ...told ? [{ outcome, claim, notifications }] : []],
    lives,
    untold: told ? 0 : 1,
  };
}
