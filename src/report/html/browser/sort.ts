import { say } from './dom.ts';

/** Makes the headings of every table buttons that sort its rows, those of each group by themselves. */
export function enhanceTables(): void {
  for (const table of document.querySelectorAll('table')) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    heads.forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener('click', () => sortBy(table, heads, column));
    });
  }
}

/** Original places of rows that were sorted, so that the third press restores the order of the plan. */
const places = new WeakMap<HTMLTableRowElement, number>();

const nextOrder = { none: 'ascending', ascending: 'descending', descending: 'none' } as const;
type Order = keyof typeof nextOrder;

function sortBy(table: HTMLTableElement, heads: readonly HTMLElement[], column: number): void {
  const head = heads[column];
  if (!head) return;
  const order = nextOrder[(head.getAttribute('aria-sort') as Order | null) ?? 'none'];
  for (const other of heads) other.removeAttribute('aria-sort');
  if (order !== 'none') head.setAttribute('aria-sort', order);
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => row.cells.length > 1);
    rows.forEach((row, place) => {
      if (!places.has(row)) places.set(row, place);
    });
    rows.sort((left, right) => (places.get(left) ?? 0) - (places.get(right) ?? 0));
    if (order !== 'none') {
      const keys = new Map(rows.map((row) => [row, keyOf(row.cells[column])]));
      const sign = order === 'ascending' ? 1 : -1;
      rows.sort((left, right) => compare(keys.get(left), keys.get(right), sign));
    }
    body.append(...rows);
  }
  const title = head.textContent ?? '';
  say(order === 'none' ? 'Rows in the order of the plan' : `Sorted by ${title}, ${order}`);
}

type Key = number | string | undefined;

/** A number where the cell begins with one, ratios and changes brought to one measure; text otherwise. */
function keyOf(cell: HTMLTableCellElement | undefined): Key {
  const text = (cell?.textContent ?? '').trim();
  if (text === '' || text === '–') return undefined;
  const match = /^(better|worse|inconclusive|same)?\s*\[?(×?)([+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)\s*(%?)/.exec(text);
  if (match) {
    const value = Number((match[3] ?? '').replaceAll(',', ''));
    // Changes are told in per cent up to a doubling and as a multiple above.
    if (match[4] === '%') return 1 + value / 100;
    return value;
  }
  return text === 'same' ? 1 : text;
}

/** Numbers before texts; cells without a value last in either order. */
function compare(left: Key, right: Key, sign: number): number {
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
  if (typeof left === 'number' && typeof right === 'number') return sign * (left - right);
  if (typeof left === typeof right) return sign * String(left).localeCompare(String(right), 'en', { numeric: true });
  return typeof left === 'number' ? -1 : 1;
}
