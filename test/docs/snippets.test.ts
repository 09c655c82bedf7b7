import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { Block, pages, ROOT } from './pages';
import { parseCommandLine } from '../../src/local/cli/cli-options';

const blocks = pages().flatMap((page) => page.blocks);
const of = (language: string) => blocks.filter(({ info }) => info.split(' ')[0] === language);
const named = (found: readonly Block[]) => found.map((block) => [`${block.page}:${block.line}`, block] as const);

/** The examples that test/languages installs, synthesizes and runs. */
const EXAMPLES = {
  python: 'python/app.py',
  java: 'java/src/main/java/com/example/NightlyApp.java',
  go: 'go/main.go',
};

/** The blocks of shell, by their first line, and what shows that they work, or why they cannot run here. */
const SHELL: { readonly [page: string]: { readonly [begin: string]: string } } = {
  'README.md': {
    'npm ci && npm run demo': '.ci/run runs both',
    'npm ci && npm test': '.ci/run runs both',
    'npm ci && npx projen bundle': '.ci/run has its steps; the second line wants an app',
    'mkdir -p programs': 'wants an app; test/languages runs the example so',
    'aws ssm describe-instance-information': 'wants an account',
    'npx cdk bootstrap': 'wants an account',
    'arn=$(aws cloudformation': 'wants an account',
  },
  'docs/guide/local-run.md': {
    'npx cdk synth': 'wants an app; test/languages runs the example so',
    'npx cots-batch-job run cdk.out --speed 60 --html': 'wants an app; test/local/cli/html.test.ts runs its own so',
    'npx cots-batch-job ssm': 'runs until it is stopped; test/local/cli/cli.test.ts starts it',
    'cat > nightly.json': 'test/local/services/ssm/aws-cli.test.ts runs it',
  },
  'docs/guide/parameters.md': {
    'aws stepfunctions start-execution': 'wants an account; test/runtime/report/mail.test.ts has the line',
  },
  'docs/guide/calendars.md': {
    'aws ssm create-document': 'wants an account, as the page says',
    'aws ssm modify-document-permission': 'wants an account',
    'npx cots-batch-job run': 'wants an app; test/runs/calendars.test.ts runs its own',
  },
  'docs/operate.md': { '': 'test/docs/operate.test.ts has the AWS CLI read all of them' },
  'docs/troubleshooting.md': { '': 'test/docs/operate.test.ts has the AWS CLI read all of them' },
  'CONTRIBUTING.md': {
    'npm ci\n': '.ci/run has its steps',
    'npx jest test/bad-input.test.ts': 'npm test and test:slow run these files',
    'sed -i ': 'breaks code; test/contributing.test.ts looks for the line that it changes',
  },
};

const fixture = readFileSync(join(ROOT, 'rosetta/default.ts-fixture'), 'utf8');

/** What the compiler says of each snippet, all in one program. */
function diagnosticsOf(snippets: readonly Block[]): Map<Block, string[]> {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.dev.json'), (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT);
  const sources = new Map(snippets.map((block, i) => [join(ROOT, `test/docs/snippet-${i}.ts`), sourceOf(block)]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) =>
    sources.has(file) ? ts.createSourceFile(file, sources.get(file)!, version) : getSourceFile(file, version, ...rest);
  // Those of the fixture that a snippet does not use.
  const program = ts.createProgram([...sources.keys()], { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false }, host);
  return new Map([...sources.keys()].map((file, i) => {
    const source = program.getSourceFile(file)!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return [snippets[i], found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))];
  }));
}

function sourceOf({ info, code }: Block): string {
  return info.includes('nofixture') ? code : fixture.replace('/// here', () => code);
}

describe('TypeScript', () => {
  const wrong: Block = { page: 'none', line: 1, info: 'ts', code: "new CotsBatchJob(this, 'Wrong', { instanceIds, command, pollIntervall: Duration.minutes(5) });" };
  const diagnostics = diagnosticsOf([...of('ts'), wrong]);

  test.each(named(of('ts')))('%s compiles', (_, block) => {
    expect(diagnostics.get(block)).toEqual([]);
  });

  test('one with a prop that there is not does not compile', () => {
    expect(diagnostics.get(wrong)).toEqual([expect.stringContaining("'pollIntervall' does not exist")]);
  });

  test('all snippets are found', () => {
    expect(of('ts').length).toBeGreaterThan(20);
  });
});

test.each(named(blocks.filter(({ info }) => info.split(' ')[0] in EXAMPLES)))('%s is the example that is installed and synthesized', (_, { info, code }) => {
  expect(code).toBe(readFileSync(join(ROOT, 'test/fixtures/examples', EXAMPLES[info as keyof typeof EXAMPLES]), 'utf8'));
});

test('the whole app in TypeScript is the example, too', () => {
  const apps = of('ts').filter(({ info }) => info === 'ts nofixture').map(({ code }) => code);
  expect(apps).toContain(readFileSync(join(ROOT, 'test/fixtures/examples/typescript/app.ts'), 'utf8'));
});

test.each(named(of('json')))('%s is JSON', (_, { code }) => {
  expect(() => JSON.parse(code)).not.toThrow();
});

describe('shell', () => {
  const known = ({ page, code }: Block) => Object.entries(SHELL).filter(([path]) => path === page)
    .flatMap(([, begins]) => Object.keys(begins)).filter((begin) => code.startsWith(begin));

  test.each(named(of('sh')))('%s is run by a test, or it is said why not', (_, block) => {
    expect(known(block)).toHaveLength(1);
  });

  test('nothing is said of blocks that are not there', () => {
    const listed = Object.entries(SHELL).flatMap(([page, begins]) => Object.keys(begins).map((begin) => ({ page, begin })));
    expect(listed.filter(({ page, begin }) => !of('sh').some((block) => block.page === page && block.code.startsWith(begin)))).toEqual([]);
  });

  const commands = of('sh').flatMap(({ page, code }) => code.split('\n').map((line) => ({ page, line: line.replace(/\s+#.*$/, '') })));
  const calls = commands.filter(({ line }) => /^(npx )?cots-batch-job /.test(line));

  test.each(calls.map(({ page, line }) => [page, line]))('%s: %s is understood by the command line', (_page, line) => {
    // Its folder is the reader's.
    const words = [...line.replace(/^(npx )?cots-batch-job /, '').replace(/--path \S+/, '--path .').replace(/(--calendar \w+)=\S+/, '$1=package.json').matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''));
    expect(() => parseCommandLine(words)).not.toThrow();
  });

  test('its calls are found', () => {
    expect(calls.length).toBeGreaterThan(4);
  });

  test('tests and steps that are named are there', () => {
    const files = Object.values(SHELL).flatMap((begins) => Object.values(begins)).flatMap((reason) => reason.match(/(?:test|\.ci)\/[\w./-]+/g) ?? []);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

test('every block says what it is', () => {
  expect(blocks.filter(({ info }) => !['', 'ts', 'ts nofixture', 'json', 'sh', 'text', ...Object.keys(EXAMPLES)].includes(info))
    .map(({ page, line, info }) => `${page}:${line} ${info}`)).toEqual([]);
});
