import { type ChartPage, mostWidth } from '../charts/chart-data.ts';
import { type PackedPage, unpackPage } from '../charts/packed.ts';
import { choiceOf } from './choice.ts';
import { enhanceFigure } from './figure.ts';
import { enhanceTables } from './sort.ts';
import { themeButton } from './theme.ts';

// The page is whole without this: charts and tables stand in it. What follows adds choice, scales, sorting and tips.
const data = document.getElementById('data')?.textContent;
if (data) enhance(unpackPage(JSON.parse(data) as PackedPage)); // written by the code that these types are from

function enhance(page: ChartPage): void {
  const chosen = page.names.map(() => true);
  const figures = [...document.querySelectorAll<HTMLElement>('figure.chart')];
  const enhanced = new Map<Element, { redraw(): void }>();
  const stale = new Set<Element>();
  const visible = new Set<Element>();
  const refresh = (): void => {
    for (const figure of figures) stale.add(figure);
    for (const figure of visible) draw(figure);
  };
  const draw = (figure: Element): void => {
    if (stale.delete(figure)) enhanced.get(figure)?.redraw();
  };
  // Only what is in sight is drawn anew: a page may have fifty charts.
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) visible.add(target);
        else visible.delete(target);
        if (isIntersecting) draw(target);
      }
    },
    { rootMargin: '200px' },
  );
  for (const figure of figures) {
    const made = enhanceFigure(figure, page, chosen);
    if (!made) continue;
    enhanced.set(figure, made);
    observer.observe(figure);
  }
  const controls = document.getElementById('controls');
  if (controls) {
    if (page.names.length > 1) controls.append(choiceOf(page.names, chosen, refresh));
    controls.append(themeButton());
    controls.hidden = false;
  }
  let width = document.documentElement.clientWidth;
  const fit = (): void => {
    const now = document.documentElement.clientWidth;
    if (now !== width) refresh();
    width = now;
  };
  window.addEventListener('resize', fit);
  // Charts of the static page are as wide as the text column at its widest.
  if ((figures[0]?.querySelector('.scroll')?.clientWidth ?? Number.POSITIVE_INFINITY) < mostWidth) refresh();
  // Paper has a width of its own, which no event tells in time: the browser shrinks the charts.
  setTimeout(enhanceTables, 0);
}
