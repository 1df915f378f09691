import { trialsAnchor } from '../anchors.ts';
import { element, say } from './dom.ts';

interface Mark {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly variant: number;
}

/** Pixels within which the pointer finds a mark. */
const reach = 40;

/**
 * Has a chart's marks tell what they are: the one nearest to the pointer, or, with the chart focused, the one that the
 * arrow keys lead to. Enter or a click goes to its trials.
 *
 * @param prepare is called before the first mark is looked for
 */
export function enhanceMarks(
  figure: HTMLElement,
  svg: SVGSVGElement,
  workload: number,
  prepare: () => void,
): { forget(): void } {
  let marks: readonly Mark[] | undefined;
  let current = -1;
  const bubble = element('div', { class: 'tip', hidden: '' });
  const ring = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
  ring.setAttribute('class', 'ring');
  ring.setAttribute('r', '8');
  figure.append(bubble);
  svg.setAttribute('tabindex', '0');
  svg.setAttribute('role', 'application');
  svg.setAttribute('aria-roledescription', 'chart; arrow keys go through its marks, Enter leads to their trials');

  const all = (): readonly Mark[] => {
    prepare();
    marks ??= [...svg.querySelectorAll<SVGElement>('[data-tip]')].map((mark) => ({
      x: Number(mark.dataset.x),
      y: Number(mark.dataset.y),
      text: mark.dataset.tip ?? '',
      variant: Number(mark.dataset.c),
    }));
    return marks;
  };
  const hide = (): void => {
    bubble.hidden = true;
    ring.remove();
    current = -1;
  };
  const show = (index: number): void => {
    const mark = all()[index];
    if (!mark) return;
    current = index;
    ring.setAttribute('cx', String(mark.x));
    ring.setAttribute('cy', String(mark.y));
    svg.append(ring);
    bubble.textContent = mark.text;
    bubble.hidden = false;
    const [box, frame] = [ring.getBoundingClientRect(), figure.getBoundingClientRect()];
    const left = Math.max(
      0,
      Math.min(box.left - frame.left - bubble.offsetWidth / 2, frame.width - bubble.offsetWidth),
    );
    bubble.style.left = `${left}px`;
    bubble.style.top = `${box.top - frame.top - bubble.offsetHeight - 6}px`;
  };
  const follow = (): void => {
    const mark = marks?.[current];
    if (mark) window.location.hash = trialsAnchor(workload, mark.variant);
  };
  svg.addEventListener('pointermove', (event) => {
    const frame = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / frame.width;
    const [x, y] = [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
    const index = nearest(all(), x, y);
    if (index === -1) hide();
    else if (index !== current) show(index);
  });
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('blur', hide);
  svg.addEventListener('click', follow);
  svg.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const count = all().length;
    if (step !== undefined && count > 0) {
      event.preventDefault();
      show((current + step + (current === -1 && step < 0 ? 1 : 0) + count) % count);
      say(marks?.[current]?.text ?? '');
    } else if (event.key === 'Enter') {
      follow();
    } else if (event.key === 'Escape') {
      hide();
    }
  });
  return {
    forget() {
      marks = undefined;
      hide();
    },
  };
}

function nearest(marks: readonly Mark[], x: number, y: number): number {
  let best = -1;
  let least = reach ** 2;
  marks.forEach((mark, index) => {
    const distance = (mark.x - x) ** 2 + (mark.y - y) ** 2;
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}
