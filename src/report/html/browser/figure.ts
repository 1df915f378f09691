import { type ChartPage, mostWidth } from '../charts/chart-data.ts';
import { type ChartName, charts } from '../charts/index.ts';
import { leftOutNote } from '../charts/left-out.ts';
import { element, say } from './dom.ts';
import { enhanceMarks } from './marks.ts';

export interface Figure {
  /** Draws it anew for the chosen variants and the room there is. */
  redraw(): void;
}

/** Least width of a chart, pixels; with less room it can be scrolled. */
const leastWidth = 300;

/** A chart of the static page with a switch of its scale, marks that speak, and a width that fits. */
export function enhanceFigure(figure: HTMLElement, page: ChartPage, chosen: readonly boolean[]): Figure | undefined {
  const svg = figure.querySelector('svg');
  const plot = svg?.querySelector('.plot');
  const name = figure.dataset.chart as ChartName; // the page's own markup
  const workload = page.workloads[Number(figure.dataset.workload)];
  const kind = charts[name];
  if (!svg || !plot || !workload || !kind) return undefined;
  const view = { width: mostWidth, log: kind.log ?? false, chosen, tips: false };
  const marks = enhanceMarks(figure, svg, Number(figure.dataset.workload), () => {
    if (!view.tips) {
      view.tips = true;
      redraw();
    }
  });
  const redraw = (): void => {
    const room = figure.querySelector('.scroll')?.clientWidth ?? mostWidth;
    view.width = Math.max(leastWidth, Math.min(mostWidth, room));
    const drawing = kind.draw(page, workload, view);
    plot.innerHTML = drawing.content;
    svg.setAttribute('width', String(view.width));
    svg.setAttribute('height', String(drawing.height));
    svg.setAttribute('viewBox', `0 0 ${view.width} ${drawing.height}`);
    const note = figure.querySelector('.left-out');
    if (note) note.textContent = leftOutNote(drawing.leftOut);
    marks.forget();
  };
  if (kind.log !== null) {
    const button = element('button', { type: 'button', class: 'scale' });
    const show = (): void => {
      button.textContent = `Scale: ${view.log ? 'log' : 'linear'}`;
    };
    button.addEventListener('click', () => {
      view.log = !view.log;
      show();
      redraw();
      say(`${figure.querySelector('h4')?.textContent ?? ''}: ${view.log ? 'log' : 'linear'} scale`);
    });
    show();
    figure.querySelector('h4')?.after(button);
  }
  return { redraw };
}
