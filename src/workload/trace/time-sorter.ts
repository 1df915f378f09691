import { SpoolFile } from '../spool-file.ts';
import { takeBlockRequest } from './block-request.ts';
import type { TraceSink } from './trace-format.ts';

/** Requests that are sorted in memory: 40 bytes each, and as much again while they are sorted. */
const defaultRunCount = 128 * 1024;
/** Numbers of a request: time, offset, length, device and kind, place in the file. */
const width = 5;
/** Requests of all runs that are in memory when they are merged, and of one run at least and at most. */
const mergedCount = 64 * 1024;
const [fewestOfRun, mostOfRun] = [16, 2048];

/**
 * Hands requests on in the order of their times, those of the same time as they came, in bounded memory: what is more than
 * {@link defaultRunCount} goes to a temporary file in sorted runs, which are merged at the end.
 */
export class TimeSorter {
  readonly #sink: TraceSink;
  readonly #runCount: number;
  #run: Float64Array;
  #count = 0;
  #spool: SpoolFile | undefined;
  readonly #runs: RunPlace[] = [];
  #spooledBytes = 0;

  /** @param runCount requests that stay in memory */
  constructor(sink: TraceSink, runCount = defaultRunCount) {
    this.#sink = sink;
    this.#runCount = runCount;
    this.#run = new Float64Array(width * Math.min(runCount, mostOfRun));
  }

  /** @param kind see `BlockFlag`; the sink's place is the request's */
  push(device: number, kind: number, offsetBytes: number, lengthBytes: number, timeUs: number): void {
    if (this.#count === this.#runCount) this.#spill();
    const at = this.#count * width;
    if (at === this.#run.length) this.#grow();
    this.#count += 1;
    const run = this.#run;
    run[at] = timeUs;
    run[at + 1] = offsetBytes;
    run[at + 2] = lengthBytes;
    run[at + 3] = device * 256 + kind;
    run[at + 4] = this.#sink.recordOffsetBytes;
  }

  /** Hands all on. */
  end(): void {
    const last = this.#sorted();
    this.#run = new Float64Array(0);
    const windowCount = Math.min(mostOfRun, Math.max(fewestOfRun, Math.floor(mergedCount / (this.#runs.length + 1))));
    const runs = [...this.#runs.map((run) => new SpooledRun(run, windowCount)), new MemoryRun(last)];
    merge(runs, (numbers, at) => {
      const deviceAndKind = numbers[at + 3] as number;
      this.#sink.recordOffsetBytes = numbers[at + 4] as number;
      takeBlockRequest(
        this.#sink,
        Math.floor(deviceAndKind / 256),
        deviceAndKind % 256,
        numbers[at + 1] as number,
        numbers[at + 2] as number,
        numbers[at] as number,
      );
    });
  }

  #spill(): void {
    const sorted = this.#sorted();
    this.#spool ??= new SpoolFile();
    this.#spool.append(new Uint8Array(sorted.buffer, sorted.byteOffset, sorted.byteLength));
    this.#runs.push({ spool: this.#spool, offsetBytes: this.#spooledBytes, count: this.#count });
    this.#spooledBytes += sorted.byteLength;
    this.#count = 0;
  }

  #sorted(): Float64Array {
    const run = this.#run;
    const order = Uint32Array.from({ length: this.#count }, (_, index) => index);
    order.sort((left, right) => (run[left * width] as number) - (run[right * width] as number) || left - right);
    const sorted = new Float64Array(this.#count * width);
    order.forEach((from, to) => {
      sorted.set(run.subarray(from * width, (from + 1) * width), to * width);
    });
    return sorted;
  }

  #grow(): void {
    const larger = new Float64Array(Math.min(2 * this.#run.length, this.#runCount * width));
    larger.set(this.#run);
    this.#run = larger;
  }
}

/** Where a sorted run is in the temporary file. */
interface RunPlace {
  readonly spool: SpoolFile;
  readonly offsetBytes: number;
  readonly count: number;
}

/** Sorted requests, of which the first one that was not handed on is at `at` of `numbers`. */
interface Run {
  readonly numbers: Float64Array;
  readonly at: number;
  readonly done: boolean;
  advance(): void;
}

class MemoryRun implements Run {
  at = 0;
  readonly numbers: Float64Array;

  constructor(numbers: Float64Array) {
    this.numbers = numbers;
  }

  get done(): boolean {
    return this.at >= this.numbers.length;
  }

  advance(): void {
    this.at += width;
  }
}

class SpooledRun implements Run {
  numbers = new Float64Array(0);
  at = 0;
  readonly #spool: SpoolFile;
  readonly #windowCount: number;
  #offsetBytes: number;
  #leftCount: number;

  constructor({ spool, offsetBytes, count }: RunPlace, windowCount: number) {
    this.#spool = spool;
    this.#windowCount = windowCount;
    this.#offsetBytes = offsetBytes;
    this.#leftCount = count;
  }

  get done(): boolean {
    if (this.at === this.numbers.length) this.#fill();
    return this.at === this.numbers.length;
  }

  advance(): void {
    this.at += width;
  }

  #fill(): void {
    const count = Math.min(this.#windowCount, this.#leftCount);
    if (this.numbers.length !== count * width) this.numbers = new Float64Array(count * width);
    this.at = 0;
    this.#spool.read(new Uint8Array(this.numbers.buffer), this.#offsetBytes);
    this.#offsetBytes += this.numbers.byteLength;
    this.#leftCount -= count;
  }
}

/** Takes the earliest request of all runs again and again; of those of the same time that of the first run. */
function merge(runs: readonly Run[], take: (numbers: Float64Array, at: number) => void): void {
  const order = new Map(runs.map((run, index) => [run, index]));
  const isBefore = (left: Run, right: Run): boolean =>
    timeOf(left) < timeOf(right) ||
    (timeOf(left) === timeOf(right) && (order.get(left) as number) < (order.get(right) as number));
  // A heap: no run comes before the one at half its place. The runs are in order at first, by their first requests.
  const heap = runs.filter((run) => !run.done).sort((left, right) => (isBefore(left, right) ? -1 : 1));
  while (heap.length > 0) {
    const earliest = heap[0] as Run;
    take(earliest.numbers, earliest.at);
    earliest.advance();
    if (earliest.done) {
      const last = heap.pop() as Run;
      if (heap.length > 0) heap[0] = last;
    }
    siftDown(heap, isBefore);
  }
}

/** Moves the first run of a heap down to where it belongs. */
function siftDown(heap: Run[], isBefore: (left: Run, right: Run) => boolean): void {
  for (let at = 0; ; ) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    if (left === undefined) return;
    const child = right !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
    const [parent, earlier] = [heap[at] as Run, heap[child] as Run];
    if (!isBefore(earlier, parent)) return;
    heap[at] = earlier;
    heap[child] = parent;
    at = child;
  }
}

function timeOf(run: Run): number {
  return run.numbers[run.at] as number;
}
