import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { BatchCommand, CotsBatchJob } from '../../src';
import { openLocalRun } from '../../src/local/run/local-run';
import { LocalRunResult, RunEvent } from '../../src/local/run/run-record';

/** A minute of the program takes a second. */
const SPEED = 60;

export const INSTANCE_IDS = ['i-0a1b2c3d4e5f60001', 'i-0a1b2c3d4e5f60002', 'i-0a1b2c3d4e5f60003'];

/** The one on which the program fails. */
export const FAILING_INSTANCE = INSTANCE_IDS[1];

/** Stands in for a program that somebody bought: it takes minutes, and fails on one of its instances as databases do. */
const PROGRAM = `#!/bin/sh
echo "billing-run 7.4: cycle $2"
case $AWS_SSM_INSTANCE_ID in
  ${FAILING_INSTANCE})
    sleep 1.6
    echo "read 18204 contracts"
    sleep 0.8
    echo "ORA-01653: unable to extend table BILLING.INVOICES by 128 in tablespace USERS" >&2
    exit 3 ;;
  ${INSTANCE_IDS[0]}) sleep 4.1 ;;
  *) sleep 2.9 ;;
esac
echo "all invoices written"
`;

export interface NightlyBilling {
  readonly result: LocalRunResult;
  readonly events: RunEvent[];
}

/** A run of a job on three instances, on this machine, that fails on one of them; and all that happened. */
export async function runNightlyBilling(): Promise<NightlyBilling> {
  const folder = mkdtempSync(join(tmpdir(), 'nightly-billing-'));
  try {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/billing-run'), PROGRAM, { mode: 0o755 });
    const events: RunEvent[] = [];
    const run = await openLocalRun(synthesize(join(folder, 'cdk.out')), {
      speed: SPEED,
      authorize: 'required',
      workDir: join(folder, 'work'),
      ssm: { path: [join(folder, 'bin')], workingDirectory: () => folder },
      onEvent: (event) => events.push(event),
    });
    try {
      return { result: await run.start().result, events };
    } finally {
      await run.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function synthesize(outdir: string): string {
  const app = new App({ outdir });
  const stack = new Stack(app, 'Nightly');
  new CotsBatchJob(stack, 'NightlyBilling', {
    instanceIds: INSTANCE_IDS,
    command: BatchCommand.shell('billing-run --cycle nightly'),
    executionTimeout: Duration.hours(6),
    schedule: ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.EUROPE_ROME }),
    runbookUrl: 'https://wiki.example.com/nightly-billing',
    notificationTargets: [new EmailSubscription('ops@example.com')],
  });
  app.synth();
  return outdir;
}
