import { command, history, output, resultOf, START, status } from './sample-run';
import { pageOf, PageOptions } from '../../../src/local/html/page';
import { RunLogger } from '../../../src/local/html/run-log';
import { LocalRunResult, RunEvent } from '../../../src/local/run/run-record';

const KILOBYTE = 1000;

const copy = (data: object): unknown => JSON.parse(JSON.stringify(data));

function page(events: RunEvent[], result: Partial<LocalRunResult> = {}, options: Partial<PageOptions> = {}): string {
  const logger = new RunLogger();
  events.forEach((event) => logger.add(event));
  return pageOf(resultOf(result), logger.log, { speed: 1, realSeconds: 100, isKept: true, hide: copy, ...options });
}

const call = (other: object = {}) => ({
  at: new Date(START + 1000).toISOString(),
  service: 'ssm',
  action: 'ssm:SendCommand',
  principal: 'arn:aws:iam::123456789012:role/Sender',
  resources: ['*'],
  allowed: true,
  ...other,
});

/** What a reader sees, roughly. */
const text = (markup: string): string => markup.replace(/<style>.*?<\/style>|<[^>]+>/gs, ' ').replace(/\s+/g, ' ');

describe('output', () => {
  const ran = (id: string, end = 'Success') => [command(1, [id]), status(2, id, 'InProgress'), status(90, id, end)];

  test('of both streams comes as it was printed, in blocks', () => {
    const markup = page([
      ...ran('i-1'), output(3, 'i-1', 'one'), output(3, 'i-1', 'two', 2), output(3, 'i-1', 'oops', 1, { stream: 'stderr' }),
      output(70, 'i-1', '', 3), output(70, 'i-1', 'three', 4),
    ]);

    expect(markup.match(/<div class="stream [^]*?<\/pre>/g)).toEqual([
      '<div class="stream stdout"><span class="muted">+00:03 stdout</span><pre>one\ntwo</pre>',
      '<div class="stream stderr"><span class="muted">+00:03 stderr</span><pre>oops</pre>',
      '<div class="stream stdout"><span class="muted">+01:10 stdout</span><pre>\nthree</pre>',
    ]);
    expect(text(markup)).toContain('5 lines');
  });

  test('that is long has its beginning and its end, and says what is missing and where it is', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => output(3, 'i-1', `line ${index + 1}`, index + 1));
    const last = [output(80, 'i-1', 'the last but one', 999_999), output(80, 'i-1', 'the last', 1_000_000, { isCut: true })];
    const markup = page([...ran('i-1'), ...lines, ...last]);

    expect(markup).toContain('line 150\n… 832 lines are not shown …\nline 983\n');
    expect(markup).toContain('… 998,998 lines are not shown …\nthe last but one\nthe last …</pre>');
    expect(text(markup)).toContain('1,000,000 lines');
    expect(markup).toContain('All of it is in <code>/logs/i-1/stdout</code>.');
    expect(page([...ran('i-1'), ...lines], {}, { isKept: false })).toContain('The option --keep keeps it.');
  });

  test('of a large fleet does not fill the page: those that failed come first, all are named', () => {
    const ids = Array.from({ length: 500 }, (_, index) => `i-${String(index).padStart(17, '0')}`);
    const lines = ids.flatMap((id) => Array.from({ length: 200 }, (_, index) => output(3, id, 'x'.repeat(2000), index + 1)));
    const markup = page([
      command(1, ids), ...ids.map((id) => status(2, id, 'InProgress')), ...lines,
      ...ids.map((id) => status(90, id, id === ids[321] ? 'Failed' : 'Success')),
    ]);

    expect(markup.length).toBeLessThan(500 * KILOBYTE);
    expect(ids.filter((id) => !markup.includes(id))).toEqual([]);
    expect(markup.indexOf(`<span class="mono">${ids[321]}`)).toBeLessThan(markup.indexOf(`<span class="mono">${ids[0]}`));
    expect(text(markup)).toContain('The output is not shown: other instances fill the page.');
  });
});

test('says what its times are, unless they are those of everybody\'s clock', () => {
  expect(text(page([], {}, { speed: 60, realSeconds: 2 }))).toContain('Duration 1 min 40 s, 2 s of real time');
  expect(text(page([], {}, { speed: 60, realSeconds: 2 }))).toContain('while it only waits, 1 min pass in 1 s (--speed 60).');
  expect(text(page([]))).not.toMatch(/real time|--speed/);
});

describe('calls', () => {
  test('that are alike are one row; those that are denied come first, with AWS\'s words', () => {
    const markup = page([], {
      calls: [
        call(),
        call({ resources: ['arn:aws:ssm:us-east-1:123456789012:document/Doc'] }),
        call({ action: 'sns:Publish', allowed: false, message: 'User: … is not authorized' }),
      ],
    });

    expect(text(markup)).toMatch(/Calls 3 .* sns:Publish .* 1 denied User: … is not authorized .* ssm:SendCommand role\/Sender \* document\/Doc 2 allowed/);
  });

  test('that nobody checked are neither allowed nor denied', () => {
    const shown = text(page([], { calls: [call({ allowed: null })] }));

    expect(shown).toContain('Policies not checked');
    expect(shown).toContain('1 not checked');
    expect(shown).not.toContain('allowed');
  });
});

test('a run of 25,000 events and as many calls, with errors that are long, is a page of a moderate size', () => {
  const details = { error: 'Error', cause: 'x'.repeat(30_000) };
  const events = Array.from({ length: 25_000 }, (_, index) => history(index / 250, 'LambdaFunctionFailed', `State ${index % 40}`, details));
  const calls = Array.from({ length: 25_000 }, (_, index) => call({ principal: `arn:aws:iam::123456789012:role/${index}` }));
  const markup = page(events, { calls });

  expect(markup.length).toBeLessThan(500 * KILOBYTE);
  expect(text(markup)).toContain('24750 events are not shown');
  expect(text(markup)).toContain('24800 more rows are not shown');
});

test('what is hidden is hidden as it came, and as it would be seen', () => {
  const hide = (data: object) => JSON.parse(JSON.stringify(data).replaceAll('hunter2', '***'));
  const markup = page(
    [command(1, ['i-1']), output(3, 'i-1', 'a hunter2 b'), output(3, 'i-1', 'c hun\u200bter2 \u001b[1mhunter\u001b[0m2 d', 2)],
    {
      cause: 'with hun\u0000ter2',
      history: [{ id: 1, previousEventId: 0, type: 'ExecutionStarted', timestamp: '', state: '', input: { P: 'hunter2' } }],
    },
    { hide },
  );

  expect(markup).not.toContain('hunter2');
  expect(markup).toContain('a *** b\nc *** *** d');
});

test('no text becomes markup, wherever it comes from', () => {
  const evil = '</script></style></title></pre>"\'><img src=x onerror=alert(1)>';
  const markup = page([
    history(0, 'ExecutionStarted'), history(1, `TaskStateEntered${evil}`, evil), history(1, 'TaskStateEntered', evil),
    history(2, 'TaskFailed', evil, { error: evil, cause: evil }),
    command(1, [evil], evil), status(2, evil, evil, evil), { ...output(3, evil, evil), commandId: evil, file: evil, isCut: true } as RunEvent,
    { kind: 'event', at: START, execution: evil, delivery: { status: evil, target: evil, phase: 'dropped', attempt: 2, error: evil } },
    { kind: 'warning', at: START, message: evil },
  ], {
    job: evil,
    executionName: evil,
    error: evil,
    cause: evil,
    workDir: evil,
    calls: [call({ action: evil, principal: evil, resources: [evil], allowed: false, message: evil })],
    notifications: [{
      at: new Date(START).toISOString(),
      topicArn: evil,
      sender: evil,
      subject: evil,
      messages: { default: evil, email: evil },
      attributes: {},
      subscriptions: [{ protocol: 'email', endpoint: evil, matches: true }, { protocol: evil, endpoint: evil, matches: true }],
    }],
    history: [{ id: 1, previousEventId: 0, type: evil, timestamp: '', state: evil, input: { [evil]: evil } }],
  });

  expect(markup).not.toMatch(/<img|<script/);
  expect(markup.match(/<\/(script|style|title|pre)>/g)!.filter((tag) => tag === '</script>')).toEqual([]);
  expect(markup.split('onerror=alert(1)&gt;').length).toBe(markup.split('onerror').length);
});
