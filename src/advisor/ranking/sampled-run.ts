import { CostMeter } from '../../driver/cost/cost-meter.ts';
import type { CostProfile } from '../../driver/cost/cost-profile.ts';
import type { Unsynced } from '../../driver/cost/file-costs.ts';
import { rateSpread, timeShares } from '../../driver/cost/prediction.ts';
import { HOST_SYNC, type HostIoSink } from '../../driver/host-io.ts';
import type { DriverOptions } from '../../driver/options.ts';
import type { Qcow2Driver } from '../../driver/qcow2-driver.ts';
import { replayOne } from '../../driver/replay.ts';
import { Operation } from '../../workload/request.ts';
import { KindSums } from './kind-estimate.ts';
import type { SampledWindow } from './trace-sample.ts';

/** What was used since the last window, by entries of the L2 cache. */
export interface EntryUse {
  /** In the order of their last use. */
  readonly entries: Float64Array;
  /** What an entry maps. */
  readonly coverageBytes: number;
  /** Entries that changed after the last sync, with how many requests ago. */
  readonly changes: ReadonlyMap<number, number>;
}

/** One window under one configuration. */
export interface WindowRun {
  /** Of the sums: {@link certainRow}, or the number of the drawn window from 1 on. */
  readonly row: number;
  readonly window: SampledWindow;
  readonly kinds: Uint8Array;
  readonly use: EntryUse;
  /** The driver that brought the image to where it is at the window's start. */
  readonly allocator: Qcow2Driver;
  /** L1 indexes of the tables that the window changes. */
  readonly changedTables: ReadonlySet<number>;
}

/** One configuration on its way through the windows: its caches go on from one to the next. */
export class SampledRun {
  readonly options: DriverOptions;
  readonly sums: KindSums;
  readonly #profile: CostProfile;
  readonly #gate: Gate;
  readonly #meter: CostMeter;
  #driver: Qcow2Driver | undefined;
  /** Requests of all windows so far, and the syncs among them. */
  #requests = 0;
  #guestSyncs = 0;

  constructor(options: DriverOptions, profile: CostProfile, drawnCount: number) {
    this.options = options;
    this.#profile = profile;
    this.sums = new KindSums(drawnCount);
    this.#meter = new CostMeter(profile);
    this.#gate = new Gate(this.#meter);
  }

  run(input: WindowRun): void {
    const { window, allocator } = input;
    const former = this.#driver;
    if (window.synced) former?.settle();
    this.#gate.open = false;
    const driver = allocator.fork(this.options, this.#gate, input.changedTables, former);
    this.#driver = driver;
    fill(driver, input);
    this.#price(driver, input);
  }

  /** Relative standard deviation of what the windows cost, by the costs' own spreads from run to run. */
  costSpread(): number {
    return rateSpread(this.#meter);
  }

  /** What part of the windows' time each component of the cost takes. */
  timeShares(): Float64Array {
    return timeShares(this.#meter);
  }

  /**
   * What waits for the next sync. The driver's own syncs, which come with evicted tables and new ones, leave less of it than the guest's
   * do: as much as is written between two of them.
   */
  #unsynced({ unsynced, requestsSinceSync }: SampledWindow): Unsynced {
    const own = Math.max(0, this.#gate.syncs - this.#guestSyncs);
    const share = Math.min(1, this.#requests / Math.max(1, own * requestsSinceSync));
    if (own === 0 || share === 1) return unsynced;
    const { writes, extraBytes, changes, discards } = unsynced;
    const part = (count: number) => Math.round(count * share);
    return {
      writes: part(writes),
      extraBytes: part(extraBytes),
      changes: part(changes),
      discards: part(discards),
    };
  }

  #price(driver: Qcow2Driver, { row, window, kinds }: WindowRun): void {
    const { span, requests, guestNs } = window;
    const unsynced = this.#unsynced(window);
    const meter = this.#meter;
    const { ns: stepNs } = this.#profile.cpu.step;
    const { ns: flushStepNs } = this.#profile.cpu.flushStep;
    meter.resume(driver.image, unsynced);
    if (unsynced.writes > 0) driver.markUnsynced();
    this.#gate.open = true;
    meter.start(driver.counters);
    const lead = span.measuredStart - span.start;
    this.#requests += requests.count;
    let misses = 0;
    let walks = 0;
    for (let at = 0; at < requests.count; at++) {
      if (at === lead) {
        misses = driver.counters.l2Misses;
        walks = driver.l2Walks;
      }
      replayOne(driver, requests, at);
      if (requests.operation[at] === Operation.sync) this.#guestSyncs++;
      const { counters } = driver;
      const ns = meter.finish(counters);
      if (at < lead) continue;
      // An entry more is looked at once more by every miss and every walk.
      const walkNs = (counters.l2Misses - misses) * stepNs + (driver.l2Walks - walks) * flushStepNs;
      this.sums.add(row, kinds[at] as number, ns - (guestNs[at] as number), walkNs);
      misses = counters.l2Misses;
      walks = driver.l2Walks;
    }
  }
}

/**
 * What the requests since the last window left in the cache: no more of it than fits. What changed waits to be written, unless it is
 * likely to have been evicted since.
 */
function fill(driver: Qcow2Driver, { use: { entries, coverageBytes, changes } }: WindowRun): void {
  const { virtualBytes } = driver.image;
  const { l2EntryCount } = driver;
  const keepsFor = entries.length > l2EntryCount ? l2EntryCount : Number.POSITIVE_INFINITY;
  for (let at = Math.max(0, entries.length - l2EntryCount); at < entries.length; at++) {
    const entry = entries[at] as number;
    const offset = entry * coverageBytes;
    if (offset < virtualBytes) driver.use(offset, (changes.get(entry) ?? Number.POSITIVE_INFINITY) < keepsFor);
  }
}

/** Lets host I/O through to the meter while it is open. */
class Gate implements HostIoSink {
  open = false;
  syncs = 0;
  readonly #meter: HostIoSink;

  constructor(meter: HostIoSink) {
    this.#meter = meter;
  }

  io(op: number, file: number, offset: number, length: number, purpose: number, state: number): void {
    if (!this.open) return;
    if (op === HOST_SYNC) this.syncs++;
    this.#meter.io(op, file, offset, length, purpose, state);
  }
}
