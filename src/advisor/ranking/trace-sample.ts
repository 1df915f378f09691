import type { CostProfile } from '../../driver/cost/cost-profile.ts';
import type { Unsynced } from '../../driver/cost/file-costs.ts';
import { Operation, type RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';
import { GuestCosts } from './guest-costs.ts';
import { RecentAreas } from './recent-areas.ts';
import { requestKindCount } from './request-kind.ts';
import { type WindowPlan, type WindowSpan, windowSpans } from './window-plan.ts';

/** The grain of {@link FirstWrites}: a block of the host's file system, bytes. */
export const firstWriteBytes = 4096;

/** Writes into blocks that had never been written, in their order: all that changes an image. */
export interface FirstWrites {
  readonly index: readonly number[];
  readonly offsetBytes: readonly number[];
  readonly lengthBytes: readonly number[];
  /** Syncs before each. */
  readonly syncsBefore: readonly number[];
}

/** Of each kind of request the first few are run, wherever they are, with some that follow: a sync pays for the writes before it. */
const rareKindCount = 4;
const rareCount = 8;

/** One window with what a run of the whole workload would have left behind at its start. */
export interface SampledWindow {
  readonly span: WindowSpan;
  /** Whether it stands for itself only: the head, and the first requests of each kind, however rare they are. */
  readonly isCertain: boolean;
  readonly requests: RequestBlock;
  /** Of each request, on a plain file: its kind and its cost in nanoseconds. */
  readonly kinds: Uint8Array;
  readonly guestNs: Float64Array;
  /** The areas of `areaBytes` used since the window before, in the order of their last use. */
  readonly areas: Float64Array;
  /** Whether a sync was among it. */
  readonly synced: boolean;
  readonly syncsBefore: number;
  /** What was written since the last sync, on a plain file, and in how many requests. */
  readonly unsynced: Unsynced;
  readonly requestsSinceSync: number;
}

/** A workload in brief: all of its requests counted and priced on a plain file, and windows of it to be run. */
export interface TraceSample {
  readonly windows: readonly SampledWindow[];
  /** Requests in the windows that are priced. */
  readonly measuredCount: number;
  /** Of the requests behind the warm-up: how many are data requests, how many there are of each kind, what all cost on a plain file. */
  readonly dataCount: number;
  readonly requestCount: number;
  readonly kindCounts: Float64Array;
  readonly guestNs: number;
  readonly firstWrites: FirstWrites;
  readonly warmUpCount: number;
  readonly syncCount: number;
  /** Every area of `areaBytes` that is used. */
  readonly areas: ReadonlySet<number>;
}

/**
 * Reads a workload once and keeps what an estimate needs: the windows, the writes that change an image and, between windows, the
 * areas that are used. Memory is in proportion to the distinct data written and not to the requests.
 */
export function sampleTrace(workload: Workload, profile: CostProfile, plan: WindowPlan): TraceSample {
  const { warmUpCount, requestCount } = workload;
  const spans = windowSpans(plan, warmUpCount, requestCount, workload.seed);
  const pass = new SamplePass(workload, profile, spans);
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) pass.add(block, index);
  }
  return pass.result(warmUpCount);
}

class SamplePass {
  readonly #costs: GuestCosts;
  readonly #spans: readonly WindowSpan[];
  readonly #warmUpCount: number;
  readonly #recent = new RecentAreas();
  readonly #windows: SampledWindow[] = [];
  readonly #kindCounts = new Float64Array(requestKindCount);
  readonly #first = {
    index: [] as number[],
    offsetBytes: [] as number[],
    lengthBytes: [] as number[],
    syncsBefore: [] as number[],
  };
  #place = 0;
  /** The next of the spans. */
  #next = 0;
  /** Requests behind the head by kind, as far as they were looked at. */
  readonly #seen: number[] = [];
  readonly #requestCount: number;
  #syncs = 0;
  #lastSync = 0;
  #syncsAtLastWindow = 0;
  #guestNs = 0;
  #dataCount = 0;
  #measuredCount = 0;
  #open: SampledWindow | undefined;

  constructor(workload: Workload, profile: CostProfile, spans: readonly WindowSpan[]) {
    this.#costs = new GuestCosts(profile, workload.image);
    this.#spans = spans;
    this.#warmUpCount = workload.warmUpCount;
    this.#requestCount = workload.requestCount;
  }

  add(block: RequestBlock, index: number): void {
    const place = this.#place++;
    const span = this.#spans[this.#next];
    if (span?.start === place) this.#open = this.#begin(span, this.#next++ === 0);
    const operation = block.operation[index] as number;
    const offset = block.offsetBytes[index] as number;
    const length = block.lengthBytes[index] as number;
    const costs = this.#costs;
    if (this.#open === undefined && this.#isRare(operation, offset, length)) {
      const end = Math.min(place + rareCount, this.#spans[this.#next]?.start ?? this.#requestCount);
      this.#open = this.#begin({ start: place, measuredStart: place, end }, true);
    }
    const ns = costs.price(operation, offset, length);
    const { kind } = costs;
    if (place >= this.#warmUpCount) {
      this.#guestNs += ns;
      this.#kindCounts[kind] = (this.#kindCounts[kind] as number) + 1;
      if (operation !== Operation.sync) this.#dataCount++;
    }
    const isFirst = operation === Operation.write && costs.isNew;
    if (isFirst) this.#noteFirst(place, offset, length);
    if (operation === Operation.sync) {
      this.#syncs++;
      this.#lastSync = place;
    }
    if (this.#open === undefined) {
      // With `discard=ignore`, as everywhere in a ranking, trims look nothing up.
      if (length > 0 && operation !== Operation.trim) this.#recent.use(offset, length);
      return;
    }
    const { requests, kinds, guestNs } = this.#open;
    const at = requests.count++;
    requests.operation[at] = operation;
    requests.offsetBytes[at] = offset;
    requests.lengthBytes[at] = length;
    kinds[at] = kind;
    guestNs[at] = ns;
    if (place + 1 === this.#open.span.end) this.#close(this.#open);
  }

  result(warmUpCount: number): TraceSample {
    this.#recent.take();
    return {
      windows: this.#windows,
      measuredCount: this.#measuredCount,
      dataCount: this.#dataCount,
      requestCount: this.#place - warmUpCount,
      kindCounts: this.#kindCounts,
      guestNs: this.#guestNs,
      firstWrites: this.#first,
      warmUpCount,
      syncCount: this.#syncs,
      areas: this.#recent.all,
    };
  }

  /** Whether a request is among the first of its kind behind the head. */
  #isRare(operation: number, offset: number, length: number): boolean {
    if (this.#next === 0) return false;
    const kind = this.#costs.rareKind(operation, offset, length);
    const seen = (this.#seen[kind] ?? 0) + 1;
    this.#seen[kind] = seen;
    return seen <= rareKindCount;
  }

  #noteFirst(place: number, offset: number, length: number): void {
    const { index, offsetBytes, lengthBytes, syncsBefore } = this.#first;
    index.push(place);
    offsetBytes.push(offset);
    lengthBytes.push(length);
    syncsBefore.push(this.#syncs);
  }

  #begin(span: WindowSpan, isCertain: boolean): SampledWindow {
    const count = span.end - span.start;
    return {
      span,
      isCertain,
      requests: {
        count: 0,
        operation: new Uint8Array(count),
        offsetBytes: new Float64Array(count),
        lengthBytes: new Float64Array(count),
      },
      kinds: new Uint8Array(count),
      guestNs: new Float64Array(count),
      areas: this.#recent.take(),
      synced: this.#syncs > this.#syncsAtLastWindow,
      syncsBefore: this.#syncs,
      unsynced: this.#costs.unsynced,
      requestsSinceSync: span.start - this.#lastSync,
    };
  }

  #close(window: SampledWindow): void {
    this.#windows.push(window);
    this.#measuredCount += window.span.end - window.span.measuredStart;
    this.#syncsAtLastWindow = this.#syncs;
    this.#open = undefined;
    const { requests } = window;
    for (let at = 0; at < requests.count; at++) {
      const length = requests.lengthBytes[at] as number;
      if (length > 0) this.#recent.use(requests.offsetBytes[at] as number, length);
    }
    // The next window's caches begin with what this one leaves.
    this.#recent.take();
  }
}
