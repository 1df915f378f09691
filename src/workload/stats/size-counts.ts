import { Operation, type RequestBlock } from '../request.ts';

/** Sizes of whole sectors below this are counted in an array, all others in a map. */
const denseBytes = 4 * 2 ** 20;
const sectorShift = 9;
/** Sizes that are told apart beside those; where there are more (objects of a cache), they are rounded to a power of two. */
const sparseMaximum = 65_536;
/** Sizes that are listed as the most frequent ones. */
const frequentCount = 5;
const percentiles = [0.5, 0.9, 0.99] as const;

/** Lengths of the requests of one kind, bytes. Percentiles are values that occur: the smallest that so many do not exceed. */
export interface SizeDistribution {
  readonly meanBytes: number;
  readonly minimumBytes: number;
  readonly p50Bytes: number;
  readonly p90Bytes: number;
  readonly p99Bytes: number;
  readonly maximumBytes: number;
  /** The most frequent lengths, most frequent first, with the share of the requests that have them. */
  readonly frequent: readonly { readonly bytes: number; readonly requestCount: number; readonly ratio: number }[];
  /** Requests by magnitude: those of at most `upToBytes` and more than the class before; classes without any are left out. */
  readonly classes: readonly { readonly upToBytes: number; readonly requestCount: number }[];
}

/** An exact histogram of lengths for each kind of data request. */
export class SizeCounts {
  readonly #histograms = [new Histogram(), new Histogram(), new Histogram()] as const;

  add({ count, operation, lengthBytes }: RequestBlock): void {
    for (let index = 0; index < count; index++) {
      const kind = operation[index] as Operation;
      if (kind !== Operation.sync) this.#histograms[kind].add(lengthBytes[index] as number);
    }
  }

  /** Undefined where there is no request of the kind. */
  distribution(kind: Exclude<Operation, typeof Operation.sync>): SizeDistribution | undefined {
    return this.#histograms[kind].distribution();
  }
}

class Histogram {
  readonly #dense = new Float64Array(denseBytes >>> sectorShift);
  readonly #sparse = new Map<number, number>();

  add(bytes: number): void {
    if (bytes < denseBytes && (bytes & 511) === 0) {
      const at = bytes >>> sectorShift;
      this.#dense[at] = (this.#dense[at] as number) + 1;
      return;
    }
    let key = bytes;
    if (this.#sparse.size >= sparseMaximum && !this.#sparse.has(bytes)) key = 2 ** Math.ceil(Math.log2(bytes));
    this.#sparse.set(key, (this.#sparse.get(key) ?? 0) + 1);
  }

  distribution(): SizeDistribution | undefined {
    const entries = [...this.#sparse];
    this.#dense.forEach((requestCount, at) => {
      if (requestCount > 0) entries.push([at << sectorShift, requestCount]);
    });
    const [first] = entries.sort(([left], [right]) => left - right);
    if (first === undefined) return undefined;
    const requestCount = entries.reduce((sum, [, count]) => sum + count, 0);
    const [p50Bytes = 0, p90Bytes = 0, p99Bytes = 0] = percentiles.map((share) =>
      quantile(entries, share * requestCount),
    );
    return {
      meanBytes: entries.reduce((sum, [bytes, count]) => sum + bytes * count, 0) / requestCount,
      minimumBytes: first[0],
      p50Bytes,
      p90Bytes,
      p99Bytes,
      maximumBytes: entries.at(-1)?.[0] ?? 0,
      frequent: entries
        .toSorted(([leftBytes, left], [rightBytes, right]) => right - left || leftBytes - rightBytes)
        .slice(0, frequentCount)
        .map(([bytes, count]) => ({ bytes, requestCount: count, ratio: count / requestCount })),
      classes: classesOf(entries),
    };
  }
}

type Entries = readonly (readonly [bytes: number, requestCount: number])[];

/** The smallest value that at least `wanted` requests do not exceed. */
function quantile(entries: Entries, wanted: number): number {
  let seen = 0;
  for (const [bytes, count] of entries) {
    seen += count;
    if (seen >= wanted) return bytes;
  }
  return entries.at(-1)?.[0] ?? 0;
}

function classesOf(entries: Entries): { upToBytes: number; requestCount: number }[] {
  const classes = new Map<number, number>();
  for (const [bytes, count] of entries) {
    const upToBytes = Math.max(512, 2 ** Math.ceil(Math.log2(bytes)));
    classes.set(upToBytes, (classes.get(upToBytes) ?? 0) + count);
  }
  return [...classes].map(([upToBytes, requestCount]) => ({ upToBytes, requestCount }));
}
