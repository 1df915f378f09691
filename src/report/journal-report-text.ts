import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import { renderChart } from './chart.ts';
import type { Curve } from './curves.ts';
import { formatMultiple, formatSpread } from './figures.ts';
import { brokenAt, Footnotes, renderNamedTable, reportWidth } from './fit-columns.ts';
import type { JournalReport, Report, WorkloadReport } from './journal-report.ts';
import type { Figure, JournalReportRow } from './journal-report-row.ts';
import { describeLoadGenerator } from './load-generator.ts';
import { hostIoKinds } from './metric.ts';
import { printable } from './printable.ts';
import { renderPublished } from './published-table.ts';
import type { TableColumn } from './table.ts';

/** Tables and charts of journals as text of at most 100 columns. */
export function renderReport(report: Report): string {
  return report.journals.map((journal) => renderJournal(journal, report.confidence)).join('\n\n');
}

function renderJournal(report: JournalReport, confidence: number): string {
  const notes = new Footnotes();
  const parts = [
    renderEnvironment(report),
    ...report.workloads.map((workload) => renderWorkload(workload, notes, confidence)),
    notes.render(),
    renderIncomplete(report),
    renderWarnings(report),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function renderEnvironment(report: JournalReport): string {
  const { journal, environment, engine } = report;
  const predicted = engine.name === 'simulated';
  const lines = [
    `Journal ${printable(journal.path)}`,
    `  run      started ${printable(journal.startedAt, 40)}, seed ${journal.seed}, ${report.repetitions} repetitions, ${journal.completedCount} of ${journal.trialCount} trials completed`,
    report.resumedAt.length > 0
      ? `  resumed  ${report.resumedAt.length === 1 ? '1 time' : `${report.resumedAt.length} times`}: ${report.resumedAt.map((time) => printable(time, 40)).join(', ')}`
      : '',
    renderEngine(engine),
    environment.qemu ? `  qemu     ${printable(environment.qemu)}` : '',
    `  host     ${printable(environment.kernel)}, ${environment.cpuCount} × ${printable(environment.cpuModel)}, ${formatBytes(environment.memoryBytes)} of memory`,
    predicted
      ? ''
      : `  images   on ${printable(environment.fileSystem)} (${printable(environment.mountOptions)}), ${formatBytes(environment.freeBytes)} free at the start`,
    report.backing === null ? '' : `  backing  ${printable(report.backing)}`,
    predicted
      ? '  Times are predicted; host I/O and space are computed by the model of the driver.'
      : '  Every figure is measured, unless said otherwise.',
    report.missingCount > 0 ? `  ${report.missingCount} planned trials have not been run.` : '',
  ];
  return `${lines
    .filter((line) => line !== '')
    .flatMap((line) => line.split('\n'))
    .map((line) => brokenAt(line, reportWidth))
    .join('\n')}\n`;
}

function renderEngine(engine: JournalReport['engine']): string {
  const { name, overheadMs, cpus, costs } = engine;
  const version = printable(engine.version, 40);
  const modes = `cache=${printable(engine.cache, 20)}, aio=${printable(engine.aio, 20)}`;
  if (name === 'simulated') {
    const from = costs ? `, times from ${printable(costs.name, 60)}: ${printable(costs.source, 200)}` : '';
    return `  engine   the model of QEMU ${version}'s driver, ${modes}${from}`;
  }
  const load = describeLoadGenerator(engine);
  if (load !== undefined) {
    return `  engine   qemu-storage-daemon ${version}, ${modes}, processors ${cpus.join(' ') || 'any'}\n  load     ${load}`;
  }
  return `  engine   ${name} ${version}, ${modes}, processors ${cpus.join(' ') || 'any'}, ${formatDuration(overheadMs)} a command outside the driver`;
}

function renderWorkload(workload: WorkloadReport, notes: Footnotes, confidence: number): string {
  const warmUp = workload.warmUpCount > 0 ? `, the first ${workload.warmUpCount.toLocaleString('en')} as warm-up` : '';
  const heading = [
    `${printable(workload.name)}: ${printable(workload.title, 300)}`,
    `  ${formatBytes(workload.diskBytes)} disk, ${workload.requestCount.toLocaleString('en')} requests${warmUp}, seed ${workload.seed}`,
    workload.source === '' ? '' : `  after ${printable(workload.source, 300)}`,
  ];
  const parts = [
    `${heading
      .filter((line) => line !== '')
      .map((line) => brokenAt(line, reportWidth))
      .join('\n')}\n`,
    renderSpeed(workload.rows, notes, confidence),
    renderSpace(workload.rows),
    renderHostIo(workload.rows),
    workload.published ? renderPublished(workload.published) : '',
    ...workload.curves.map(renderCurve),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function renderSpeed(rows: readonly JournalReportRow[], notes: Footnotes, confidence: number): string {
  const columns: readonly TableColumn[] = [
    { title: 'speed' },
    { title: 'n', align: 'right' },
    { title: rows.every((row) => row.source === 'predicted') ? 'IOPS, predicted' : 'IOPS', align: 'right' },
    { title: '× baseline', align: 'right' },
    { title: 'p50', align: 'right' },
    { title: 'p99', align: 'right' },
  ];
  return renderNamedTable(
    columns,
    rows.map((row) => [
      nameOf(row, rows),
      row.incompleteCount > 0 ? `${row.count} of ${row.count + row.incompleteCount}` : String(row.count),
      renderIops(row.iops, notes, confidence),
      renderRelative(row),
      row.latencyP50Ms ? formatDuration(row.latencyP50Ms.median) : '-',
      row.latencyP99Ms ? formatDuration(row.latencyP99Ms.median) : '-',
    ]),
  );
}

function nameOf(row: JournalReportRow, rows: readonly JournalReportRow[]): string {
  const engines = new Set(rows.map((other) => other.engine));
  return `${printable(row.configuration.label)}${engines.size > 1 ? ` (${row.engine})` : ''}`;
}

function renderIops(iops: Figure | null, notes: Footnotes, confidence: number): string {
  if (iops === null) return '-';
  const spread = formatSpread(iops);
  if (iops.sufficient) return `${formatCount(iops.median)} ${spread}`;
  const note = `too few trials for an interval of ${formatRatio(confidence)}: ± is the range of the values`;
  return `${formatCount(iops.median)} ${spread}${notes.mark(note)}`;
}

function renderRelative({ isBaseline, relativeIops }: JournalReportRow): string {
  if (isBaseline) return 'baseline';
  if (relativeIops === null) return '-';
  const { ratio, low, high, verdict } = relativeIops;
  const interval = `${formatMultiple(ratio)} [${low.toPrecision(3)}, ${high.toPrecision(3)}]`;
  // As in a comparison, `~` is no difference shown.
  return verdict === 'same' || verdict === 'inconclusive' ? `~ ${interval}` : interval;
}

function renderSpace(rows: readonly JournalReportRow[]): string {
  const columns: readonly TableColumn[] = [
    { title: 'space' },
    { title: 'file length', align: 'right' },
    { title: 'allocated', align: 'right' },
    { title: 'amplification', align: 'right' },
    { title: 'guest seek', align: 'right' },
    { title: 'host seek', align: 'right' },
  ];
  const bytes = (figure: Figure | null): string => (figure ? formatBytes(figure.median) : '-');
  const cells = rows.map((row) => [
    bytes(row.fileBytes),
    bytes(row.allocatedBytes),
    row.spaceAmplificationRatio ? formatMultiple(row.spaceAmplificationRatio.median) : '-',
    bytes(row.guestSeekBytes),
    bytes(row.hostSeekBytes),
  ]);
  const [first] = cells;
  if (first && rows.length > 1 && new Set(cells.map((cell) => cell.join(' '))).size === 1) {
    const [length, allocated, amplification, guestSeek, hostSeek] = first;
    const named = [
      `file length ${length}, allocated ${allocated}`,
      ...(amplification === '-' ? [] : [`amplification ${amplification}`]),
      ...(hostSeek === '-' ? [] : [`mean seek ${guestSeek} on the guest's disk, ${hostSeek} in the file`]),
    ];
    return `${brokenAt(`space in every configuration: ${named.join(', ')}`, reportWidth)}\n`;
  }
  return renderNamedTable(
    columns,
    rows.map((row, index) => [nameOf(row, rows), ...(cells[index] ?? [])]),
  );
}

/** Kinds of host I/O that fit into one table beside the names. */
const kindsPerTable = 5;

function renderHostIo(rows: readonly JournalReportRow[]): string {
  const used = hostIoKinds.filter((kind) => rows.some((row) => row.hostIoPerRequest?.[kind] !== undefined));
  const tables: string[] = [];
  for (let start = 0; start < used.length; start += kindsPerTable) {
    const kinds = used.slice(start, start + kindsPerTable);
    const columns: readonly TableColumn[] = [
      { title: 'host I/O per request' },
      ...kinds.map((kind) => ({ title: kind, align: 'right' as const })),
    ];
    const cell = (row: JournalReportRow, kind: (typeof kinds)[number]): string =>
      row.hostIoPerRequest === null ? '-' : formatShare(row.hostIoPerRequest[kind] ?? 0);
    tables.push(
      renderNamedTable(
        columns,
        rows.map((row) => [nameOf(row, rows), ...kinds.map((kind) => cell(row, kind))]),
      ),
    );
  }
  return tables.join('\n');
}

function formatShare(share: number): string {
  return share === 0 || share >= 0.001 ? Number(share.toPrecision(3)).toString() : share.toExponential(1);
}

const curveTitles: Readonly<Record<Curve['metric'], string>> = {
  iops: 'IOPS',
  spaceAmplificationRatio: 'Space amplification',
  allocatedBytes: 'Allocated space',
};

const curveFormats: Readonly<Record<Curve['metric'], (value: number) => string>> = {
  iops: formatCount,
  spaceAmplificationRatio: formatMultiple,
  allocatedBytes: formatBytes,
};

/** More lines than this make no picture. */
const mostSeries = 8;

function renderCurve(curve: Curve): string {
  const shown = curve.series.slice(0, mostSeries);
  const left = curve.series.length - shown.length;
  const chart = renderChart(
    shown.map((series) => ({ name: series.name, values: series.values.map((value) => value ?? Number.NaN) })),
    {
      title: `${curveTitles[curve.metric]} over ${printable(curve.setting)}`,
      xLabels: curve.settingBytes.map(exactBytes),
      formatValue: curveFormats[curve.metric],
    },
  );
  return left > 0 ? `${chart}${left} more lines are in --json\n` : chart;
}

/** More of them than this would bury the report. */
const mostIncomplete = 20;

function renderIncomplete({ incomplete }: JournalReport): string {
  if (incomplete.length === 0) return '';
  const lines = incomplete
    .slice(0, mostIncomplete)
    .map(({ workload, configuration, repetition, state, reason }) =>
      brokenAt(
        `  ${state}: ${printable(workload)}/${printable(configuration)}, repetition ${repetition}: ${printable(reason, 300)}`,
        reportWidth,
      ),
    );
  const left = incomplete.length - lines.length;
  if (left > 0) lines.push(`  and ${left} more, see --json`);
  return `Not completed:\n${lines.join('\n')}\n`;
}

function renderWarnings({ warnings }: JournalReport): string {
  return warnings
    .map(({ subject, message, trialCount }) => {
      const who = trialCount > 1 ? `${trialCount} trials` : printable(subject);
      return `${brokenAt(`* ${who}: ${printable(message, 400)}`, reportWidth)}\n`;
    })
    .join('');
}
