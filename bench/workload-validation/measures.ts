import type { RequestBlock } from '../../src/workload/request.ts';
import { StatisticsCollector } from '../../src/workload/stats/measure-statistics.ts';

/** What a model and a recording are compared by. Counts, bytes, shares from 0 to 1. */
export interface Measures {
  readonly reads: number;
  readonly writes: number;
  readonly trims: number;
  readonly syncs: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly rewrittenBytes: number;
  readonly footprintBytes: number;
  readonly sequentialRatio: number;
  readonly readSizeMeanBytes: number;
  readonly readSizeP50Bytes: number;
  readonly readSizeP90Bytes: number;
  readonly writeSizeMeanBytes: number;
  readonly writeSizeP50Bytes: number;
  readonly writeSizeP90Bytes: number;
}

export type MeasureName = keyof Measures;

/** The measures of requests, by the same pass that `qtune workload stats` makes. */
export function measuresOf(requests: Iterable<RequestBlock>, diskBytes: number): Measures {
  const collector = new StatisticsCollector({ diskBytes });
  for (const block of requests) collector.add(block);
  const statistics = collector.statistics();
  const { read, write } = statistics.sizes;
  return {
    reads: statistics.readCount,
    writes: statistics.writeCount,
    trims: statistics.trimCount,
    syncs: statistics.syncCount,
    readBytes: statistics.readBytes,
    writtenBytes: statistics.writeBytes,
    rewrittenBytes: statistics.rewrittenBytes,
    footprintBytes: statistics.footprintBytes,
    sequentialRatio: statistics.sequentialRatio,
    readSizeMeanBytes: statistics.readCount === 0 ? 0 : statistics.readBytes / statistics.readCount,
    readSizeP50Bytes: read?.p50Bytes ?? 0,
    readSizeP90Bytes: read?.p90Bytes ?? 0,
    writeSizeMeanBytes: statistics.writeCount === 0 ? 0 : statistics.writeBytes / statistics.writeCount,
    writeSizeP50Bytes: write?.p50Bytes ?? 0,
    writeSizeP90Bytes: write?.p90Bytes ?? 0,
  };
}

const tolerance = 0.1;
/** Fewer requests than this share of all make no difference to a disk. */
const negligibleShare = 0.001;
/** Shares may be this far apart whatever their ratio. */
const negligiblePoints = 0.01;

const countNames: ReadonlySet<MeasureName> = new Set(['reads', 'writes', 'trims', 'syncs']);
const sizeNames: readonly (readonly [string, keyof Pick<Measures, 'reads' | 'writes'>])[] = [
  ['readSize', 'reads'],
  ['writeSize', 'writes'],
];
const byteNames: ReadonlySet<MeasureName> = new Set(['readBytes', 'writtenBytes', 'rewrittenBytes']);

/** Whether a measure of the model is within a tenth of the recording's, or too small to matter in it. */
export function isWithin(name: MeasureName, model: Measures, recording: Measures): boolean {
  const difference = Math.abs(model[name] - recording[name]);
  if (difference <= tolerance * recording[name]) return true;
  if (name === 'sequentialRatio') return difference <= negligiblePoints;
  const requestCount = recording.reads + recording.writes + recording.trims + recording.syncs;
  if (countNames.has(name)) return difference <= negligibleShare * requestCount;
  if (byteNames.has(name)) return difference <= negligibleShare * (recording.readBytes + recording.writtenBytes);
  const [, count] = sizeNames.find(([prefix]) => name.startsWith(prefix)) ?? [];
  return count !== undefined && recording[count] <= negligibleShare * requestCount;
}
