import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Stack, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { BatchCommand, CotsBatchJob } from '../../src';
import { INSTANCE_ID } from '../support/synth';

const ROOT = resolve(__dirname, '../..');

const folder = mkdtempSync(join(tmpdir(), 'nights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two jobs: one at a time that not every day has, and that fails in its second night, and one at the end of the month. */
function synthesize(): string {
  const app = new App({ outdir: join(folder, 'cdk.out'), context: { 'aws:cdk:enable-path-metadata': true } });
  const stack = new Stack(app, 'Nights');
  const job = (id: string, script: string, when: { hour: string; minute: string; day?: string }) => new CotsBatchJob(stack, id, {
    instanceIds: [INSTANCE_ID],
    command: BatchCommand.shell(script),
    schedule: ScheduleExpression.cron({ ...when, timeZone: TimeZone.EUROPE_ROME }),
  });
  const nights = join(folder, 'nights');
  job('NightlyIndex', `echo x >>'${nights}'; [ "$(wc -l <'${nights}')" -ne 2 ] || exit 4`, { hour: '2', minute: '30' });
  job('MonthEnd', 'echo closed', { hour: '4', minute: '0', day: 'L' });
  app.synth();
  return app.outdir;
}

/** How long something took differs. */
const withoutTimes = (text: string) => text.replace(/\b(\d+ (min|s) ?)+( +| of)/g, (_, __, ___, end: string) => `N s${end.trim() === '' ? ' ' : end}`);

test('the nights in the page about the local run are what it prints', async () => {
  const page = readFileSync(join(ROOT, 'docs/guide/local-run.md'), 'utf8');
  const [, command, shown] = /```text\n\$ npx cots-batch-job (run .*--until .*)\n([^`]*)```/.exec(page)!;
  const args = command.replace('cdk.out', synthesize()).split(' ');

  const printed = await new Promise<string>((done) => {
    execFile(process.execPath, [join(ROOT, 'assets/local/cli/index.js'), ...args], { cwd: ROOT }, (_error, stdout) => done(stdout));
  });

  expect(withoutTimes(printed)).toBe(withoutTimes(shown));
});
