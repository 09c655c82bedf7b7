import { endless, start } from './command-line';
import { sampleApp, SampleOptions } from '../run/sample-app';
import { allow, removeFolders, role, temporaryFolder } from '../run/synthesized-app';
import { eventually, isAlive } from '../services/ssm/rig';

afterAll(removeFolders);

/** The sample app with a schedule, whose job ends with an exit code. */
function scheduledApp(exit: number, { resources, ...options }: SampleOptions = {}): string {
  return sampleApp({
    ...options,
    resources: {
      Scheduler: role('scheduler.amazonaws.com', allow('states:StartExecution', { Ref: 'Job' })),
      Nightly: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          FlexibleTimeWindow: { Mode: 'OFF' },
          ScheduleExpression: 'cron(30 2 * * ? *)',
          ScheduleExpressionTimezone: 'Europe/Rome',
          Target: { Arn: { Ref: 'Job' }, RoleArn: { 'Fn::GetAtt': ['Scheduler', 'Arn'] }, Input: JSON.stringify({ exit }) },
        },
      },
      ...resources,
    },
  });
}

const until = (app: string, ...args: string[]) => start(['run', app, '--from', '2027-03-26T12:00Z', '--work-dir', temporaryFolder(), ...args]);

test('nights that all succeed: a table, and 0', async () => {
  const { code, stdout, stderr } = await until(scheduledApp(0), '--until', '2027-03-27T12:00Z').ended;

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^App\.Nightly: cron\(30 2 \* \* \? \*\) in Europe\/Rome$/m);
  expect(stdout).toMatch(/^Sat 2027-03-27 02:30 {2}Succeeded {5}\d+ s {7,8}0$/m);
  expect(stdout).toMatch(/^1 scheduled time: 1 Succeeded \(.*of real time\)$/m);
});

test('nights of which one fails and one does not exist: what was told, and 1; for programs, the same as a document', async () => {
  const app = scheduledApp(3);
  const { code, stdout } = await until(app, '--until', '2027-03-28T12:00Z').ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/^Sat 2027-03-27 02:30 {2}Failed {8}.* 3\n {22}Told: Nightly index: failed$/m);
  expect(stdout).toMatch(/^Sun 2027-03-28 02:30 {2}NoSuchTime {4}– {11}–\n {22}on 2027-03-28 there is no 02:30 in Europe\/Rome$/m);

  const json = await until(app, '--until', '2027-03-29T12:00Z', '--max-runs', '1', '--json').ended;
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toEqual({
    from: '2027-03-26T12:00:00.000Z',
    until: '2027-03-29T12:00:00.000Z',
    runs: [
      expect.objectContaining({ job: 'App/NightlyIndex', outcome: 'Failed', exitCode: 3, notifications: ['Nightly index: failed'] }),
      expect.objectContaining({ job: 'App/NightlyIndex', outcome: 'NoSuchTime', scheduledTime: '2027-03-28T01:30:00Z', executionName: null }),
    ],
    next: '2027-03-29T00:30:00Z',
    // The functions of this app measure nothing.
    metrics: {},
    realSeconds: expect.any(Number),
    workDir: expect.any(String),
  });
});

test('Ctrl-C stops the program, and shows what there was', async () => {
  const { cdkOut, pid } = endless((options) => scheduledApp(0, options));
  const { child, ended } = until(cdkOut, '--until', '2027-04-27T12:00Z');
  const program = await pid();
  child.kill('SIGINT');
  const { code, stdout } = await ended;

  expect(code).toBe(1);
  expect(stdout).toMatch(/^Sat 2027-03-27 02:30 {2}ABORTED/m);
  expect(stdout).toMatch(/^1 scheduled time: 1 ABORTED/m);
  await eventually(async () => expect(isAlive(program)).toBe(false));
});

test('an app, or a job, without a schedule is not what was asked for', async () => {
  const app = await until(sampleApp(), '--until', '2027-04-01').ended;
  expect({ code: app.code, stderr: app.stderr }).toEqual({
    code: 2, stderr: 'cots-batch-job: the app must have a schedule that is enabled, to run until a time\n',
  });
  const job = await until(scheduledApp(0), '--until', '2027-04-01', '--job', 'Other').ended;
  expect(job.code).toBe(2);
  expect(job.stderr).toMatch(/^cots-batch-job: --job must name a state machine of the app, got 'Other'/);
});
