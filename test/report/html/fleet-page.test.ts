import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleHeader, sampleRows } from '../../../bench/fleet/sample-fleet.ts';
import { planFleet } from '../../../src/fleet/plan.ts';
import { buildFleetReport } from '../../../src/report/fleet.ts';
import { renderFleetPage } from '../../../src/report/html/fleet/page.ts';
import { readText } from '../../fleet/helpers.ts';
import { chromiumPath, PageBrowser } from './open-page.ts';

async function pageOf(text: string): Promise<string> {
  const fleet = await readText(text);
  const budget = { bytes: 3 * 2 ** 30, scope: 'all' } as const;
  return renderFleetPage(buildFleetReport(fleet, planFleet(fleet, budget, true)));
}

const sample = `${[sampleHeader, ...sampleRows(300, 5)].join('\n')}\n`;
const hostile = `name,host,disk,allocated\n</script><script>alert(1)</script>,"""><img src=x onerror=alert(2)>",2T,20G\n`;

test('the same fleet gives the same page', async () => {
  expect(await pageOf(sample)).toBe(await pageOf(sample));
});

describe.skipIf(chromiumPath === undefined)('the page of a fleet in Chromium (skipped where there is none)', () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await PageBrowser.launch();
  });
  afterAll(() => browser.close());

  test('no error, no request, no violation of its policy; tables are sorted and colours change', async () => {
    const { page, offences } = await browser.openHtml(await pageOf(sample));
    expect(await page.locator('section').count()).toBe(6);
    const table = page.locator('#hosts table');
    const heading = table.locator('thead th').nth(2);
    await heading.locator('button').click();
    const values = await table.locator('tbody tr td:nth-child(3)').allTextContents();
    const numbers = values.map((text) => Number(text.replaceAll(',', '')));
    expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
    await page.locator('#theme').click();
    expect(offences).toEqual({ console: [], requests: [] });
  });

  test('all figures and charts are there without a script', async () => {
    const { page } = await browser.openHtml(await pageOf(sample), { javaScriptEnabled: false });
    expect(await page.locator('svg path.line').count()).toBe(3);
    expect(await page.locator('#split table tbody tr').count()).toBeGreaterThan(10);
    expect(await page.locator('#controls').isVisible()).toBe(false);
  });

  test('hostile names are text', async () => {
    const { page, offences } = await browser.openHtml(await pageOf(hostile));
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(await page.locator('#convert').innerText()).toContain('</script><script>alert(1)</script>');
    expect(offences).toEqual({ console: [], requests: [] });
  });

  test('nothing is wider than a narrow screen but what scrolls by itself', async () => {
    const { page } = await browser.openHtml(await pageOf(sample), { viewport: { width: 400, height: 800 } });
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  });
});
