import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Page } from 'playwright-core';
import { LocalJob } from './local-job';
import { BatchCommand } from '../../src';
import { pageOf } from '../../src/local/html/page';
import { RunLogger } from '../../src/local/html/run-log';
import { LocalRunResult, RunEvent } from '../../src/local/run/run-record';
import { describeInBrowser, faintTexts, overflowing } from '../support/browser';

const INSTANCES = ['i-0aaaaaaaaaaaaaaa1', 'i-0aaaaaaaaaaaaaaa2', 'i-0aaaaaaaaaaaaaaa3'];
const EVIL = '</script></pre><img src=x onerror=alert(1)><script>alert(2)</script>';
const COMMAND = `
echo 'posted 18,377 invoices'
printf '%s\\n' '${EVIL}' "$(printf 'x%.0s' $(seq 1000))"
case "$AWS_SSM_INSTANCE_ID" in *3) sleep 0.1; echo 'ORA-01555: snapshot too old' >&2; exit "$CODE";; esac
sleep 0.3`;

interface Run {
  readonly result: LocalRunResult;
  readonly events: RunEvent[];
  readonly url: string;
}

describeInBrowser('the page of a real run', (open) => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  let runs: { readonly [name in 'succeeded' | 'failed']: Run };

  beforeAll(async () => {
    const [succeeded, failed] = await Promise.all(['0', '3'].map(runAndWrite));
    runs = { succeeded, failed };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function runAndWrite(exitCode: string): Promise<Run> {
    const events: RunEvent[] = [];
    const logger = new RunLogger();
    const job = await LocalJob.open({
      instanceIds: INSTANCES,
      command: BatchCommand.shell(COMMAND, { environment: { CODE: exitCode } }),
      notificationTargets: [new EmailSubscription('ops@example.com')],
    }, { onEvent: (event) => [events.push(event), logger.add(event)] });
    try {
      const result = await job.toEnd({ input: { reason: EVIL } });
      const file = join(folder, `${exitCode}.html`);
      writeFileSync(file, pageOf(result, logger.log, { speed: 100, realSeconds: 1, isKept: true, hide: (data) => JSON.parse(JSON.stringify(data)) }));
      return { result, events, url: pathToFileURL(file).href };
    } finally {
      await job.close();
    }
  }

  test.each(['succeeded', 'failed'] as const)('that %s says what the result says', async (name) => {
    const { result, url } = runs[name];
    const { page, problems } = await open(url);

    expect(await page.title()).toBe(`Stack/Job: ${result.status}`);
    expect(await page.locator('h1').innerText()).toBe('Stack/Job');
    expect(await page.locator('.status').innerText()).toBe(name === 'failed' ? 'FAILED' : 'SUCCEEDED');
    const head = await page.locator('main > header').innerText();
    expect(head).toContain(result.executionName);
    expect(head).toContain(result.commands[0].commandId);
    expect(head).toContain(`${result.startDate.slice(0, 19).replace('T', ' ')} UTC`);
    expect(head).toContain(name === 'failed' ? 'failed: 2 succeeded, 1 failed' : 'succeeded: 3 of 3 instances');
    expect(await page.locator('h2').allInnerTexts()).toEqual(expect.arrayContaining(['Timeline', 'Instances 3', `Calls ${result.calls.length}`]));
    const counts = await page.locator('.calls td.number').allInnerTexts();
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(result.calls.length);
    expect(problems).toEqual([]);
  });

  test('shows each instance with its status and what it printed, as it was printed', async () => {
    const { result: { commands: [{ instances }] }, url } = runs.failed;
    const { page } = await open(url);
    const summaries = page.locator('.instance summary');

    expect(await summaries.count()).toBe(3);
    for (const [index, id] of INSTANCES.entries()) {
      const facts = 'sent \\+\\d\\d:\\d\\d · started \\+\\d\\d:\\d\\d · ended \\+';
      expect(await summaries.nth(index).innerText()).toMatch(new RegExp(`^${id}\\s+${instances[id]}\\s+${facts}`));
      const blocks = await page.locator('.instance').nth(index).locator('.stdout pre').allTextContents();
      expect(blocks.join('\n')).toContain(`posted 18,377 invoices\n${EVIL}\nxxx`);
    }
    expect(instances).toEqual({ [INSTANCES[0]]: 'Success', [INSTANCES[1]]: 'Success', [INSTANCES[2]]: 'Failed' });
    expect((await page.locator('.instance').nth(2).locator('.stderr pre').allTextContents()).join('\n')).toContain('ORA-01555: snapshot too old');
  });

  test('shows the mail, letter by letter', async () => {
    const { result: { notifications: [mail] }, url } = runs.failed;
    const { page } = await open(url);

    expect(await page.locator('.mail h3').innerText()).toBe(mail.subject);
    expect(await page.locator('.mail pre').textContent()).toBe(mail.messages.email.trimEnd());
    expect(await page.locator('.mail dl').innerText()).toContain('ops@example.com');
    expect(await (await open(runs.succeeded.url)).page.locator('.mail').count()).toBe(0);
  });

  test.each([1280, 390])('has bars where their times are, in a window of %d px', async (width) => {
    const { events, url } = runs.failed;
    const { page } = await open(url, { width });
    const timeOf = await scale(page);
    const start = events.find(({ kind }) => kind === 'history')!.at;

    for (const id of INSTANCES) {
      const row = page.locator('.timeline .row', { hasText: id }).locator('visible=true');
      const box = (await row.locator('.bar.running').boundingBox())!;
      const statuses = events.filter((event) => event.kind === 'instance' && event.instanceId === id);
      const isAbout = (pixel: number, at: number) => expect(Math.abs(timeOf(pixel) - (at - start))).toBeLessThan(timeOf(4) - timeOf(0));
      isAbout(box.x, statuses[0].at);
      isAbout(box.x + box.width, statuses[statuses.length - 1].at);
    }
    const polls = events.filter((event) => event.kind === 'history' && event.event.type === 'TaskStateEntered' && event.event.state === 'Get status');
    const bars = page.locator('.timeline .row', { hasText: 'Get status' }).locator('.bar.task').locator('visible=true');
    expect(await bars.count()).toBeGreaterThan(0);
    expect(await bars.count()).toBeLessThanOrEqual(polls.length);
  });

  test.each([
    [1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark'],
  ] as const)('can be read and needs no scrolling sideways: %d px, %s', async (width, colourScheme) => {
    for (const { url } of [runs.failed, runs.succeeded]) {
      const { page, problems } = await open(url, { width, colourScheme });
      await page.evaluate('document.querySelectorAll("details").forEach((details) => { details.open = true; })');

      expect(await overflowing(page)).toEqual([]);
      expect(await faintTexts(page)).toEqual([]);
      expect(problems).toEqual([]);
    }
  });

  test('runs no script, even one that was written into it', async () => {
    const { page } = await open(runs.failed.url);

    expect(await page.locator('script, img, iframe, object, link, a').count()).toBe(0);
    expect(await page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      return window.ran === true;
    })()`)).toBe(false);
  });

  test('has headings in order, and a picture with a name', async () => {
    const { page } = await open(runs.failed.url);
    const levels = await page.locator('h1, h2, h3').evaluateAll((headings) => headings.map(({ tagName }) => Number(tagName.slice(1))));

    expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(await page.locator('svg[role=img][aria-label]').count()).toBe(2);
    expect(await page.locator('svg').count()).toBe(2);
  });
});

/** What time a pixel stands for, by the lines of the scale and what is written at them. */
async function scale(page: Page): Promise<(pixel: number) => number> {
  const axis = page.locator('.timeline .axis').locator('visible=true');
  const lines = await axis.locator('line').evaluateAll((all) => all.map((line) => line.getBoundingClientRect().x));
  const labels = await axis.locator('text').allTextContents();
  const times = labels.map((label) => label.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000);
  const [last, time] = [lines[lines.length - 1], times[times.length - 1]];
  return (pixel) => ((pixel - lines[0]) / (last - lines[0])) * time;
}
