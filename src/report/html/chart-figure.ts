import { type ChartPage, type ChartView, mostWidth, type WorkloadChart } from './charts/chart-data.ts';
import { escapeHtml } from './charts/escape.ts';
import { type ChartName, charts } from './charts/index.ts';
import { leftOutNote } from './charts/left-out.ts';

export interface ChartFigure {
  readonly name: ChartName;
  readonly title: string;
  /** What it shows, for those who do not see it, and where the figures are. */
  readonly description: string;
  /** Below the picture. */
  readonly caption: string;
}

/** One chart as SVG in a figure; nothing where it would be empty. */
export function renderFigure(page: ChartPage, index: number, figure: ChartFigure): string {
  const workload = page.workloads[index];
  if (!workload) return '';
  const drawing = charts[figure.name].draw(page, workload, staticView(page, figure.name));
  const id = `${figure.name}${index}`;
  return (
    `<figure class=chart data-chart=${figure.name} data-workload=${index}>` +
    `<h4 id=${id}>${escapeHtml(figure.title)}</h4><div class=scroll tabindex=0 role=region aria-labelledby=${id}>` +
    `<svg width=${mostWidth} height=${drawing.height} viewBox="0 0 ${mostWidth} ${drawing.height}" role=img aria-labelledby="${id}" aria-describedby="${id}d">` +
    `<desc id=${id}d>${escapeHtml(figure.description)}</desc><g class=plot>${drawing.content}</g></svg></div>` +
    `<figcaption>${escapeHtml(figure.caption)}<span class=left-out>${escapeHtml(leftOutNote(drawing.leftOut))}</span></figcaption></figure>\n`
  );
}

function staticView(page: ChartPage, name: ChartName): ChartView {
  return { width: mostWidth, log: charts[name].log ?? false, chosen: page.names.map(() => true), tips: false };
}

export function hasCells(
  workload: WorkloadChart | undefined,
  has: (cell: WorkloadChart['cells'][number]) => boolean,
): boolean {
  return workload?.cells.some(has) ?? false;
}
