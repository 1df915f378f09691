import type { ComparedCell, Comparison } from '../comparison.ts';
import type { Gate } from '../gate.ts';
import { printable } from '../printable.ts';
import { GateFindings } from './gate-findings.ts';

type Field = string | number | null;

/** The columns, each with where a compared cell has it. */
const columns: readonly (readonly [name: string, read: (cell: ComparedCell) => Field])[] = [
  ['workload', (cell) => cell.workload],
  ['baseConfiguration', (cell) => cell.baseConfiguration],
  ['headConfiguration', (cell) => cell.headConfiguration],
  ['engine', (cell) => cell.engine],
  ['source', (cell) => cell.source],
  ['metric', (cell) => cell.metric],
  ['better', (cell) => cell.better],
  ['method', (cell) => cell.method],
  ['base', (cell) => cell.base?.median ?? null],
  ['baseLow', (cell) => cell.base?.low ?? null],
  ['baseHigh', (cell) => cell.base?.high ?? null],
  ['head', (cell) => cell.head?.median ?? null],
  ['headLow', (cell) => cell.head?.low ?? null],
  ['headHigh', (cell) => cell.head?.high ?? null],
  ['ratio', (cell) => cell.ratio],
  ['low', (cell) => cell.low],
  ['high', (cell) => cell.high],
  ['verdict', (cell) => cell.verdict],
  ['thresholdRatio', (cell) => cell.thresholdRatio],
  ['probability', (cell) => cell.probability],
  ['adjustedProbability', (cell) => cell.adjustedProbability],
  ['baseCount', (cell) => cell.baseCount],
  ['headCount', (cell) => cell.headCount],
  ['pairCount', (cell) => cell.pairCount],
  ['sliceCount', (cell) => cell.sliceCount],
  ['neededPairCount', (cell) => cell.neededPairCount],
];

/**
 * A row a cell and metric, and one a cell that was not compared, as RFC 4180 has it: lines end in CRLF, the first one
 * names the columns. Values are those of `--json` in the same units. `state` is `compared`, `missing` or
 * `not-completed`; `gate` is `passed`, `failed` or `not-compared`, empty without `--fail-on`.
 *
 * Text that a spreadsheet would run as a formula gets an apostrophe in front; control characters are spelled out.
 *
 * @source RFC 4180; OWASP, "CSV injection"
 */
export function renderCsv({ cells, unmatched }: Comparison, gate: Gate | undefined): string {
  const findings = new GateFindings(gate);
  const gateColumn = (cell: string, metric: string | null): string => {
    if (gate === undefined) return '';
    const kind = findings.of(cell, metric)?.kind;
    return kind === undefined ? 'passed' : kind === 'not-compared' ? kind : 'failed';
  };
  const rows: (readonly Field[])[] = [
    ['cell', 'state', ...columns.map(([name]) => name), 'gate', 'reason'],
    ...cells.map((cell) => [
      cell.cell,
      'compared',
      ...columns.map(([, read]) => read(cell)),
      gateColumn(cell.cell, cell.metric),
      cell.reason,
    ]),
    ...unmatched.map(({ cell, state, reason }) => [
      cell,
      state,
      ...columns.map(() => null),
      gateColumn(cell, null),
      reason,
    ]),
  ];
  return rows.map((row) => `${row.map(renderField).join(',')}\r\n`).join('');
}

/** What starts a formula, also after spaces and in the wide forms that some programs read alike. */
const formulaStart = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;
/** Spreadsheets take 32,767 characters in a cell. */
const longestField = 32_000;

function renderField(field: Field): string {
  if (field === null) return '';
  if (typeof field === 'number') return String(field);
  const visible = printable(field, longestField);
  const text = formulaStart.test(visible) ? `'${visible}` : visible;
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
