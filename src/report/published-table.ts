import { formatBytes } from '../units/bytes.ts';
import { formatCount } from '../units/rate.ts';
import { formatMultiple } from './figures.ts';
import { brokenAt, renderNamedTable, reportWidth } from './fit-columns.ts';
import { printable } from './printable.ts';
import type { PublishedFigures } from './published-figures.ts';

/** Published values and those of this run side by side, each with its ratio to the first row. */
export function renderPublished({ source, metric, note, rows }: PublishedFigures): string {
  const format = metric === 'iops' ? formatCount : formatBytes;
  const what = metric === 'iops' ? 'IOPS' : 'file length';
  const columns = [
    { title: `published ${what}` },
    { title: 'published', align: 'right' },
    { title: '× first', align: 'right' },
    { title: 'here', align: 'right' },
    { title: '× first', align: 'right' },
  ] as const;
  const table = renderNamedTable(
    columns,
    rows.map((row) => [
      printable(row.settings),
      format(row.publishedValue),
      formatMultiple(row.publishedRatio),
      row.value === null ? '-' : format(row.value),
      row.ratio === null ? '-' : formatMultiple(row.ratio),
    ]),
  );
  const remarks = [`  published in ${printable(source, 300)}`, note === null ? '' : `  ${printable(note, 400)}`];
  return `${table}${remarks
    .filter((line) => line !== '')
    .map((line) => `${brokenAt(line, reportWidth)}\n`)
    .join('')}`;
}
