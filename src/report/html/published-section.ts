import { formatMultiple } from '../figures.ts';
import { printable } from '../printable.ts';
import type { PublishedFigures } from '../published-figures.ts';
import { escapeHtml } from './charts/escape.ts';
import { mebibytes, plainNumber, renderTable } from './table.ts';

/** Published values beside those of this run; nothing where the journal quotes none. */
export function renderPublishedTable(published: PublishedFigures | null): string {
  if (published === null) return '';
  const { metric, source, note, rows } = published;
  const what = metric === 'iops' ? 'IOPS' : 'file length, MiB';
  const format = metric === 'iops' ? plainNumber : mebibytes;
  const table = renderTable({
    caption: `Published figures beside these: ${metric === 'iops' ? 'IOPS' : 'file length'}`,
    columns: [
      { title: 'settings' },
      { title: `published ${what}`, numeric: true },
      { title: '× first', numeric: true },
      { title: `here ${what}`, numeric: true },
      { title: '× first', numeric: true },
    ],
    groups: [
      {
        rows: rows.map((row) => ({
          cells: [
            printable(row.settings),
            format(row.publishedValue),
            formatMultiple(row.publishedRatio).slice(1),
            format(row.value),
            row.ratio === null ? '–' : formatMultiple(row.ratio).slice(1),
          ],
        })),
      },
    ],
  });
  const remark = note === null ? '' : ` ${escapeHtml(printable(note, 400))}.`;
  return `${table}<p class=note>Published in ${escapeHtml(printable(source, 300))}.${remark} Other machines: compare ratios, not values.</p>\n`;
}
