import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { packageFile } from '../../package-file.ts';
import type { ChartPage } from './charts/chart-data.ts';
import { escapeHtml } from './charts/escape.ts';
import { packPage } from './charts/packed.ts';

/** What the build made of `browser/` and of `page.css`. */
const assets = 'dist/page';

/** A page but for its frame. Everything is markup, escaped already. */
export interface PageContent {
  /** Text, not markup. */
  readonly title: string;
  /** A link to the main part for those who use the keyboard. */
  readonly skipLink: string;
  readonly header: string;
  readonly main: readonly string[];
  /** What the script draws charts anew from. */
  readonly charts: ChartPage;
}

/**
 * An HTML page that needs nothing else: style and script are in it, a content security policy allows these two and nothing
 * more. All figures are in the markup; the script only enhances.
 */
export async function renderShell({ title, skipLink, header, main, charts }: PageContent): Promise<string> {
  const [style, script] = await Promise.all([
    readFile(packageFile(`${assets}/style.css`), 'utf8'),
    readFile(packageFile(`${assets}/script.js`), 'utf8'),
  ]);
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n',
    `<meta http-equiv=Content-Security-Policy content="${policy}">\n`,
    '<meta name=viewport content="width=device-width, initial-scale=1">\n<meta name=color-scheme content="light dark">\n',
    `<title>${escapeHtml(title)}</title>\n<style>${style}</style>\n</head>\n<body>\n`,
    `${skipLink}\n`,
    header,
    '<main>\n',
    ...main,
    '</main>\n',
    '<p id=said class=hidden role=status aria-live=polite></p>\n',
    `<script type=application/json id=data>${scriptJson(packPage(charts))}</script>\n`,
    `<script>${script}</script>\n</body>\n</html>\n`,
  ].join('');
}

/** JSON that cannot end the script element it stands in, whatever the names in it say. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
