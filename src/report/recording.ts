import type { Recording } from '../engine/record/recording.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import { formatRatio } from '../units/rate.ts';
import type { WorkloadStatistics } from '../workload/stats/statistics.ts';
import { factLines } from './facts.ts';
import { reportWidth } from './fit-columns.ts';
import { printable } from './printable.ts';
import { renderTable, type TableColumn } from './table.ts';

/** Where a recording was put, and what its requests come to. */
export interface RecordingContext {
  readonly name: string;
  /** The trace, as the user named it. */
  readonly out: string;
  readonly command: readonly string[];
  readonly fileSystem: string;
  /** Requests of mkfs and mount at the start of the trace. */
  readonly setupCount: number;
  /** Of all requests in the trace. */
  readonly statistics: WorkloadStatistics;
}

/** What `qtune workload record --json` prints. */
export interface RecordingReport {
  readonly schema: 'qtune.workload/1';
  readonly recording: {
    readonly name: string;
    readonly trace: string;
    readonly command: readonly string[];
    readonly fileSystem: string;
    readonly diskBytes: number;
    readonly exitCode: number;
    readonly programMs: number;
    readonly wallMs: number;
    readonly setupCount: number;
    readonly image: Recording['image'];
    readonly blockStatistics: unknown;
    readonly notes: readonly string[];
  };
  readonly statistics: WorkloadStatistics;
}

export function buildRecordingReport(recording: Recording, context: RecordingContext): RecordingReport {
  const { name, out, command, fileSystem, setupCount, statistics } = context;
  const { diskBytes, exitCode, programMs, wallMs, image, blockStatistics, notes } = recording;
  const said = { diskBytes, exitCode, programMs, wallMs, setupCount, image, blockStatistics, notes };
  return {
    schema: 'qtune.workload/1',
    recording: { name, trace: out, command, fileSystem, ...said },
    statistics,
  };
}

const whole = (count: number): string => count.toLocaleString('en-US');
const right = (title: string): TableColumn => ({ title, align: 'right' });

/** A recording for people: where it is, its requests by kind, and what the image is like now. */
export function renderRecording({ recording, statistics }: RecordingReport): string {
  const { trace, setupCount, diskBytes, fileSystem, programMs, notes } = recording;
  const setup = setupCount === 0 ? '' : `, the first ${whole(setupCount)} of mkfs and mount`;
  const where = fileSystem === 'none' ? '' : ` with ${fileSystem}`;
  const parts = [
    `${printable(trace)}: ${whole(statistics.requestCount)} requests${setup}\n`,
    `  on a disk of ${formatBytes(diskBytes)}${where}; the program ran for ${formatDuration(programMs)}\n`,
    '\n',
    kinds(statistics),
    '\n',
    renderImage(recording.image, statistics),
    ...notes.map((note) => `Note: ${printable(note, 400)}.\n`),
    `\nMore of it: qtune workload stats ${printable(trace)}\n`,
  ];
  return parts.join('');
}

function kinds({
  readCount,
  writeCount,
  trimCount,
  syncCount,
  readBytes,
  writeBytes,
  trimBytes,
  sizes,
  ...all
}: WorkloadStatistics): string {
  const rows: string[][] = [];
  const add = (name: string, count: number, bytes: number, size: typeof sizes.read): void => {
    if (count === 0) return;
    const lengths = size === null ? ['', ''] : [formatBytes(size.p50Bytes), formatBytes(size.p99Bytes)];
    rows.push([
      name,
      whole(count),
      formatRatio(count / all.requestCount),
      bytes === 0 ? '' : formatBytes(bytes),
      ...lengths,
    ]);
  };
  add('read', readCount, readBytes, sizes.read);
  add('write', writeCount, writeBytes, sizes.write);
  add('trim', trimCount, trimBytes, sizes.trim);
  add('sync', syncCount, 0, null);
  return renderTable(
    [{ title: '' }, right('requests'), right('share'), right('bytes'), right('p50'), right('p99')],
    rows,
  );
}

function renderImage(image: Recording['image'], { distinctWrittenBytes }: WorkloadStatistics): string {
  const { fileBytes, allocatedBytes, clusterBytes, allocatedClusterCount, fragmentedClusterCount } = image;
  const { compressedClusterCount, dataExtentCount } = image;
  const fragmented = allocatedClusterCount === 0 ? 0 : fragmentedClusterCount / allocatedClusterCount;
  const compressed = compressedClusterCount === 0 ? '' : `, ${whole(compressedClusterCount)} of them compressed`;
  const facts: readonly (readonly [string, string])[] = [
    [
      'image file',
      `${formatBytes(fileBytes)}, of which the host stores ${formatBytes(allocatedBytes)}; different bytes written: ${formatBytes(distinctWrittenBytes)}`,
    ],
    [
      'clusters',
      `${whole(allocatedClusterCount)} of ${formatBytes(clusterBytes)} allocated${compressed}; ${formatRatio(fragmented)} fragmented, data in ${whole(dataExtentCount)} pieces`,
    ],
  ];
  return factLines(facts, reportWidth)
    .map((line) => `${line}\n`)
    .join('');
}
