import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Launchpad, variables } from '../../support/launch';
import { SHELL_NAMES } from '../../support/shells';

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  beforeEach(() => {
    launchpad = new Launchpad();
  });
  afterEach(() => launchpad.remove());

  const launch = (options: Parameters<Launchpad['launch']>[0]) =>
    launchpad.launch({ sh: launchpad.shell(name), script: 'echo started', lock: { waitSeconds: 0 }, ...options });
  const seconds = (fromNow: number) => String(Math.floor(Date.now() / 1000) + fromNow);

  test.each(['', '99999999999'])('a run that has the time begins: before %j', async (startBefore) => {
    expect(await launch({ runId: 'r', startBefore })).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n'), stderr: '' });
    expect(await launch({ runId: 's', startBefore: seconds(60) })).toMatchObject({ exitCode: 0 });
  });

  test('one that is late does not begin, and leaves neither mark nor lock: it may come again', async () => {
    const late = await launch({ runId: 'r', startBefore: '1795226400' });
    expect(late).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
    expect(late.stderr).toMatch(/^cots-batch-job: not started: too late: it had to begin before 2026-11-21T02:00:00Z, and on this instance it is \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
    expect((await launch({ runId: 'r', startBefore: seconds(0) })).exitCode).toBe(215);
    expect(existsSync(join(launchpad.state, 'Job'))).toBe(false);
    expect((await launch({ runId: 'r' })).exitCode).toBe(0);
  });

  test('a run that was started in time and comes again was not late', async () => {
    const agent = { SSM_COMMAND_ID: 'c-1' };
    expect((await launch({ runId: 'r', agent, startBefore: seconds(600) })).exitCode).toBe(0);
    expect((await launch({ runId: 'r', agent, startBefore: seconds(-600) })).exitCode).toBe(214);
    expect((await launch({ runId: 'r', lock: undefined, startBefore: seconds(-600) })).exitCode).toBe(213);
  });

  test('a parameter without a value starts nothing: the document may be newer than the definition of the run', async () => {
    const parameterNames = ['KEYWORDS', 'DIR'];
    for (const values of [{}, { KEYWORDS: 'a' }, { KEYWORDS: 'DIR=' }] as Record<string, string>[]) {
      const ended = await launch({ runId: `r${Object.keys(values).length}${values.KEYWORDS}`.replace('=', ''), parameterNames, variables: variables(values), script: 'rm -rf "$DIR/tmp"; echo started' });
      expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
      expect(ended.stderr).toBe(`cots-batch-job: not started: the run has no value for parameter ${'KEYWORDS' in values ? 'DIR' : 'KEYWORDS'}\n`);
    }
    expect((await launch({ parameterNames, variables: variables({ KEYWORDS: 'a' }) })).stderr)
      .toBe('cots-batch-job: not started: the run has no value for parameter DIR, Variables takes NAME=base64 of the value, separated by commas\n');
    expect(await launch({ parameterNames, variables: variables({ DIR: '', KEYWORDS: '' }) })).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
