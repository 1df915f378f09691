import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { printable } from '../printable.ts';
import { escapeHtml } from './charts/escape.ts';
import { packPage } from './charts/packed.ts';
import { renderDisturbed } from './disturbed-section.ts';
import { renderEnvironment } from './environment-section.ts';
import { buildPageModel, type PageInput, type PageModel } from './page-model.ts';
import { renderTrials } from './trials-section.ts';
import { renderVerdicts } from './verdict-section.ts';
import { renderWorkload } from './workload-section.ts';

/** What the build made of `browser/` and of `page.css`: at the same place seen from the sources and from the compiled code. */
const assets = new URL('../../../dist/report/html/', import.meta.url);

/**
 * Journals as one HTML page that needs nothing else: style and script are in it, a content security policy allows these two
 * and nothing more. All figures are in the markup; the script only enhances. The same journals give the same bytes.
 */
export async function renderPage(inputs: readonly PageInput[]): Promise<string> {
  const [style, script] = await Promise.all([
    readFile(new URL('page.css', assets), 'utf8'),
    readFile(new URL('page-script.js', assets), 'utf8'),
  ]);
  const model = buildPageModel(inputs);
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const title = `qtune report: ${inputs.map(({ journal }) => printable(journal.path, 60)).join(', ')}`;
  return [
    '<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n',
    `<meta http-equiv=Content-Security-Policy content="${policy}">\n`,
    '<meta name=viewport content="width=device-width, initial-scale=1">\n<meta name=color-scheme content="light dark">\n',
    `<title>${escapeHtml(title)}</title>\n<style>${style}</style>\n</head>\n<body>\n`,
    '<a class=skip href=#verdicts>Skip to the verdicts</a>\n',
    renderHeader(model),
    '<main>\n',
    renderVerdicts(model),
    ...model.workloads.map((workload, index) => renderWorkload(model, workload, index)),
    renderEnvironment(model),
    renderDisturbed(model),
    renderTrials(model),
    '</main>\n',
    '<p id=said class=hidden role=status aria-live=polite></p>\n',
    `<script type=application/json id=data>${scriptJson(packPage(model.charts))}</script>\n`,
    `<script>${script}</script>\n</body>\n</html>\n`,
  ].join('');
}

function renderHeader({ inputs, reports, workloads }: PageModel): string {
  const journals = inputs.map(({ journal }, index) => {
    const report = reports[index];
    const number = inputs.length > 1 ? `${index + 1}: ` : '';
    return `<p>${number}<strong>${escapeHtml(printable(journal.path))}</strong>, ${escapeHtml(printable(journal.header.startedAt, 40))}, ${escapeHtml(printable(journal.header.environment.qemu ?? journal.header.engine.name, 80))}, ${report?.journal.completedCount ?? 0} of ${report?.journal.trialCount ?? 0} trials completed</p>\n`;
  });
  const links = [
    '<a href=#verdicts>Verdicts</a>',
    ...workloads.map((workload, index) => `<a href=#w${index}>${escapeHtml(workload.name)}</a>`),
    '<a href=#environment>Environment</a>',
    '<a href=#disturbed>Disturbed</a>',
    '<a href=#trials>Trials</a>',
  ];
  return `<header><h1>qtune report</h1>\n${journals.join('')}<nav aria-label=Sections>${links.join(' ')}</nav>\n<div id=controls hidden></div></header>\n`;
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
