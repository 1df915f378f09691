import { element, say } from './dom.ts';

/** Above this many variants a field for a part of their names stands above them. */
const manyVariants = 12;

/**
 * Check boxes for the variants. A variant that is not chosen leaves charts and tables.
 * @param changed is called with the choice already made in `chosen`
 */
export function choiceOf(names: readonly string[], chosen: boolean[], changed: () => void): HTMLElement {
  const boxes = names.map((_, index) => element('input', { type: 'checkbox', value: String(index) }));
  const rows = new Map<number, HTMLElement[]>();
  for (const row of document.querySelectorAll<HTMLElement>('tr[data-c],tbody[data-c]')) {
    const variant = Number(row.dataset.c);
    const known = rows.get(variant);
    if (known) known.push(row);
    else rows.set(variant, [row]);
  }
  const summary = element('summary');
  const apply = (): void => {
    boxes.forEach((box, index) => {
      if (chosen[index] === box.checked) return;
      chosen[index] = box.checked;
      for (const row of rows.get(index) ?? []) row.hidden = !box.checked;
    });
    const text = `${chosen.filter(Boolean).length} of ${names.length} configurations`;
    summary.textContent = text;
    say(`${text} shown`);
    changed();
  };
  const set = (wanted: (index: number) => boolean): void => {
    boxes.forEach((box, index) => {
      box.checked = wanted(index);
    });
    apply();
  };
  const button = (text: string, wanted: (index: number) => boolean): HTMLElement => {
    const made = element('button', { type: 'button' }, text);
    made.addEventListener('click', () => set(wanted));
    return made;
  };
  const list = boxes.map((box, index) => {
    box.checked = true;
    box.addEventListener('change', apply);
    return element('label', {}, box, ` ${names[index] ?? ''}`);
  });
  const buttons = element(
    'p',
    {},
    button('All', () => true),
    button('None', () => false),
  );
  if (names.length > manyVariants) {
    const field = element('input', {
      type: 'search',
      'aria-label': 'Show those with this in their names',
      placeholder: 'part of the name',
    });
    field.addEventListener('input', () => set((index) => (names[index] ?? '').includes(field.value)));
    buttons.append(field);
  }
  summary.textContent = `${names.length} of ${names.length} configurations`;
  return element(
    'details',
    { class: 'choice' },
    summary,
    element('fieldset', {}, element('legend', {}, 'Configurations shown in charts and tables'), buttons, ...list),
  );
}
