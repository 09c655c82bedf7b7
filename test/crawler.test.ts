import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { find, findOrInstall, prepareShells, SHELL_NAMES } from './support/shells';

const CRAWLER = join(__dirname, 'fixtures', 'nightly-crawler', 'crawler', 'bin', 'index.sh');
/** An address that nothing listens on: the port is that of a server which has been closed. */
let unreachable: string;
let server: Server;
let site: string;
let requests: string[];
let folder: string;
let shells: ReturnType<typeof prepareShells>;

const PAGES: { [path: string]: string } = {
  '/': `<html><head><title>The cloud</title><style>cloud { }</style><script>var cloud = "<b>cloud</b>";</script></head>
    <body>Cloud, CLOUD! cloudy <!-- cloud <a href="/comment">cloud</a> --> <a href="news/">news</a> <A HREF='/about?a=1&amp;b=2#top'>about</A>
    <a class=x href=/plain>plain</a> <a href="#top">top</a> <a href="mailto:a@b.example">mail</a> <a href="logo.png">logo</a>
    <a href="http://other.example/">other</a> <a href="//other.example/x">other</a> <a href="http://127.0.0.2:PORT/elsewhere">other</a> <a href="/missing">missing</a></body></html>`,
  '/news/': 'cloud<b>computing</b> and cloud&nbsp;computing, Cloud\n Computing. <a href="../deep/./1">deep</a> <a href="/">home</a>',
  '/about?a=1&b=2': 'about the <i>weather</i>: über <a href="?c=3">again</a>',
  '/about?c=3': 'weather again',
  '/plain': 'nothing here',
  '/deep/1': '<a href="2">2</a> c++',
  '/deep/2': '<a href="3">3</a> cloud',
  '/deep/3': 'too deep for the cloud',
};

beforeAll(async () => {
  shells = prepareShells();
  server = createServer((request, response) => {
    requests.push(request.url!);
    const number = /^\/many\/(\d*)$/.exec(request.url!)?.[1];
    const page = number === undefined ? PAGES[request.url!]
      : Array.from({ length: 20 }, (_, index) => `<a href="/many/${Number(number) * 20 + index + 1}">x</a> cloud`).join('\n');
    const { port } = server.address() as AddressInfo;
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' }).end(page?.replace('PORT', `${port}`) ?? 'cloud');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  unreachable = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/`;
  await new Promise((resolve) => closed.close(resolve));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(shells.folder, { recursive: true });
});

beforeEach(() => {
  requests = [];
  folder = mkdtempSync(join(tmpdir(), 'crawler-'));
  mkdirSync(join(folder, 'tmp'));
});

afterEach(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** No proxy: what is on loopback stays there. */
async function crawl(args: string[], environment: { [name: string]: string } = {}): Promise<Ended> {
  const child = spawn('sh', [CRAWLER, ...args], {
    cwd: folder, env: { PATH: process.env.PATH, TMPDIR: join(folder, 'tmp'), ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => stdout += data);
  child.stderr.on('data', (data) => stderr += data);
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  return { exitCode, stdout, stderr };
}

function sites(...lines: string[]): string[] {
  writeFileSync(join(folder, 'sites.txt'), lines.join('\n'));
  return ['--sites', 'sites.txt'];
}

const index = (file = 'index.tsv') => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').map((line) => line.replace(site, '').split('\t'));

/** What a server may have: the tools of its shell, and one program that fetches pages. */
const TOOLS: [string, string][] = SHELL_NAMES.flatMap((shell) => ['curl', 'wget'].map((fetcher): [string, string] => [shell, fetcher]));

test.each(TOOLS)('writes the index, most hits first: %s, %s', async (shell, fetcher) => {
  findOrInstall(fetcher);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const tools = ['awk', 'cat', 'grep', 'mktemp', 'mv', 'rm', 'sed', 'sort', 'tr', 'wc', fetcher];
  tools.forEach((tool) => symlinkSync(find(tool)!, join(bin, tool)));

  const ended = await crawl([...sites(site), '--keywords', 'cloud, Cloud  Computing,weather,über,absent,c++'], {
    PATH: `${join(shells.folder, shell)}:${bin}`,
  });
  expect(ended.exitCode).toBe(0);
  expect(ended.stderr).toMatch(new RegExp(`^index.sh: cannot fetch ${site}/missing: .*404.*\n$`));
  expect(ended.stdout).toBe(`${site}/: 7 pages\nindex.tsv: 8 entries, 7 pages, sites reached: 1 of 1\n`);
  expect(index()).toEqual([
    ['cloud', '3', '/'],
    ['cloud', '3', '/news/'],
    ['cloud computing', '3', '/news/'],
    ['c++', '1', '/deep/1'],
    ['cloud', '1', '/deep/2'],
    ['weather', '1', '/about?a=1&b=2'],
    ['weather', '1', '/about?c=3'],
    ['über', '1', '/about?a=1&b=2'],
  ]);
  expect(requests.sort()).toEqual(['/', '/about?a=1&b=2', '/about?c=3', '/deep/1', '/deep/2', '/missing', '/news/', '/plain']);
});

test('takes keywords from the environment, as data', async () => {
  const ended = await crawl(sites(`${site}/about?a=1&b=2`), { KEYWORDS: 'weather,$(touch owned),`id`,\\t,.*,%s' });
  expect(ended.exitCode).toBe(0);
  expect(index()).toEqual([['weather', '1', '/about?a=1&b=2'], ['weather', '1', '/about?c=3']]);
  expect(readdirSync(folder)).not.toContain('owned');
});

test('reads sites with comments, blank lines and Windows line ends', async () => {
  const ended = await crawl([...sites('# our sites', '', `  ${site}/plain  # one\r`, `${site}/deep/2\r`, `${site}/deep/2`), '--keywords', 'cloud', '--out', 'out.tsv']);
  expect(ended.exitCode).toBe(0);
  expect(index('out.tsv')).toEqual([['cloud', '1', '/deep/2'], ['cloud', '1', '/deep/3']]);
});

test('follows no more links, and fetches no more pages, than asked for', async () => {
  expect((await crawl([...sites(site), '--keywords', 'cloud', '--depth', '0'])).exitCode).toBe(0);
  expect(requests).toEqual(['/']);

  const ended = await crawl([...sites(`${site}/many/`), '--keywords', 'cloud', '--max-pages', '100']);
  expect(ended.stdout).toContain(`${site}/many/: 100 pages\n`);
  expect(index()).toHaveLength(100);
  expect(requests).toHaveLength(101);
});

test('finishes with warnings when some sites are unreachable', async () => {
  const ended = await crawl([...sites(unreachable, `${site}/plain`, 'ftp://old.example/', `${site}/missing`), '--keywords', 'nothing']);
  expect(ended.exitCode).toBe(4);
  expect(ended.stderr).toContain(`index.sh: cannot fetch ${unreachable}: `);
  expect(ended.stderr).toContain('index.sh: not a web address: ftp://old.example/\n');
  expect(ended.stderr).toMatch(/index.sh: sites not reached: 3\n$/);
  expect(index()).toEqual([['nothing', '1', '/plain']]);
});

test('fails when no site is reachable, and leaves the old index', async () => {
  writeFileSync(join(folder, 'index.tsv'), 'old\t1\turl\n');
  const ended = await crawl([...sites(unreachable), '--keywords', 'cloud']);
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toMatch(/index.sh: no site could be reached\n$/);
  expect(index()).toEqual([['old', '1', 'url']]);
});

test.each([
  ['no sites', ['--keywords', 'a'], '--sites is missing'],
  ['no such file', ['--keywords', 'a', '--sites', 'none.txt'], 'cannot read none.txt'],
  ['no keywords', ['--sites', CRAWLER], 'no keywords: give --keywords or set KEYWORDS'],
  ['blank keywords', ['--sites', CRAWLER, '--keywords', ' , '], 'no keywords: give --keywords or set KEYWORDS'],
  ['an unknown option', ['--site', 'x'], 'unknown option --site'],
  ['an option without its value', ['--keywords', 'a', '--sites'], '--sites needs a value'],
  ['a bad number of pages', ['--sites', CRAWLER, '--keywords', 'a', '--max-pages', '0'], '--max-pages must be a number from 1 to 999999, got \'0\''],
  ['a bad depth', ['--sites', CRAWLER, '--keywords', 'a', '--depth', '-1'], '--depth must be a number from 0 to 99, got \'-1\''],
])('explains its usage: %s', async (_, args, message) => {
  const ended = await crawl(args);
  expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
  expect(ended.stderr).toMatch(/\nusage: index.sh --sites FILE /);
  expect(ended.stderr.split('\n')[0]).toBe(`index.sh: ${message}`);
});

test.each([
  ['the folder is missing', 'no/such/folder.tsv', {}],
  ['the disk is full', 'index.tsv', { sort: '#!/bin/sh\nexit 2\n' }],
])('says so when it cannot write the index, and leaves the old one: %s', async (_, out, tools: { [name: string]: string }) => {
  writeFileSync(join(folder, 'index.tsv'), 'old\t1\turl\n');
  Object.entries(tools).forEach(([name, text]) => writeFileSync(join(folder, name), text, { mode: 0o755 }));
  const ended = await crawl([...sites(`${site}/plain`), '--keywords', 'nothing', '--out', out], { PATH: `${folder}:${process.env.PATH}` });
  expect(ended.exitCode).toBe(1);
  expect(ended.stderr.endsWith(`index.sh: cannot write ${out}\n`)).toBe(true);
  expect(index()).toEqual([['old', '1', 'url']]);
});
