import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { drawArchitecture } from './architecture';
import { drawMail } from './mail';
import { runNightlyBilling } from './nightly-billing';
import { normalizer } from './normalize';
import { drawStateMachine } from './state-machine';
import { tenLines } from './ten-lines';
import { SCHEMES } from './theme';
import { drawTimeline } from './timeline';
import { State } from '../support/state-machine';

const FOLDER = join(__dirname, '../../docs/pictures');
const MAX_BYTES = 40_000;

const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const text = (markup: string) => markup.replace(/<[^>]*>/g, '')
  .replace(/&(lt|gt|quot|#39|#96|amp);/g, (_, name) => (({ 'lt': '<', 'gt': '>', 'quot': '"', '#39': "'", '#96': '`', 'amp': '&' })[name as 'lt'])!);
/** Of the elements with a class or another attribute, what stands in them. */
const texts = (svg: string, attribute: string) => [...svg.matchAll(new RegExp(`<text [^>]*${attribute}[^>]*>(.*?)</text>`, 'g'))].map(([, inner]) => text(inner));
const arrows = (svg: string) => [...svg.matchAll(/data-from="([^"]*)" data-to="([^"]*)"/g)].map(([, from, to]) => `${from} > ${to}`).sort();

const job = tenLines();

describe('of all pictures', () => {
  const files = readdirSync(FOLDER);

  test('there is each, and each has a dark one, but for the terminal, which is dark', () => {
    const names = ['architecture', 'mail', 'state-machine', 'timeline'].flatMap((name) => [`${name}-dark.svg`, `${name}.svg`]);
    expect(files).toEqual([...names, 'demo.svg'].sort());
  });

  test.each(files)('%s is small, says what it shows, and needs nothing else', (file) => {
    const svg = read(file);
    expect(statSync(join(FOLDER, file)).size).toBeLessThan(MAX_BYTES);
    expect(svg).toMatch(/^<svg [^>]*aria-labelledby="title desc"><title id="title">[^<]+<\/title><desc id="desc">[^<]{20,}<\/desc>/);
    expect(svg).not.toMatch(/<script|<foreignObject|<image|@import|href=|url\((?!#)| on\w+=/);
  });

  test.each(files.filter((file) => file.endsWith('-dark.svg')))('%s differs from its light twin in colours only', (file) => {
    const withoutColours = (name: string) => read(name).replace(/#[0-9a-f]{6}\b/g, '#');
    expect(withoutColours(file)).toBe(withoutColours(file.replace('-dark', '')));
    expect(read(file)).toContain(SCHEMES['-dark'].page);
  });
});

test.each([
  ['state-machine', () => drawStateMachine(job.definition)],
  ['architecture', () => drawArchitecture(job)],
])('what is drawn today as %s is in docs/pictures: else run npx projen pictures', (name, laidOut) => {
  const draw = laidOut();
  const files = Object.entries(SCHEMES).map(([suffix, palette]) => ({ file: `${name}${suffix}.svg`, drawn: draw(palette) }));
  expect(files.filter(({ file, drawn }) => drawn !== read(file)).map(({ file }) => file)).toEqual([]);
});

describe('the state machine', () => {
  const svg = read('state-machine.svg');
  const { States } = job.definition;

  test('has a box for every state, with its comment', () => {
    expect(texts(svg, 'class="name"').sort()).toEqual(Object.keys(States).sort());
    const comments = Object.values(States).map(({ Comment = '' }) => Comment.split(' ')).flat().sort();
    const boxes = [...svg.matchAll(/<g data-box=.*?<\/g>/g)].map(([box]) => box).join('');
    expect(texts(boxes, 'class="note"').flatMap((line) => line.split(' ')).sort()).toEqual(comments.filter((word) => word !== ''));
  });

  test('has an arrow for every way from a state to another one, and no other', () => {
    const ways = (name: string, { Choices = [], Catch = [], Next, Default }: State) =>
      [Next, Default, ...[...Choices, ...Catch].map((rule) => rule.Next)].filter((next) => next !== undefined).map((next) => `${name} > ${next}`);
    const all = Object.entries(States).flatMap(([name, state]) => ways(name, state));
    expect(arrows(svg).map(text)).toEqual([...new Set(all)].sort());
  });
});

describe('the architecture', () => {
  const svg = read('architecture.svg');

  test('has the parts of the template that are no rights, and what they work with', () => {
    const rights = /^AWS::(IAM::(Role|Policy)|Lambda::Permission|SNS::TopicPolicy)$/;
    const parts = Object.values<{ Type: string }>(job.template.toJSON().Resources).filter(({ Type }) => !rights.test(Type));
    expect([...svg.matchAll(/<g data-box=/g)]).toHaveLength(parts.length + 2);
    expect(texts(svg, 'class="name"').sort()).toEqual([
      'Close rule', 'Close run', 'Document', 'Get status', 'Handlers', 'Instance', 'Marks', 'Notifications', 'Output', 'Run Command', 'Schedule',
      'Send command', 'Workflow', 'ops@example.com',
    ]);
  });

  test('has who starts, tells and reads whom, by rights and references', () => {
    const last = (path: string) => path.split('/').filter((id) => !['Topic', 'Handlers'].includes(id)).at(-1)!;
    expect(arrows(svg).map((arrow) => arrow.split(' > ').map(last).join(' > ')).sort()).toEqual([
      'CloseRule > CloseRun', 'CloseRun > Notifications', 'CloseRun > Workflow', 'CloseRun > ssm', 'Document > ssm', 'GetStatus > ssm',
      'Notifications > ops@example.com', 'Schedule > Workflow', 'SendCommand > ssm', 'Workflow > CloseRule', 'Workflow > GetStatus',
      'Workflow > Notifications', 'Workflow > SendCommand', 'ssm > instances',
    ]);
  });

  test('says who writes and reads logs', () => {
    expect(svg).toContain('Written by Send command,');
    expect(text(svg.replaceAll('</text><text', '</text> <text'))).toContain('Written by the instance. Read by Get status, Close run.');
  });
});

describe('a run', () => {
  const timeless = (svg: string) => text(svg.replaceAll('</text>', '\n')).replace(/\d+ (h|min|s)\b( \d+ (min|s)\b)*/g, '0 s').replace(/\d\d:\d\d(:\d\d)?/g, '00:00');
  let run: Awaited<ReturnType<typeof runNightlyBilling>>;
  beforeAll(async () => {
    run = await runNightlyBilling();
  });

  test('sends the mail that is in docs/pictures, but for times: else run npx projen pictures', () => {
    const normalize = normalizer(Date.parse(run.result.startDate));
    const [notification, ...others] = JSON.parse(normalize(JSON.stringify(run.result.notifications)));
    expect(others).toEqual([]);
    const drawn = drawMail(notification)(SCHEMES['']);
    expect(timeless(drawn)).toBe(timeless(read('mail.svg')));
    // Lines are broken, and nothing is left out.
    const body = drawn.slice(drawn.indexOf('data-part="body"'));
    expect(texts(body, 'class="mono"').join('')).toBe(notification.messages.email.replaceAll('\n', ''));
    expect(texts(drawn, 'data-part="subject"')).toEqual(['NightlyBilling: failed on 1 of 3 instances']);
    expect(texts(drawn, 'data-part="from"')).toEqual(['NightlyBilling <no-reply@sns.amazonaws.com>']);
  });

  test('has the rows of the timeline in docs/pictures', () => {
    const rows = (svg: string) => [...svg.matchAll(/<g class="row">.*?<\/g>/gs)].map(([row]) => [
      text(/<text[^>]*>(.*?)<\/text>/.exec(row)![1]), [...new Set([...row.matchAll(/class="bar ([a-z ]*)"/g)].map(([, look]) => look))],
    ]);
    const committed = rows(read('timeline.svg'));
    expect(rows(drawTimeline(run.result, run.events)(SCHEMES['']))).toEqual(committed);
    expect(committed).toEqual(expect.arrayContaining([
      ['i-0a1b2c3d4e5f60001', ['sent plain', 'running good']],
      ['i-0a1b2c3d4e5f60002', ['sent plain', 'running bad']],
      ['i-0a1b2c3d4e5f60003', ['sent plain', 'running good']],
      ['Get status', ['task plain']],
      ['Failed', ['mark bad']],
    ]));
  });
});

describe('the demo', () => {
  const lines = texts(read('demo.svg'), 'class="mono"');

  test('begins with the command, has both runs, and ends with what they show', () => {
    expect(lines[0]).toBe('$ npm run demo');
    const said = ['1. Index npm', 'SUCCEEDED', 'The best hits of the index', '2. The same job', 'NightlyIndex: failed on 1 instance', 'FAILED', 'The first run succeeded'];
    const at = said.map((words) => lines.findIndex((line) => line.includes(words)));
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  test('says nothing of the machine that it ran on', () => {
    expect(read('demo.svg').match(/\/(home|root|Users|work)\/\S*|\/tmp\/(?!nightly-crawler-a1b2c3)\S*/g)).toBeNull();
  });
});
