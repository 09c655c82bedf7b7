import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { ALONE, everyProp, NIGHTLY, VARIANTS } from './apps';
import { ConsumerFolder } from '../packed/consumer-folder';
import { packed } from '../packed/packed';

/** The oldest that the package works with, and the newest that it was tried with. */
const PEERS = [
  ['2.189.1', '10.4.2'],
  ['2.276.0', '^10'],
];

/** aws-cdk-lib validates templates at synth since then. */
const validates = (cdk: string) => Number(cdk.split('.')[1]) >= 262;

/** The versions of Node.js that the package promises, but the one that runs these tests. */
const OTHER_NODES = ['20', '22', '24'].filter((version) => !process.version.startsWith(`v${version}.`));

describe.each(PEERS)('next to aws-cdk-lib %s and constructs %s', (cdk, constructs) => {
  let folder: ConsumerFolder;

  beforeAll(async () => {
    folder = new ConsumerFolder();
    writeFileSync(folder.file('package.json'), JSON.stringify({ name: 'consumer', private: true }));
    writeFileSync(folder.file('app.js'), NIGHTLY);
    writeFileSync(folder.file('variants.js'), VARIANTS);
    writeFileSync(folder.file('every-prop.js'), everyProp());
    writeFileSync(folder.file('alone.js'), ALONE);
    await folder.succeed('npm', ['install', '--no-audit', '--no-fund', packed('js', '.tgz'), `aws-cdk-lib@${cdk}`, `constructs@${constructs}`]);
  }, 600_000);

  afterAll(() => folder.remove());

  const environment = (cdkOut = 'cdk.out', context: object = {}) => ({
    CDK_OUTDIR: cdkOut,
    CDK_CONTEXT_JSON: JSON.stringify({ '@aws-cdk/core:validateAgainstDefaultRules': true, ...context }),
  });
  const findings = (cdkOut: string) => JSON.parse(readFileSync(folder.file(cdkOut, 'validation-report.json'), 'utf8')).pluginReports;

  test('it brings nothing else into the installation', () => {
    const installed = readdirSync(folder.file('node_modules')).filter((name) => !name.startsWith('.'));
    // @aws-cdk has what aws-cdk-lib depends on.
    expect(installed.sort()).toEqual(['@aws-cdk', 'aws-cdk-lib', 'cdk-cots-batch-job', 'constructs']);
  });

  test('a synth starts no program and opens no connection', async () => {
    const attempts = folder.file('attempts');
    const alone = { ATTEMPTS: attempts, NODE_OPTIONS: '--require ./alone.js' };
    await folder.succeed('node', ['app.js'], { ...environment(), ...alone });
    expect(existsSync(attempts)).toBe(false);
    // That this is noticed:
    await folder.run('node', ['-e', 'require("child_process").spawnSync("esbuild"); '], alone);
    await folder.run('node', ['-e', 'require("https").get("https://192.0.2.1/").on("error", () => {}); '], alone);
    expect(readFileSync(attempts, 'utf8').split('\n')).toEqual(['spawnSync "esbuild"', expect.stringMatching(/^connection /), '']);
  }, 300_000);

  test('jobs with every prop are synthesized', async () => {
    await folder.succeed('node', ['variants.js'], environment('variants.out'));
    expect(readdirSync(folder.file('variants.out')).filter((file) => file.endsWith('.template.json')).sort())
      .toEqual(['everyPropOfHandlers', 'everyPropWithDocument', 'everyPropWithInstances', 'everyPropWithTargets'].map((name) => `${name}.template.json`));
  }, 300_000);

  if (validates(cdk)) {
    test('the validation of aws-cdk-lib has no finding, and finds a faulty property', async () => {
      await folder.succeed('node', ['app.js'], environment());
      expect(findings('cdk.out')).toEqual([]);
      await folder.succeed('node', ['variants.js'], environment('variants.out'));
      expect(findings('variants.out')).toEqual([]);
      expect((await folder.run('node', ['app.js'], environment('faulty.out', { faulty: true }))).status).not.toBe(0);
    }, 300_000);
  }

  test('the synthesized job runs locally, and says that its policies are not checked', async () => {
    await folder.succeed('node', ['app.js'], environment());
    const { status, stdout, stderr } = await folder.run('npx', ['cots-batch-job', 'run', 'cdk.out', '--speed', '60', '--param', 'KEYWORDS=cloud, batch']);
    expect({ status, stdout, stderr }).toMatchObject({ status: 0, stdout: expect.stringContaining('Succeeded') });
    expect(`${stdout}${stderr}`).toContain('@cloud-copilot/iam-simulate');
  }, 300_000);

  test('npx hands on how it ended: 0, 1 and 2, also where nobody reads all of its output', async () => {
    await folder.succeed('node', ['app.js'], environment());
    const command = 'npx cots-batch-job run cdk.out --speed 60';
    const codes = [command, `${command} --targets x`, `${command} | head -1`, `${command} --param KEYWORDS=0`].map(async (script) =>
      [script.replace(command, '').trim(), (await folder.run('bash', ['-c', `${script}; exit "\${PIPESTATUS[0]}"`])).status]);
    expect(await Promise.all(codes)).toEqual([['', 0], ['--targets x', 2], ['| head -1', 1], ['--param KEYWORDS=0', 1]]);
  }, 300_000);

  // As Ctrl-C in a terminal, which everybody there gets; and as a CI that stops a job.
  test.each([['SIGINT', '-s INT -- -$npx'], ['SIGTERM', '-s TERM $npx']])('nothing is left running where npx is ended by %s', async (signal, kill) => {
    const program = folder.file(`${signal}.pid`);
    await folder.succeed('node', ['app.js'], { ...environment(`${signal}.out`), PROGRAM: `echo $$ >'${program}'; sleep 600` });
    const { status } = await folder.run('bash', ['-c', `
      set -m
      npx cots-batch-job run ${signal}.out & npx=$!
      until [ -s '${program}' ]; do kill -0 $npx || exit 98; sleep 0.2; done
      kill ${kill}
      wait $npx; code=$?
      for _ in $(seq 100); do kill -0 "$(cat '${program}')" 2>/dev/null || exit $code; sleep 0.2; done
      exit 99`]);
    expect([1, 128 + constants.signals[signal as NodeJS.Signals]]).toContain(status);
  }, 300_000);

  test('a program gets one JSON document', async () => {
    const output = await folder.succeed('npx', ['cots-batch-job', 'run', 'cdk.out', '--speed', '60', '--json']);
    expect(JSON.parse(output)).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 0 } });
  }, 300_000);

  test('the folder of the package may be read-only', async () => {
    const folderOfPackage = 'node_modules/cdk-cots-batch-job';
    // Root writes everywhere, unless it gives up its capabilities.
    const [command, ...args] = [...process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--'] : [], 'node'];
    await folder.succeed('chmod', ['-R', 'a-w', folderOfPackage]);
    try {
      const write = await folder.run(command, [...args, '-e', `fs.writeFileSync('${folderOfPackage}/assets/x', '')`]);
      expect(write.stderr).toContain('EACCES');
      await folder.succeed(command, [...args, 'app.js'], environment('read-only.out'));
      // Again over what is there.
      await folder.succeed(command, [...args, 'app.js'], environment('read-only.out'));
      await folder.succeed(command, [...args, `${folderOfPackage}/assets/local/cli/index.js`, 'run', 'read-only.out', '--speed', '60']);
    } finally {
      await folder.succeed('chmod', ['-R', 'u+w', folderOfPackage]);
    }
  }, 300_000);

  if (cdk === PEERS[0][0]) {
    test.each(OTHER_NODES)('Node.js %s synthesizes the same, and runs it', async (version) => {
      await folder.succeed('node', ['app.js'], environment());
      const nodePackage = `node-${process.platform}-${process.arch}`;
      await folder.succeed('npm', ['install', '--no-audit', '--no-fund', '--prefix', `node-${version}`, `${nodePackage}@${version}`]);
      const path = [folder.file(`node-${version}/node_modules/${nodePackage}/bin`), process.env.PATH].join(delimiter);
      expect(await folder.succeed('node', ['--version'], { PATH: path })).toMatch(new RegExp(`^v${version}\\.`));
      await folder.succeed('node', ['app.js'], { ...environment(`node-${version}.out`), PATH: path });
      expect(readFileSync(folder.file(`node-${version}.out/Nightly.template.json`))).toEqual(readFileSync(folder.file('cdk.out/Nightly.template.json')));
      await folder.succeed('node', ['node_modules/cdk-cots-batch-job/assets/local/cli/index.js', 'run', `node-${version}.out`, '--speed', '60'], { PATH: path });
    }, 300_000);
  }
});
