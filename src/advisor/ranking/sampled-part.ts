import { rateOf } from '../../driver/cost/prediction.ts';
import { driverOptions } from '../../driver/driver-options.ts';
import type { ImageState } from '../../driver/image-state.ts';
import type { DriverOptions } from '../../driver/options.ts';
import { Qcow2Driver } from '../../driver/qcow2-driver.ts';
import { computeGeometry, type Geometry } from '../../qcow2/geometry.ts';
import { resolveCreate } from '../../settings/resolve.ts';
import { Operation } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';
import type { ProposalSettings } from '../proposal.ts';
import type { SampleSize } from '../recommendation.ts';
import { certainRow, intervalWidth, unseenRatio } from './kind-estimate.ts';
import type { PartRate, PredictionBasis, RatedPart } from './part.ts';
import { PartImages } from './part-images.ts';
import { areaBytes, entriesOf } from './recent-areas.ts';
import { RequestKind } from './request-kind.ts';
import { type EntryUse, SampledRun } from './sampled-run.ts';
import { changesMap, type ShapeWrites, shapeWrites } from './shape-writes.ts';
import { firstWriteBytes, type SampledWindow, sampleTrace, type TraceSample } from './trace-sample.ts';
import type { WindowPlan } from './window-plan.ts';

/** What images are brought from window to window with: all that matters is what it allocates. */
const silent = { io(): void {} };
/** First writes are brought into an image in pieces of at most this, bytes. */
const joinedBytes = 2 ** 20;

/**
 * A workload that is too long to be run under every configuration: windows of it are, each on the image and with the caches that a run of
 * the whole would have there. What lies between windows is brought into the image, once for the configurations of one shape, and
 * into the caches; nothing of it is priced.
 *
 * What a configuration adds to the cost on a plain file is estimated from the windows, by kinds of request, and added to that cost of the
 * whole workload, which is known.
 */
export class SampledPart implements RatedPart {
  readonly sample: TraceSample;
  readonly #basis: PredictionBasis;
  readonly #images: PartImages;
  /** Windows that were drawn and stand for others. */
  readonly #drawnCount: number;

  constructor(workload: Workload, basis: PredictionBasis, plan: WindowPlan) {
    this.#basis = basis;
    this.sample = sampleTrace(workload, basis.profile, plan);
    this.#drawnCount = this.sample.windows.filter(({ isCertain }) => !isCertain).length;
    this.#images = new PartImages(workload, basis.host, areaRanges(this.sample.areas, workload.diskBytes));
  }

  get size(): SampleSize {
    const { measuredCount, requestCount } = this.sample;
    return { requestCount: measuredCount, ofRequestCount: requestCount, windowCount: this.#drawnCount };
  }

  /** One rate for each configuration, in their order; the same whatever others are beside it. */
  rates(settings: readonly ProposalSettings[]): readonly PartRate[] {
    const rates = new Map<ProposalSettings, PartRate>();
    const shapes = new Map<string, ProposalSettings[]>();
    for (const one of settings) {
      const key = this.#images.keyOf(one.create);
      const members = shapes.get(key);
      if (members === undefined) shapes.set(key, [one]);
      else members.push(one);
    }
    for (const members of shapes.values()) this.#rateShape(members, rates);
    return settings.map((one) => rates.get(one) as PartRate);
  }

  #rateShape(members: readonly ProposalSettings[], rates: Map<ProposalSettings, PartRate>): void {
    const [{ create }] = members as [ProposalSettings];
    const image = this.#images.make(create);
    const { clusterBytes, extendedL2, refcountBits } = resolveCreate(create);
    const geometry = computeGeometry({ diskBytes: image.virtualBytes, clusterBytes, extendedL2, refcountBits });
    const writes = shapeWrites(this.sample, geometry, this.#images.isMapped(create));
    const runs = new Map<string, SampledRun>();
    const users = members.map(({ drive }, index) => {
      const options = driverOptions(image, drive, this.#basis.host);
      const limited = this.#withoutIdleEntries(options, geometry);
      const key = JSON.stringify(limited);
      const run = runs.get(key) ?? new SampledRun(limited, this.#basis.profile, this.#drawnCount);
      runs.set(key, run);
      return { settings: members[index] as ProposalSettings, run, idle: options.l2EntryCount - limited.l2EntryCount };
    });
    this.#runWindows(image, geometry, writes, [...runs.values()]);
    for (const { settings, run, idle } of users) rates.set(settings, this.#rate(run, writes, idle));
  }

  /**
   * Caches with entries for everything that is ever used do the same but for the entries that are looked at in vain, which are
   * counted: one run serves them all.
   */
  #withoutIdleEntries(options: DriverOptions, geometry: Geometry): DriverOptions {
    const coverage = (options.l2EntryBytes / geometry.l2EntryBytes) * geometry.clusterBytes;
    const used = new Set<number>();
    for (const area of this.sample.areas) used.add(Math.floor((area * areaBytes) / coverage));
    // A new table passes through the cache whole, used or not.
    const slices = geometry.clusterBytes / options.l2EntryBytes;
    const tables = new Set<number>();
    if (slices > 1) for (const entry of used) tables.add(Math.floor(entry / slices));
    const enough = 2 ** Math.ceil(Math.log2(2 * Math.max(8, used.size, tables.size * slices)));
    return { ...options, l2EntryCount: Math.min(options.l2EntryCount, enough) };
  }

  #runWindows(image: ImageState, geometry: Geometry, shape: ShapeWrites, runs: readonly SampledRun[]): void {
    const [first] = runs;
    if (first === undefined) return;
    const allocator = new Qcow2Driver(image, { ...first.options, l2EntryCount: 64 }, silent);
    const { index } = shape.writes;
    let next = 0;
    let drawn = 0;
    for (const window of this.sample.windows) {
      const row = window.isCertain ? certainRow : ++drawn;
      const from = next;
      next = this.#bring(allocator, shape, next, window.span.start);
      if (next > from) allocator.flush();
      let end = next;
      while (end < index.length && (index[end] as number) < window.span.end) end++;
      const kinds = windowKinds(window, shape, geometry, next, end);
      const changedTables = tablesOf(window, shape, geometry, next, end);
      const places = new Map<number, EntryUse>();
      for (const run of runs) {
        const coverageBytes = (run.options.l2EntryBytes / geometry.l2EntryBytes) * geometry.clusterBytes;
        const use = places.get(coverageBytes) ?? entryUse(window, shape, geometry, coverageBytes, next);
        places.set(coverageBytes, use);
        run.run({ row, window, kinds, use, allocator, changedTables });
      }
    }
  }

  /** Runs the first writes before a request. @returns the first one that was left */
  #bring(allocator: Qcow2Driver, { writes, kinds }: ShapeWrites, from: number, before: number): number {
    const { index, offsetBytes, lengthBytes } = writes;
    let at = from;
    while (at < index.length && (index[at] as number) < before) {
      const offset = offsetBytes[at] as number;
      let length = lengthBytes[at] as number;
      const allocates = kinds[at++] !== RequestKind.writeBlock;
      while (
        at < index.length &&
        (index[at] as number) < before &&
        offsetBytes[at] === offset + length &&
        length < joinedBytes &&
        allocates === (kinds[at] !== RequestKind.writeBlock)
      ) {
        length += lengthBytes[at] as number;
        at++;
      }
      if (allocates || !allocator.store(offset, length)) allocator.write(offset, length);
    }
    return at;
  }

  #rate(run: SampledRun, { kindCounts }: ShapeWrites, idleEntries: number): PartRate {
    const { sample } = this;
    const { profile } = this.#basis;
    const { ns, errorNs } = run.sums.estimate(kindCounts, idleEntries);
    const total = Math.max(sample.guestNs / 100, sample.guestNs + ns);
    const error = Math.hypot(errorNs / total, unseenRatio);
    const spread = Math.hypot(run.costSpread(), error);
    return {
      ...rateOf(profile, Math.max(1, sample.dataCount), total, spread),
      samplingRatio: error * intervalWidth(this.#drawnCount),
      shares: run.timeShares(),
    };
  }
}

/** The kinds of a window's requests on images of one shape. */
function windowKinds(
  { span, kinds: known, syncsBefore }: SampledWindow,
  { writes, kinds: firstKinds }: ShapeWrites,
  geometry: Geometry,
  from: number,
  to: number,
): Uint8Array {
  const kinds = known.slice();
  let changed =
    from > 0 && writes.syncsBefore[from - 1] === syncsBefore && changesMap(firstKinds[from - 1] as number, geometry);
  let next = from;
  for (let at = 0; at < kinds.length; at++) {
    if (next < to && writes.index[next] === span.start + at) {
      const kind = firstKinds[next++] as number;
      kinds[at] = kind;
      changed ||= changesMap(kind, geometry);
    } else if (kinds[at] === RequestKind.sync) {
      if (changed) kinds[at] = RequestKind.syncChanges;
      changed = false;
    }
  }
  return kinds;
}

/** L1 indexes of the tables that a window changes: those that its first writes fall into. */
function tablesOf(
  { requests }: SampledWindow,
  { writes, kinds }: ShapeWrites,
  geometry: Geometry,
  from: number,
  to: number,
): ReadonlySet<number> {
  const tables = new Set<number>();
  const add = (offset: number, length: number) => {
    const last = Math.floor((offset + length - 1) / geometry.l2TableCoverageBytes);
    for (let table = Math.floor(offset / geometry.l2TableCoverageBytes); table <= last; table++) tables.add(table);
  };
  for (let at = from; at < to; at++) {
    if (changesMap(kinds[at] as number, geometry))
      add(writes.offsetBytes[at] as number, writes.lengthBytes[at] as number);
  }
  // Subclusters below the grain of first writes: any write may be the first in one.
  if (geometry.subclusterBytes >= firstWriteBytes) return tables;
  for (let at = 0; at < requests.count; at++) {
    if (requests.operation[at] === Operation.write)
      add(requests.offsetBytes[at] as number, requests.lengthBytes[at] as number);
  }
  return tables;
}

/** What was used and changed since the last window, by entries of a cache. */
function entryUse(
  { areas, span, syncsBefore }: SampledWindow,
  { writes, kinds }: ShapeWrites,
  geometry: Geometry,
  coverageBytes: number,
  before: number,
): EntryUse {
  const changes = new Map<number, number>();
  for (let at = before - 1; at >= 0 && writes.syncsBefore[at] === syncsBefore; at--) {
    if (!changesMap(kinds[at] as number, geometry)) continue;
    const entry = Math.floor((writes.offsetBytes[at] as number) / coverageBytes);
    if (!changes.has(entry)) changes.set(entry, span.start - (writes.index[at] as number));
  }
  return { entries: entriesOf(areas, coverageBytes), coverageBytes, changes };
}

function areaRanges(areas: ReadonlySet<number>, diskBytes: number) {
  const offsetBytes = Float64Array.from(areas, (area) => area * areaBytes);
  const lengthBytes = offsetBytes.map((offset) => Math.min(areaBytes, diskBytes - offset));
  return { count: offsetBytes.length, offsetBytes, lengthBytes };
}
