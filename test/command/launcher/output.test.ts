import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { IS_ROOT, Launchpad, USER } from '../../support/launch';
import { findOrInstall, SHELL_NAMES } from '../../support/shells';

const UID = spawnSync('id', ['-u', USER], { encoding: 'utf8' }).stdout.trim();

/** Starts a program with other streams, and writes owner, mode and kind of these to `before` and `after` in the folder $1. */
const REDIRECT = (redirections: string) => ['sh', '-c', `
  folder=$1; shift
  look() { : >"$folder/$1"; (exec 3>&1 4>&2 >"$folder/$1" 2>/dev/null; for fd in 3 4; do stat -L -c '%u %a %F' /proc/self/fd/$fd; done); }
  around() { look before; "$@"; code=$?; look after; return $code; }
  around "$@" ${redirections}`, 'sh'];

const TERMINAL = ['python3', '-c', 'import os, pty, sys; sys.exit(os.WEXITSTATUS(pty.spawn(sys.argv[1:])))'];
/** Node.js makes pairs of sockets. */
const SOCKETS = [process.execPath, '-e', `
  const { status } = require('node:child_process').spawnSync(process.argv[1], process.argv.slice(2), { stdio: ['ignore', 'pipe', 'pipe'] });
  process.exitCode = status;`];

beforeAll(() => void findOrInstall('python3'));

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  const device = statSync('/dev/null');
  beforeEach(() => {
    launchpad = new Launchpad();
    writeFileSync(path('file'), '');
    chmodSync(path('file'), 0o640);
    symlinkSync(path('file'), path('link'));
    writeFileSync(path('ran'), '');
    chmodSync(path('ran'), 0o666);
  });
  afterEach(() => {
    launchpad.remove();
    // The machine needs it, whatever has become of it here.
    if (IS_ROOT) {
      chownSync('/dev/null', device.uid, device.gid);
      chmodSync('/dev/null', device.mode);
    }
  });
  const path = (file: string) => join(launchpad.folder, file);
  const read = (file: string) => readFileSync(path(file), 'utf8').replace(/ empty/g, '');

  /** Runs a script as the user. It goes on where nobody takes its output. */
  const launch = (redirections: string, outer: string[] = []) => launchpad.launch({
    sh: launchpad.shell(name),
    script: `echo out\necho err >&2\necho ran >'${path('ran')}'`,
    failFast: false,
    runAs: USER,
    under: [...outer, ...REDIRECT(redirections), launchpad.folder],
  });

  test.each<[string, string, string[], RegExp]>([
    ['/dev/null', '>/dev/null 2>&1', [], /^(\d+ 666 character special file\n){2}$/],
    ['a file', '>"$folder/file" 2>>"$folder/file"', [], /^(\d+ 640 regular file\n){2}$/],
    ['a link', '>"$folder/link" 2>>"$folder/link"', [], /^(\d+ 640 regular file\n){2}$/],
    ['a terminal', '', TERMINAL, /^(\d+ \d+ character special file\n){2}$/],
    ['a socket', '', SOCKETS, /^(\d+ \d+ socket\n){2}$/],
    ['nothing at all', '>&- 2>&-', [], /^$/],
  ])('what is no pipe keeps its owner, and the script runs: %s', async (_, redirections, outer, kind) => {
    expect(await launch(redirections, outer)).toMatchObject({ exitCode: 0 });
    expect(read('ran')).toBe('ran\n');
    expect(read('before')).toMatch(kind);
    expect(read('after')).toBe(read('before'));
    expect(statSync('/dev/null')).toMatchObject({ uid: device.uid, gid: device.gid, mode: device.mode });
  });

  test.each<[string, string, string]>([
    ['stdout', '2>"$folder/file"', `${UID} 600 fifo\n${userInfo().uid} 640 regular file\n`],
    ['stderr', '>"$folder/file"', `${userInfo().uid} 640 regular file\n${UID} 600 fifo\n`],
    ['both', '', `${UID} 600 fifo\n${UID} 600 fifo\n`],
  ])('a pipe is the user\'s from then on, whatever the other stream is: %s', async (_, redirections, expected) => {
    expect(await launch(redirections)).toMatchObject({ exitCode: 0 });
    expect(read('after')).toBe(expected);
  });

  test('a pipe is known where /proc numbers processes otherwise, as in another PID namespace', async () => {
    const namespace = ['unshare', '--pid', '--fork'];
    if (spawnSync(namespace[0], [...namespace.slice(1), 'true']).status !== 0) {
      console.warn('This machine does not let the tests make a PID namespace.');
      return;
    }
    expect(await launch('', namespace)).toMatchObject({ exitCode: 0 });
    expect(read('after')).toBe(`${UID} 600 fifo\n${UID} 600 fifo\n`);
  });

  test.each([['stdout', '>&-', 'err\n', ''], ['stderr', '2>&-', '', 'out\n']])('a stream that is closed is no word in the other: %s', async (_, redirections, stderr, stdout) => {
    const ended = await launch(redirections);
    expect({ ...ended, stdout: ended.stdout.toString() }).toEqual({ exitCode: 0, stdout, stderr: expect.stringContaining(stderr) });
    expect(ended.stderr).not.toContain('chown');
  });
});
