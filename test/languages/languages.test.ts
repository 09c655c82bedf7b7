import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { artifacts } from './artifacts';
import { Language } from './language';
import { synthesizedBy } from './metadata';
import { python } from './python';
import { rowsOf, table } from './table';
import { absent, here, testOfAbsent } from './toolchains';
import { Trial } from './trial';
import { typescript } from './typescript';

const PAGE = resolve(__dirname, '../../docs/languages.md');
/** For whoever has to write that table anew. */
const REPORT = resolve(__dirname, '../../test-reports/languages.md');

/** What the program prints and ends with: a warning, which the examples count as success. */
const INDEX_SITES = '#!/bin/sh\necho "indexed $2 in $PWD"\nexit 4\n';

const trials = new Map<Language, Promise<Trial>>();
const verdicts = new Map(here.map(({ name }) => [name, { templateEqual: false, localRun: false }]));

beforeAll(async () => {
  here.forEach((language) => trials.set(language, Trial.of(language)));
  await Promise.allSettled(trials.values());
}, 1_200_000);

afterAll(async () => {
  for (const result of await Promise.allSettled(trials.values())) {
    if (result.status === 'fulfilled') {
      result.value.folder.remove();
    }
  }
});

if (absent.length > 0) {
  testOfAbsent.each(absent.map(({ language, tools }) => [language.name, tools]))(
    '%s is left out, because this machine does not have: %s', (name, tools) => {
      throw new Error(`${name} cannot be checked: ${tools} must succeed on this machine`);
    });
}

describe.each(here.map((language) => [language.name, language] as const))('%s', (_name, language) => {
  let trial: Trial;
  let reference: Trial;

  beforeAll(async () => {
    [trial, reference] = await Promise.all([trials.get(language)!, trials.get(typescript)!]);
  });

  /** @param user whose installation has the command */
  async function runLocally(user: Trial, command: string, args: string[]) {
    const programs = user.folder.file('programs');
    mkdirSync(programs, { recursive: true });
    writeFileSync(join(programs, 'index-sites'), INDEX_SITES, { mode: 0o755 });
    const path = [...(user.language.bins ?? []).map((bin) => user.folder.file(bin)), process.env.PATH].join(delimiter);
    const options = ['--path', programs, '--speed', '60', '--param', 'KEYWORDS=cloud, batch', '--json'];
    return JSON.parse(await user.folder.succeed(command, [...args, 'run', trial.folder.file('cdk.out'), ...options], { PATH: path }));
  }

  test('the template differs from TypeScript\'s only in the name of the language, in CDK\'s metadata', () => {
    const { runtime, ...rest } = synthesizedBy(trial.read('Nightly.template.json'));
    const { runtime: _, ...expected } = synthesizedBy(reference.read('Nightly.template.json'));
    expect(rest).toEqual(expected);
    expect(runtime).toMatch(language.runtime);
    verdicts.get(language.name)!.templateEqual = true;
  });

  test('the handlers are those of the other languages, byte by byte', () => {
    // One of them has its engine for patterns next to it.
    expect(Object.keys(trial.handlers())).toHaveLength(4);
    expect(trial.handlers()).toEqual(reference.handlers());
  });

  test('wrong props are answered by an exception with the same message', () => {
    // The message of a Java exception goes on with the stack of the JavaScript one.
    const firstLines = Object.entries(trial.messages).map(([mistake, message]) => [mistake, message.split('\n')[0]]);
    expect(Object.fromEntries(firstLines)).toEqual({
      noTarget: 'CotsBatchJob must have either instanceIds or targets, got {"instanceIds":"none","targets":"none"}',
      duration: 'executionTimeout must be whole seconds between 5 seconds and 2 days (limit of SSM), got "2 days 1 hour"',
      jobName: 'jobName must be printable ASCII without leading or trailing blanks, got "Ä"',
      parameterDefault: 'the default of parameter KEYWORDS must match "[a-z]+" as a whole, got "Cloud"',
    });
  });

  test('its cdk.out runs to its end with the command of the npm package', async () => {
    expect(await runLocally(reference, 'npx', ['cots-batch-job'])).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'Succeeded', exitCode: 4, instances: { total: 1, succeeded: 1 } },
    });
    verdicts.get(language.name)!.localRun = true;
  }, 300_000);

  if (language === python) {
    test('its package brings the command along', async () => {
      // By its path, because pip cannot make scripts start in a folder with a space in its path.
      expect(await runLocally(trial, 'python3', [trial.folder.file('.venv/bin/cots-batch-job')])).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 4 } });
    }, 300_000);
  }
});

test('the table of docs/languages.md is what was measured here, give or take a tenth', () => {
  const measured = table(artifacts(), verdicts);
  writeFileSync(REPORT, measured);
  const rows = rowsOf(measured);
  const stated = rowsOf(readFileSync(PAGE, 'utf8'));
  expect(stated.map(({ text }) => text)).toEqual(expect.arrayContaining(rows.map(({ text }) => text)));
  for (const { text, size, files } of rows) {
    const row = stated.find((one) => one.text === text)!;
    expect({ text, close: Math.abs(row.size - size) <= Math.max(0.1, size / 10) && Math.abs(row.files - files) <= files / 10 })
      .toEqual({ text, close: true });
  }
}, 60_000);
