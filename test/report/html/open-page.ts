import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { renderPage } from '../../../src/report/html/page.ts';
import { readPageInput } from '../../../src/report/html/read-page-input.ts';
import { findChromium } from '../../helpers/chromium.ts';

export const chromiumPath = findChromium();

/** What a page must not do. */
export interface Offences {
  readonly console: string[];
  readonly requests: string[];
}

export interface OpenPage {
  readonly page: Page;
  readonly offences: Offences;
}

/** Chromium with a directory for journals and pages. */
export class PageBrowser {
  readonly #browser: Browser;
  readonly directory = mkdtempSync(join(tmpdir(), 'qtune-page-'));

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<PageBrowser> {
    if (chromiumPath === undefined) throw new Error('no Chromium');
    // Its sandbox needs what containers do not give; the pages are our own.
    return new PageBrowser(await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] }));
  }

  /** Renders journals, given as text, and opens the page. */
  async open(journals: Readonly<Record<string, string>>, options: BrowserContextOptions = {}): Promise<OpenPage> {
    return this.openHtml(await renderJournals(this.directory, journals), options);
  }

  async openHtml(html: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const path = join(this.directory, 'page.html');
    writeFileSync(path, html);
    const context = await this.#browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    const page = await context.newPage();
    const offences: Offences = { console: [], requests: [] };
    // A violation of the page's policy is told on the console.
    page.on('console', (message) => offences.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => offences.console.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== `file://${path}`) offences.requests.push(request.url());
    });
    page.on('dialog', (dialog) => {
      offences.console.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`file://${path}`);
    return { page, offences };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Journals by name, written down, read and rendered as `report --html` does. */
export async function renderJournals(directory: string, journals: Readonly<Record<string, string>>): Promise<string> {
  const inputs = [];
  for (const [name, text] of Object.entries(journals)) {
    writeFileSync(join(directory, name), text);
    inputs.push(await readPageInput(join(directory, name), name));
  }
  return renderPage(inputs);
}
