import * as fs from 'node:fs';
import * as path from 'node:path';
import { endless, Ended, start } from './command-line';
import { sampleApp } from '../run/sample-app';
import { removeFolders, temporaryFolder } from '../run/synthesized-app';

afterAll(removeFolders);

const run = async (app: string, ...args: string[]): Promise<Ended> =>
  start(['run', app, '--speed', '50', '--work-dir', temporaryFolder(), ...args]).ended;

/** What a page says of how the run ended, if it is whole. */
function verdictOf(file: string): string | undefined {
  const page = fs.readFileSync(file, 'utf8');
  return /<title>(.*?)<\/title>[^]*<\/html>\n$/.exec(page)?.[1];
}

const pageIn = (folder: string): string => path.join(folder, 'run.html');

test.each([
  ['SUCCEEDED', 0, '{"exit":0}'],
  ['FAILED', 1, '{"exit":3}'],
])('a run that has %s has its page, and says where it is', async (status, exitCode, input) => {
  const folder = temporaryFolder();
  const { code, stdout, stderr } = await run(sampleApp(), '--html', pageIn(folder), '--input', input);

  expect({ code, stderr }).toEqual({ code: exitCode, stderr: '' });
  expect(stdout).toContain(`\nPage        ${pageIn(folder)}\n`);
  expect(verdictOf(pageIn(folder))).toBe(`App/NightlyIndex: ${status}`);
  expect(fs.readdirSync(folder)).toEqual(['run.html']);
});

test('--json writes the same document with a page as without', async () => {
  const folder = temporaryFolder();
  const { code, stdout, stderr } = await run(sampleApp(), '--json', '--html', pageIn(folder));

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(fs.readFileSync(pageIn(folder), 'utf8')).toContain(JSON.parse(stdout).commands[0].commandId);
});

test('a run that is interrupted has its page', async () => {
  const folder = temporaryFolder();
  const { cdkOut, pid } = endless(sampleApp);
  const { child, ended } = start(['run', cdkOut, '--work-dir', temporaryFolder(), '--html', pageIn(folder)]);
  await pid();
  child.kill('SIGINT');

  expect((await ended).code).toBe(1);
  expect(verdictOf(pageIn(folder))).toBe('App/NightlyIndex: ABORTED');
});

test('a page that can not be written is refused before anything runs', async () => {
  const folder = temporaryFolder();
  const missing = path.join(folder, 'missing/run.html');

  expect(await run(sampleApp(), '--html', missing)).toEqual({
    code: 2, stdout: '', stderr: `cots-batch-job: --html must be a file that can be written, got '${missing}': ENOENT: no such file or directory\n`,
  });
});

test('a page that can not be written any more takes nothing from the result, and is not called written', async () => {
  const folder = temporaryFolder();
  const { cdkOut, pid } = endless(sampleApp);
  const { child, ended } = start(['run', cdkOut, '--work-dir', temporaryFolder(), '--html', pageIn(folder)]);
  await pid();
  fs.rmSync(folder, { recursive: true });
  child.kill('SIGINT');

  const { code, stdout, stderr } = await ended;

  expect(code).toBe(1);
  expect(stdout).toContain('ABORTED after');
  expect(stdout).not.toContain('\nPage');
  expect(stderr).toContain(`--html must be a file that can be written, got '${pageIn(folder)}'`);
});

test('values of sensitive parameters are not in a page', async () => {
  const folder = temporaryFolder();
  const input = { exit: 0, parameters: { TOKEN: 'c0nfidential', PIN: '42' } };
  const app = sampleApp({ resources: sensitive() });
  const { code } = await run(app, '--html', pageIn(folder), '--input', JSON.stringify(input));

  expect(code).toBe(0);
  const page = fs.readFileSync(pageIn(folder), 'utf8');
  expect(page).toContain('&quot;TOKEN&quot;: &quot;***&quot;');
  expect(page).toContain('&quot;PIN&quot;: &quot;***&quot;');
  expect(page).not.toContain('c0nfidential');
});

/** The job with settings, as a job of this library has them in its definition. */
function sensitive(): NonNullable<Parameters<typeof sampleApp>[0]>['resources'] {
  const template = JSON.parse(fs.readFileSync(path.join(sampleApp(), 'App.template.json'), 'utf8'));
  const job = template.Resources.Job;
  const parts = job.Properties.DefinitionString['Fn::Join'][1];
  const parameters = { TOKEN: { sensitive: true }, PIN: { sensitive: true } };
  const settings = JSON.stringify({ Type: 'Pass', Parameters: { parameters }, ResultPath: '$.settings', Next: 'Send command' });
  parts[0] = parts[0].replace('{"StartAt":"Send command","States":{', `{"StartAt":"Settings","States":{"Settings":${settings},`);
  return { Job: job };
}
