import { printSettings } from '../../src/settings/print.ts';
import type { HeaderRecord } from '../../src/trial/record.ts';
import { formatCount } from '../../src/units/rate.ts';
import { type Cell, measuredRate, medianOf, relativeError, type TimeByOperation } from './cell.ts';
import type { Summary } from './summary.ts';

/** Components of a cell that are shown, the largest ones. */
const shownComponents = 5;

export interface StudyReport {
  readonly header: HeaderRecord;
  readonly cells: readonly Cell[];
  readonly summaries: readonly Summary[];
}

/** The whole study in Markdown: the figures, the worst cells with what they are made of, and every cell. */
export function renderStudy({ header, cells, summaries }: StudyReport, worstCount: number): string {
  const { environment, engine, plan } = header;
  const machine = [
    environment.qemu,
    `kernel ${environment.kernel}`,
    `${environment.cpuCount} × ${environment.cpuModel}`,
    environment.fileSystem,
    `aio=${engine.aio}`,
    `${plan.repetitions} repetitions in interleaved blocks`,
  ].join('; ');
  return [
    '# Predictions against measurements',
    `${machine}; begun ${header.startedAt.slice(0, 10)}. Rates are data requests a second inside the driver at queue depth 1, the median of the repetitions.`,
    '## Summary',
    summaryTable(summaries),
    `\`repeat\` columns say what measuring achieves against itself: one repetition against another. \`covered\` is the share of cells whose measured rate lies in the predicted interval, which claims 90 %. \`separated tau\` is tau over those pairs that measuring tells apart, where every repetition of one is faster than every one of the other. \`regret\` is the measured rate lost by taking the configuration that is predicted best.`,
    '## Worst cells',
    worstTable([...cells].sort((left, right) => severity(right) - severity(left)).slice(0, worstCount)),
    '## All cells',
    ...summaries
      .filter(({ name }) => name !== 'all')
      .map(({ name }) => `### ${name}\n\n${cellTable(cells.filter(({ workload }) => workload === name))}`),
  ]
    .join('\n\n')
    .concat('\n');
}

/** Too fast and too slow by the same factor are equally bad. */
function severity(cell: Cell): number {
  return Math.abs(Math.log(1 + relativeError(cell)));
}

function summaryTable(summaries: readonly Summary[]): string {
  return table(
    [
      'workload',
      'cells',
      'median error',
      'p90',
      'bias',
      'covered',
      'tau',
      'regret',
      'repeat error',
      'separated tau',
      'repeat tau',
      'repeat regret',
    ],
    summaries.map((one) => [
      one.name,
      String(one.cellCount),
      percent(one.medianError),
      percent(one.p90Error),
      signed(one.bias),
      percent(one.covered),
      one.tau.toFixed(3),
      percent(one.regret),
      percent(one.repeatError),
      one.separatedTau.toFixed(3),
      one.repeatTau.toFixed(3),
      percent(one.repeatRegret),
    ]),
  );
}

function worstTable(cells: readonly Cell[]): string {
  return table(
    ['workload', 'configuration', 'measured', 'predicted', 'error', 'time, measured → predicted', 'predicted time is'],
    cells.map((cell) => [
      cell.workload,
      settingsOf(cell),
      formatCount(measuredRate(cell)),
      formatCount(cell.predicted),
      signed(relativeError(cell)),
      timesOf(cell.measuredMs, cell.predictedMs),
      componentsOf(cell),
    ]),
  );
}

function cellTable(cells: readonly Cell[]): string {
  return table(
    ['configuration', 'measured', 'spread', 'predicted', 'error'],
    [...cells]
      .sort((left, right) => measuredRate(right) - measuredRate(left))
      .map((cell) => [
        settingsOf(cell),
        formatCount(measuredRate(cell)),
        percent((Math.max(...cell.measured) - Math.min(...cell.measured)) / medianOf(cell.measured)),
        `${formatCount(cell.predicted)} (${formatCount(cell.low)}–${formatCount(cell.high)})`,
        signed(relativeError(cell)),
      ]),
  );
}

function settingsOf({ create, drive }: Cell): string {
  const texts = [printSettings('create', create), printSettings('drive', drive)].filter((text) => text !== '');
  return texts.map((text) => `\`${text}\``).join(' ');
}

function timesOf(measured: TimeByOperation, predicted: TimeByOperation): string {
  return (['read', 'write', 'trim', 'sync'] as const)
    .filter((name) => measured[name] !== undefined)
    .map((name) => `${name} ${milliseconds(measured[name])} → ${milliseconds(predicted[name])}`)
    .join(', ')
    .concat(' ms');
}

function componentsOf({ componentsMs }: Cell): string {
  return Object.entries(componentsMs)
    .sort(([, left], [, right]) => right - left)
    .slice(0, shownComponents)
    .map(([name, ms]) => `${name} ${milliseconds(ms)}`)
    .join(', ')
    .concat(' ms');
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(3)));
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

function percent(ratio: number): string {
  return Number.isNaN(ratio) ? '–' : `${(ratio * 100).toFixed(1)} %`;
}

function signed(ratio: number): string {
  return `${ratio < 0 ? '−' : '+'}${percent(Math.abs(ratio))}`;
}
