import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { around, configuration, journalText } from '../../helpers/journal.ts';
import { largeRun } from '../../helpers/large-run.ts';
import { chromiumPath, type OpenPage, PageBrowser, renderJournals } from './open-page.ts';

const reports = join(import.meta.dirname, '..', '..', '..', 'reports');
const journal = (name: string): Record<string, string> => ({
  [`${name}.ndjson`]: readFileSync(join(reports, `${name}.ndjson`), 'utf8'),
});

/** Names that someone would choose to make a page do what it should not, or look broken. */
const hostileNames = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  '</script><script>alert(3)</script>',
  '--><svg onload=alert(4)>',
  "javascript:alert('5')",
  '\u202eevil\u2066\u2028\u2029',
  `long${'x'.repeat(10_000)}`,
] as const;

const hostileJournal = journalText({
  cells: hostileNames.map((label, index) => ({
    workload: '<b>work</b>"load',
    configuration: { ...configuration({ 'l2-cache-size': 1_048_576 * (index + 1) }), label },
    iops: around(1000 * (index + 1), 6, 0.01, index),
  })),
  workload: { title: '</title><script>alert(6)</script>', source: '<iframe src="https://example.com">' },
});

/** In the page: milliseconds until it was loaded and something was to be seen. */
const openedAfterMs =
  "Math.max(performance.getEntriesByType('navigation')[0].loadEventEnd, performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity)";

describe.skipIf(chromiumPath === undefined)('the page in Chromium', () => {
  let browser: PageBrowser;

  beforeAll(async () => {
    browser = await PageBrowser.launch();
  });
  afterAll(() => browser.close());

  const expectClean = ({ offences }: OpenPage): void => {
    expect(offences).toEqual({ console: [], requests: [] });
  };

  /** Goes through everything that the script does, with the keyboard alone where it can. */
  const operate = async (page: Page): Promise<void> => {
    for (const scale of await page.locator('button.scale').all()) {
      await scale.focus();
      await page.keyboard.press('Enter');
    }
    await page.locator('#theme').focus();
    await page.keyboard.press('Enter');
    await page.locator('table thead button').first().focus();
    await page.keyboard.press('Enter');
    const svg = page.locator('figure svg').first();
    await svg.focus();
    await page.keyboard.press('ArrowRight');
    await svg.hover();
  };

  test.each(['l2-cache-20g', 'subclusters'])('%s: no error, no request, no violation of its policy', async (name) => {
    const opened = await browser.open(journal(name));
    await operate(opened.page);
    expect(await opened.page.locator('figure.chart svg').count()).toBeGreaterThanOrEqual(5);
    expectClean(opened);
  });

  test('hostile names are text, in the markup and in what the script draws', async () => {
    const opened = await browser.open({ '<script>alert(0)<x>.ndjson': hostileJournal });
    const { page } = opened;
    await operate(page);
    expect(await page.locator('img, iframe, main script, svg[onload], b').count()).toBe(0);
    const text = await page.locator('body').innerText();
    for (const name of hostileNames.slice(0, 5)) expect(text).toContain(name);
    expect(text).toContain('\\u{202e}evil');
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(text).toContain('<b>work</b>"load');
    // Charts shorten what is longer than their room.
    expect(await page.locator('figure[data-chart=ratio] svg').textContent()).toContain('onerror=alert(2)>');
    await page.locator('.choice summary').click();
    for (const [index, name] of hostileNames.slice(0, 4).entries()) {
      expect(await page.locator('.choice label').nth(index).innerText()).toContain(name);
    }
    expectClean(opened);
  });

  test('rows are sorted by a heading, to and fro, by keyboard', async () => {
    const { page } = await browser.open(journal('subclusters'));
    const table = page.locator('table', { hasText: 'Speed and size' });
    const iops = async (): Promise<number[]> =>
      (await table.locator('tbody tr td:nth-child(2)').allTextContents()).map((text) => Number(text.replace(',', '')));
    const planned = await iops();
    const heading = table.locator('thead th', { hasText: 'IOPS' });
    await heading.locator('button').focus();
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    expect(await iops()).toEqual([...planned].sort((left, right) => left - right));
    await page.keyboard.press('Space');
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    expect(await iops()).toEqual([...planned].sort((left, right) => right - left));
    expect(await page.locator('#said').textContent()).toContain('Sorted by IOPS, descending');
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBeNull();
    expect(await iops()).toEqual(planned);
  });

  test('a configuration that is not chosen leaves charts and tables', async () => {
    const { page } = await browser.open(journal('l2-cache-20g'));
    await page.locator('.choice summary').focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('l2-cache-size=2M', { exact: true }).focus();
    await page.keyboard.press('Space');
    expect(await page.locator('.choice summary').textContent()).toBe('3 of 4 configurations');
    const latency = page.locator('figure[data-chart=latency]');
    await latency.scrollIntoViewIfNeeded();
    await expect.poll(() => latency.locator('svg').textContent()).not.toContain('l2-cache-size=2M');
    const gone = page.locator('[data-c="2"]');
    expect(await gone.count()).toBe(5);
    expect(await gone.locator('visible=true').count()).toBe(0);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    // Charts are drawn anew when they come into sight.
    await latency.scrollIntoViewIfNeeded();
    await expect.poll(() => latency.locator('svg').textContent()).toContain('l2-cache-size=2M');
  });

  test('the scale of a chart changes its places, and marks are reached by arrow keys', async () => {
    const { page } = await browser.open(journal('l2-cache-20g'));
    const figure = page.locator('figure[data-chart=speed]');
    const line = (): Promise<string | null> => figure.locator('path.line').getAttribute('d');
    const linear = await line();
    await figure.getByRole('button', { name: 'Scale: linear' }).focus();
    await page.keyboard.press('Enter');
    expect(await figure.getByRole('button').textContent()).toBe('Scale: log');
    expect(await line()).not.toBe(linear);
    await figure.locator('svg').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await figure.locator('.tip').innerText()).toContain('l2-cache-size=1536K: 44.4k IOPS');
    expect(await page.locator('#said').textContent()).toContain('l2-cache-size=1536K');
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#t0-1');
    expect(await page.locator('#t0-1').innerText()).toContain('3c23916ed988bf2e');
  });

  test('every link leads somewhere', async () => {
    const { page } = await browser.open(journal('subclusters'));
    const targets = await page
      .locator('a[href]')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
    expect(targets.length).toBeGreaterThan(16);
    for (const target of new Set(targets)) expect([target, await page.locator(target).count()]).toEqual([target, 1]);
  });

  test('without a script every table and chart is there and no dead control', async () => {
    const { page, offences } = await browser.open(journal('l2-cache-20g'), { javaScriptEnabled: false });
    expect(await page.locator('figure.chart svg').count()).toBe(5);
    expect(await page.locator('table').count()).toBe(6);
    expect(await page.locator('button:visible, input:visible').count()).toBe(0);
    expect(await page.locator('#trials tbody tr').count()).toBe(44);
    expect(offences.requests).toEqual([]);
  });

  test.each([360, 800, 1200])('%i pixels wide: nothing sticks out of the page', async (width) => {
    const { page } = await browser.open(journal('subclusters'), { viewport: { width, height: 800 } });
    for (const figure of await page.locator('figure').all()) await figure.scrollIntoViewIfNeeded();
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    const svg = page.locator('figure svg').first();
    await expect.poll(async () => Number(await svg.getAttribute('width'))).toBeLessThanOrEqual(width);
  });

  test('colours follow the system and the button; print is light and whole', async () => {
    const { page } = await browser.open(journal('l2-cache-20g'), { colorScheme: 'dark' });
    const background = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await background();
    expect(dark).toBe('rgb(21, 24, 28)');
    await page.locator('#theme').click();
    expect(await background()).toBe('rgb(255, 255, 255)');
    await page.locator('#theme').click();
    expect(await background()).toBe(dark);
    await page.emulateMedia({ media: 'print' });
    expect(await background()).toBe('rgb(255, 255, 255)');
    expect(await page.locator('#controls').isVisible()).toBe(false);
    expect(await page.locator('#trials tbody tr').last().isVisible()).toBe(true);
  });

  test.each(['light', 'dark'] as const)('axe finds nothing wrong, %s', async (colorScheme) => {
    const { page } = await browser.open(journal('subclusters'), { colorScheme });
    await page.locator('#trials').scrollIntoViewIfNeeded();
    // Through the debugger's protocol, which the page's policy does not bind.
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const violations = await page.evaluate(
      "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 200)))",
    );
    expect(violations).toEqual([]);
  });

  test('the page of 1,000 cells and 6,000 trials weighs less than 2 MB and opens within a second', async () => {
    const run = largeRun({ workloadCount: 10, cacheSizeCount: 10, repetitions: 6 });
    const html = await renderJournals(browser.directory, { 'large.ndjson': run });
    expect(Buffer.byteLength(html)).toBeLessThan(2_000_000);
    const times: number[] = [];
    // Other tests run beside this one: the best of some is what the page needs.
    for (let attempt = 0; attempt < 5 && !(Math.min(...times) < 1000); attempt++) {
      const opened = await browser.openHtml(html);
      await opened.page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length > 0");
      times.push(Number(await opened.page.evaluate(openedAfterMs)));
      expectClean(opened);
      await opened.page.context().close();
    }
    expect(Math.min(...times)).toBeLessThan(1000);
  });
});
