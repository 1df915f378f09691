import { formatBytes } from '../units/bytes.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import { formatMultiple } from './figures.ts';
import { brokenAt, renderNamedTable, reportWidth } from './fit-columns.ts';
import { printable } from './printable.ts';
import type { CacheReport, SimulationReport, SimulationRow } from './simulation.ts';
import { renderTable, type TableColumn } from './table.ts';

/** The tables for people, what matters most first. */
export function renderSimulation(report: SimulationReport): string {
  const { simulations } = report;
  const [only] = simulations.length === 1 ? simulations : [];
  return [
    heading(report),
    speed(simulations, report),
    caches(simulations),
    space(simulations),
    only ? hostIo(only) : '',
    notes(report),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function heading({ disk, image, content, backing, qemu, requests }: SimulationReport): string {
  const made = [content, backing === 'none' ? undefined : `over ${backing}`].filter((text) => text !== undefined);
  const what = image === null ? `a new image (${made.join(', ')})` : printable(image, 300);
  const shares = [
    [requests.readCount, 'reads'],
    [requests.writeCount, 'writes'],
    [requests.trimCount, 'trims'],
    [requests.syncCount, 'syncs'],
  ] as const;
  const counts = shares.filter(([count]) => count > 0).map(([count, name]) => `${count.toLocaleString('en')} ${name}`);
  const text = `${printable(requests.name, 200)}: ${counts.join(', ')} on ${what} of ${formatBytes(disk.virtualBytes)}, as QEMU ${qemu} would do them`;
  return `${brokenAt(text, reportWidth)}\n`;
}

const right = 'right';

function named(title: string, ...others: readonly string[]): readonly TableColumn[] {
  return [{ title }, ...others.map((other) => ({ title: other, align: right }) as const)];
}

function speed(rows: readonly SimulationRow[], { requests }: SimulationReport): string {
  const perRequest = (count: number): string =>
    formatCount(requests.requestCount === 0 ? 0 : count / requests.requestCount);
  return renderNamedTable(
    named('per request', 'IOPS, predicted', 'low – high', 'reads', 'writes', 'syncs', 'metadata'),
    rows.map((row) => {
      const [iops] = row.expected;
      return [
        printable(row.configuration.label),
        iops ? formatCount(iops.value) : '-',
        iops ? `${formatCount(iops.low)} – ${formatCount(iops.high)}` : '',
        perRequest(row.hostReadCount),
        perRequest(row.hostWriteCount),
        perRequest(row.hostSyncCount),
        formatCount(row.metadataPerRequestCount),
      ];
    }),
  );
}

function caches(rows: readonly SimulationRow[]): string {
  const size = ({ entryCount, entryBytes }: CacheReport): string => `${entryCount} × ${formatBytes(entryBytes)}`;
  const hits = ({ hitRatio }: CacheReport): string => (hitRatio === null ? '-' : formatRatio(hitRatio));
  return renderNamedTable(
    named('caches', 'L2', 'hits', 'misses', 'refcounts', 'hits', 'misses'),
    rows.map(({ configuration, l2Cache, refcountCache }) => [
      printable(configuration.label),
      size(l2Cache),
      hits(l2Cache),
      formatCount(l2Cache.missCount),
      size(refcountCache),
      hits(refcountCache),
      formatCount(refcountCache.missCount),
    ]),
  );
}

function space(rows: readonly SimulationRow[]): string {
  const multiple = (ratio: number | null): string => (ratio === null ? '-' : formatMultiple(ratio));
  return renderNamedTable(
    named('space at the end', 'allocated', 'of data', 'file length', 'clusters', 'written', 'of writes', 'mean seek'),
    rows.map((row) => [
      printable(row.configuration.label),
      formatBytes(row.allocatedBytes),
      multiple(row.spaceAmplificationRatio),
      formatBytes(row.fileBytes),
      formatCount(row.usedClusterCount),
      formatBytes(row.hostWriteBytes),
      multiple(row.writeAmplificationRatio),
      row.hostSeekBytes === null ? '-' : formatBytes(row.hostSeekBytes),
    ]),
  );
}

function hostIo(row: SimulationRow): string {
  return renderTable(
    [
      { title: 'host I/O' },
      { title: 'file' },
      { title: 'for' },
      { title: 'count', align: right },
      { title: 'bytes', align: right },
    ],
    row.hostIo.map((kind) => [
      kind.op,
      kind.file,
      kind.for ?? '',
      kind.count.toLocaleString('en'),
      kind.op === 'sync' ? '' : formatBytes(kind.bytes),
    ]),
  );
}

function notes({ costs, warnings, requests }: SimulationReport): string {
  const lines = [
    `Counts and sizes are computed and exact at queue depth 1; IOPS are predicted from ${costs.name}: ${costs.source}. Where the settings name no cache mode, host I/O is of QEMU's default, writeback, and IOPS are of cache=none, as \`qtune run\` measures.`,
    requests.writeCount > 0
      ? '`of data`: allocated over distinct bytes stored. `of writes`: bytes written, zeroed ranges left out, over bytes the guest wrote.'
      : '',
    ...warnings.map(
      ({ subject, message, hint }) =>
        `* ${printable(subject)}: ${printable(message, 400)}.${hint === undefined ? '' : ` ${hint}`}`,
    ),
  ];
  return `${lines
    .filter((line) => line !== '')
    .map((line) => brokenAt(line, reportWidth))
    .join('\n')}\n`;
}
