import { DocsSection, table } from '../support/docs-section';
import { FleetRow, MEMORY_MB, SCENES } from './fleets/fleets';
import { costOfThousandLooks, memoryRows } from './fleets/memory';
import { HandlerRow, REPEATS } from './handlers/handlers';
import { PackageSize } from './package-size';
import { Results } from './results';
import { SynthRow } from './synth/synth';
import { targets } from './targets';
import { bytes, duration, seconds } from './units';
import { WaitingRow } from './waiting/waiting';

/** The section of docs/measured.md. */
export const SECTION = new DocsSection('measured.md', 'bench');

/** The page's section, as it is to be with these results. */
export function sectionWith(results: Results): string {
  return [
    `Measured by \`npm run bench\` on ${results.day}: ${results.machine}. No test asserts these figures.`,
    table(['Target', 'Measured', 'Met', 'Why not'], targets(results).map(({ text, measured, isMet, limit }) =>
      [text, measured, isMet ? 'yes' : '**no**', isMet ? '' : limit])),
    '## Waiting for the end',
    WAITING,
    waitingTable(results.waiting),
    '## Fleets',
    FLEETS,
    fleetTable(results.fleets),
    memory(results.fleets),
    memoryTable(results.fleets),
    '## Handlers, synth, package',
    handlerTable(results.handlers),
    `Each is loaded in fresh processes of Node.js, in turns with the same handler and the SDK as npm installs it; the fastest of ${REPEATS}.`,
    synthTable(results.synth),
    'Synth of one stack without loading the CDK; the fastest of several processes, each of which has synthesized before.',
    packageSize(results.package),
  ].join('\n\n');
}

const WAITING = `\
Each design runs through the local run: its state machine, its handlers in processes of their own, and a real program that ends exactly when
it is to. Only the waits take no time. The hand-wired ones are [AWS's recipe](https://aws.amazon.com/blogs/architecture/field-notes-how-to-integrate-your-non-cloud-native-cots-software-with-aws-for-batch-processing/)
with two Lambda functions and a fixed wait; what a CDK engineer wires today, without Lambda: a state machine that calls SSM by the SDK
integrations, with a wait of 60 s; and the defaults of Airflow's \`SsmRunCommandOperator\` (a poll every 120 s, 75 polls) as such a
state machine: Airflow itself pays for workers instead. All let the program run for 48 hours, which SSM does not by default. *API calls* are
those to SSM and Step Functions by handlers and states. *USD* are list prices of us-east-1 without free tiers, for transitions,
Lambda as long as it took here, and logs, which only ours keep of the workflow. *Delay* is from the end of the program to the
end of the run, for programs that run between half of that time and all of it: with events, each is a run; where only polls see the end, it is
computed from the times of the polls of one run. How long EventBridge takes to deliver an event is not in it.`;

const FLEETS = `\
One poll of a run on so many instances that are found by a tag: the real bundle in a fresh process with ${MEMORY_MB} MB of heap, against an SSM on
loopback that answers at once; medians of three. Pages can only be asked for one after the other, so that each adds the time that SSM takes to
answer. A poll of more than 50 instances reads them all only where none of them runs: one that does is enough to know that the run goes on.`;

/** Why handlers have the memory and the architecture that they have. */
function memory(rows: readonly FleetRow[]): string {
  const cost = costOfThousandLooks(rows);
  const most = Math.max(...rows.map(({ peakBytes }) => peakBytes));
  return `\
The handlers have ${MEMORY_MB} MB: the largest fleet took ${bytes(most)} here, and more memory buys only time that a wait of minutes does not notice.
Lambda gives a processor in proportion to the memory, so that it costs nothing either: 1,000 polls of an instance that has failed, each with a
cold start, are ${cost.x86.toFixed(4)} USD of processor time, with any memory. They run on x86_64. On arm64 they would be ${cost.arm.toFixed(4)}
USD if it is as fast, which was not measured: neither is worth a prop. Below are the seconds of such a poll, computed from the processor time
that it took here, not measured on Lambda.`;
}

function packageSize({ tarballBytes, installedBytes }: PackageSize): string {
  return `The package is ${bytes(tarballBytes)} to download and ${bytes(installedBytes)} installed, and brings no dependencies along; `
    + '[languages](languages.md#what-was-tried) counts its files.';
}

function waitingTable(rows: readonly WaitingRow[]): string {
  return table(
    ['The program runs', 'Design', 'Transitions', 'Lambda', 'API calls', 'Events', 'USD', 'Delay, median', 'Delay, worst'],
    rows.map((row) => [
      duration(row.programSeconds),
      row.isOurs ? `**${row.design}**` : row.design,
      ...[row.transitions, row.invocations, row.calls, row.historyEvents].map((count) => count.toLocaleString('en')),
      row.cost.toFixed(5),
      ...row.delay ? [seconds(row.delay.median), seconds(row.delay.worst)] : ['never', lossOf(row)],
    ]),
  );
}

function lossOf({ lost }: WaitingRow): string {
  const { afterSeconds, cause } = lost!;
  return `${/history events/.test(cause) ? 'history full' : 'gave up'} after ${seconds(afterSeconds)}`;
}

function fleetTable(rows: readonly FleetRow[]): string {
  return table(
    ['Instances', 'The program', 'API calls', 'Handler time', 'Peak memory', 'Status'],
    rows.map((row) => [
      row.servers.toLocaleString('en'),
      SCENES[row.scene],
      String(row.calls),
      `${row.milliseconds.toFixed(0)} ms`,
      bytes(row.peakBytes),
      bytes(row.statusBytes),
    ]),
  );
}

function memoryTable(rows: readonly FleetRow[]): string {
  const [smallest, largest] = [rows[0], rows.at(-1)!].map(({ servers }) => servers.toLocaleString('en'));
  return table(
    ['Memory', `A poll of ${smallest} instance, cold`, `of ${largest}`],
    memoryRows(rows).map(({ memoryMb, smallestSeconds, largestSeconds }) =>
      [`${memoryMb.toLocaleString('en')} MB`, seconds(smallestSeconds), seconds(largestSeconds)]),
  );
}

function handlerTable(rows: readonly HandlerRow[]): string {
  return table(
    ['Handler', 'Bundle', 'zipped', 'Load', 'with an SDK that is not bundled'],
    rows.map(({ handler, load, unbundledLoad, ...size }) =>
      [`\`${handler}\``, bytes(size.bytes), bytes(size.gzipBytes), `${load.toFixed(0)} ms`, `${unbundledLoad.toFixed(0)} ms`]),
  );
}

function synthTable(rows: readonly SynthRow[]): string {
  const counts = [...new Set(rows.map(({ jobs }) => jobs))];
  const designs = [...new Set(rows.map(({ design }) => design))];
  return table(
    ['Synth', ...counts.map((jobs) => `${jobs} ${jobs === 1 ? 'job' : 'jobs'}`), 'Resources a job'],
    designs.map((design) => {
      const own = rows.filter((row) => row.design === design);
      return [design, ...own.map(({ milliseconds }) => `${milliseconds.toFixed(0)} ms`), (own.at(-1)!.resources / own.at(-1)!.jobs).toFixed(0)];
    }),
  );
}
