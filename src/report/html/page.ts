import { printable } from '../printable.ts';
import { escapeHtml } from './charts/escape.ts';
import { renderDisturbed } from './disturbed-section.ts';
import { renderEnvironment } from './environment-section.ts';
import { buildPageModel, type PageInput, type PageModel } from './page-model.ts';
import { renderShell } from './shell.ts';
import { renderTrials } from './trials-section.ts';
import { renderVerdicts } from './verdict-section.ts';
import { renderWorkload } from './workload-section.ts';

/**
 * Journals as one HTML page that needs nothing else: style and script are in it, a content security policy allows these two
 * and nothing more. All figures are in the markup; the script only enhances. The same journals give the same bytes.
 */
export async function renderPage(inputs: readonly PageInput[]): Promise<string> {
  const model = buildPageModel(inputs);
  return renderShell({
    title: `qtune report: ${inputs.map(({ journal }) => printable(journal.path, 60)).join(', ')}`,
    skipLink: '<a class=skip href=#verdicts>Skip to the verdicts</a>',
    header: renderHeader(model),
    main: [
      renderVerdicts(model),
      ...model.workloads.map((workload, index) => renderWorkload(model, workload, index)),
      renderEnvironment(model),
      renderDisturbed(model),
      renderTrials(model),
    ],
    charts: model.charts,
  });
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
