import { driverOptions, type ModelHost } from '../driver/driver-options.ts';
import type { HostFileName, HostOpName, HostPurposeName } from '../driver/host-io.ts';
import type { HostIoKind } from '../driver/host-io-tally.ts';
import type { DriverOptions } from '../driver/options.ts';
import type { RequestSummary } from '../engine/request-survey.ts';
import { imageSpace } from '../engine/simulated/image-space.ts';
import type { Simulation } from '../engine/simulated/simulation.ts';
import type { Configuration } from '../settings/configuration.ts';
import { formatQemuVersion } from '../settings/qemu-version.ts';
import type { Warning } from '../warnings.ts';

/** One configuration through the model. Counts are exact; what is predicted says so. */
export interface SimulationRow {
  readonly configuration: Configuration;
  readonly source: 'computed';
  readonly hostIo: readonly HostIoRow[];
  readonly hostReadCount: number;
  readonly hostReadBytes: number;
  readonly hostWriteCount: number;
  readonly hostWriteBytes: number;
  readonly hostSyncCount: number;
  /** Reads and writes of tables and of the header, of backing files too. */
  readonly metadataReadCount: number;
  readonly metadataWriteCount: number;
  readonly metadataBytes: number;
  /** The same over all guest requests. */
  readonly metadataPerRequestCount: number;
  readonly l2Cache: CacheReport;
  readonly refcountCache: CacheReport;
  readonly allocatedClusterCount: number;
  readonly copiedClusterCount: number;
  readonly fileBytes: number;
  readonly allocatedBytes: number;
  readonly usedClusterCount: number;
  /** `allocatedBytes` over the distinct bytes stored; null where that is none or, in an image that was read, not known. */
  readonly spaceAmplificationRatio: number | null;
  /** Bytes written to the host, zeroed ranges left out, over bytes that the guest wrote; null where it wrote none. */
  readonly writeAmplificationRatio: number | null;
  readonly hostSeekBytes: number | null;
  readonly expected: readonly {
    readonly metric: 'iops';
    readonly source: 'predicted';
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
}

export interface HostIoRow {
  readonly op: HostOpName;
  readonly file: HostFileName;
  /** Absent for syncs. */
  readonly for?: Exclude<HostPurposeName, 'none'>;
  readonly count: number;
  readonly bytes: number;
}

/** One of the two metadata caches of the active image. */
export interface CacheReport {
  readonly entryBytes: number;
  readonly entryCount: number;
  readonly lookupCount: number;
  readonly missCount: number;
  /** Dirty entries that were written because another needed their place. */
  readonly evictionCount: number;
  /** Null where nothing was looked up. */
  readonly hitRatio: number | null;
}

/** The document of `simulate --json`. */
export interface SimulationReport {
  readonly schema: 'qtune.simulate/1';
  readonly disk: { readonly virtualBytes: number };
  /** The image that was read, as it was named; null where one was made up from the settings. */
  readonly image: string | null;
  /** What a made-up image held before the first request. */
  readonly content: 'empty' | 'mapped' | 'full' | null;
  readonly backing: string;
  /** The version that is modelled. */
  readonly qemu: string;
  readonly requests: { readonly name: string } & Omit<RequestSummary, 'guestBytes' | 'guestDistinctBytes'> & {
      readonly readCount: number;
      readonly writeBytes: number;
      readonly distinctWriteBytes: number;
    };
  readonly costs: { readonly name: string; readonly source: string };
  readonly simulations: readonly SimulationRow[];
  readonly warnings: readonly Warning[];
}

/** What the report says of all configurations. */
export interface SimulationSubject {
  readonly virtualBytes: number;
  readonly image: string | null;
  readonly content: 'empty' | 'mapped' | 'full' | null;
  readonly backing: string;
  readonly host: ModelHost;
  readonly requests: { readonly name: string; readonly summary: RequestSummary };
  readonly costs: { readonly name: string; readonly source: string };
}

export function buildSimulationReport(
  subject: SimulationSubject,
  simulations: readonly SimulationRow[],
  warnings: readonly Warning[],
): SimulationReport {
  const { guestBytes, guestDistinctBytes, ...counts } = subject.requests.summary;
  return {
    schema: 'qtune.simulate/1',
    disk: { virtualBytes: subject.virtualBytes },
    image: subject.image,
    content: subject.content,
    backing: subject.backing,
    qemu: formatQemuVersion(subject.host.qemu),
    requests: {
      name: subject.requests.name,
      ...counts,
      readCount: counts.requestCount - counts.writeCount - counts.trimCount - counts.syncCount,
      writeBytes: guestBytes,
      distinctWriteBytes: guestDistinctBytes,
    },
    costs: subject.costs,
    simulations,
    warnings,
  };
}

/** The figures of one run. The image's state is taken as it is after the close. */
export function simulationRow(
  configuration: Configuration,
  simulation: Simulation,
  subject: SimulationSubject,
): SimulationRow {
  const { image, counters, rate } = simulation;
  const kinds = simulation.hostIo.kinds();
  const { summary } = subject.requests;
  const options = driverOptions(image, configuration.drive, subject.host);
  const metadataReads = total(kinds, ({ op, purpose }) => op === 'read' && isMetadata(purpose));
  const metadataWrites = total(kinds, ({ op, purpose }) => op === 'write' && isMetadata(purpose));
  const reads = total(kinds, ({ op }) => op === 'read');
  const writes = total(kinds, ({ op }) => op === 'write');
  const metadataCount = metadataReads.count + metadataWrites.count;
  const space = imageSpace(image);
  const storedBytes = subject.content === 'full' ? image.virtualBytes : summary.guestDistinctBytes;
  return {
    configuration,
    source: 'computed',
    hostIo: kinds.map(({ op, file, purpose, count, bytes }) => ({
      op,
      file,
      ...(purpose === 'none' ? {} : { for: purpose }),
      count,
      bytes,
    })),
    hostReadCount: reads.count,
    hostReadBytes: reads.bytes,
    hostWriteCount: writes.count,
    hostWriteBytes: writes.bytes,
    hostSyncCount: total(kinds, ({ op }) => op === 'sync').count,
    metadataReadCount: metadataReads.count,
    metadataWriteCount: metadataWrites.count,
    metadataBytes: metadataReads.bytes + metadataWrites.bytes,
    metadataPerRequestCount: summary.requestCount === 0 ? 0 : metadataCount / summary.requestCount,
    l2Cache: l2CacheReport(options, counters),
    refcountCache: refcountCacheReport(2 ** image.clusterBits, options, counters),
    allocatedClusterCount: counters.allocatedClusters,
    copiedClusterCount: counters.copiedClusters,
    ...space,
    spaceAmplificationRatio: subject.image === null && storedBytes > 0 ? space.allocatedBytes / storedBytes : null,
    writeAmplificationRatio: summary.guestBytes > 0 ? writes.bytes / summary.guestBytes : null,
    hostSeekBytes: simulation.hostIo.seekBytes ?? null,
    expected:
      rate === undefined
        ? []
        : [{ metric: 'iops', source: 'predicted', value: rate.iops, low: rate.low, high: rate.high }],
  };
}

function isMetadata(purpose: HostPurposeName): boolean {
  return purpose !== 'data' && purpose !== 'copy-on-write' && purpose !== 'none';
}

function total(kinds: readonly HostIoKind[], take: (kind: HostIoKind) => boolean): { count: number; bytes: number } {
  const sum = { count: 0, bytes: 0 };
  for (const kind of kinds) {
    if (!take(kind)) continue;
    sum.count += kind.count;
    sum.bytes += kind.bytes;
  }
  return sum;
}

function l2CacheReport(options: DriverOptions, counters: Simulation['counters']): CacheReport {
  return {
    entryBytes: options.l2EntryBytes,
    entryCount: options.l2EntryCount,
    ...cacheFigures(counters.l2Lookups, counters.l2Misses, counters.l2Evictions),
  };
}

function refcountCacheReport(
  clusterBytes: number,
  options: DriverOptions,
  counters: Simulation['counters'],
): CacheReport {
  return {
    entryBytes: clusterBytes,
    entryCount: options.refcountTableCount,
    ...cacheFigures(counters.refcountLookups, counters.refcountMisses, counters.refcountEvictions),
  };
}

function cacheFigures(lookupCount: number, missCount: number, evictionCount: number) {
  return { lookupCount, missCount, evictionCount, hitRatio: lookupCount === 0 ? null : 1 - missCount / lookupCount };
}
