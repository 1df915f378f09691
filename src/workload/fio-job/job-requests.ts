import { createRequestBlock, Operation, pushRequest, type RequestBlock, requestBlockCapacity } from '../request.ts';
import type { JobPlan } from './job-plan.ts';
import { isTrimWrite, PassLimits } from './pass-limits.ts';
import { RandomPlaces } from './random-places.ts';
import { RequestSizes } from './request-sizes.ts';
import { Taus88 } from './taus88.ts';

/** All requests of a copy of a job, in fio's order. The block is reused for every step. */
export function* jobRequests(plan: JobPlan): Generator<RequestBlock, void, undefined> {
  const job = new RunningJob(plan);
  const block = createRequestBlock();
  for (;;) {
    block.count = 0;
    job.fill(block);
    if (block.count === 0) return;
    yield block;
  }
}

/** A place that there is none of. */
const nowhere = -1;

/**
 * A job in progress, with the state that fio keeps of one. Numbers that change with every request stand in typed arrays: a
 * field of doubles is boxed anew on every store.
 *
 * @source fio 3.33, io_u.c (get_rw_ddir, get_next_block, get_next_seq_offset, fill_io_u)
 */
class RunningJob {
  readonly #plan: JobPlan;
  readonly #limits: PassLimits;
  readonly #places: RandomPlaces;
  readonly #sizes: RequestSizes;
  readonly #mix: Taus88;
  /** One for each kind of request, all with one seed. */
  readonly #sequence: readonly Taus88[];
  /** Where the last request of each kind started and ended, on the disk. */
  readonly #lastStart = new Float64Array(3);
  readonly #lastEnd = new Float64Array(3);
  /** One number: requests of the present kind before the next draw of a kind. */
  readonly #mixCount = new Float64Array(1);
  #mixKind: number = Operation.read;
  #untilRandom = 1;
  #isAfterSync = false;
  #hasRun = false;
  #inPass = false;
  #isThrough = false;
  #isExhausted = false;
  /** Of the place that was chosen last: whether it was drawn, and whether blocks count as visited. */
  #isRandom = false;
  #isMarked = false;

  constructor(plan: JobPlan) {
    this.#plan = plan;
    this.#limits = new PassLimits(plan);
    this.#places = new RandomPlaces(plan);
    this.#sizes = new RequestSizes(plan);
    this.#mix = new Taus88(plan.seeds.mix);
    this.#sequence = [0, 1, 2].map(() => new Taus88(plan.seeds.sequence));
  }

  /** Appends requests until the block is full or the job is through. */
  fill(block: RequestBlock): void {
    while (block.count < requestBlockCapacity && !this.#isThrough) {
      if (!this.#inPass) this.#nextPass();
      else if (this.#limits.isReached()) this.#inPass = false;
      else if (!this.#append(block)) {
        this.#isExhausted = true;
        this.#inPass = false;
      }
    }
  }

  #nextPass(): void {
    if (!this.#limits.begin(this.#isExhausted)) {
      this.#isThrough = true;
      return;
    }
    if (this.#hasRun && this.#plan.repeats) this.#seed();
    this.#hasRun = true;
    this.#inPass = true;
    this.#isExhausted = false;
    this.#isAfterSync = false;
    this.#mixCount[0] = 0;
    this.#lastStart.fill(nowhere);
    this.#lastEnd.fill(this.#plan.startBytes);
    this.#places.map?.clear();
  }

  #seed(): void {
    const { seeds } = this.#plan;
    this.#places.seed();
    this.#sizes.seed();
    this.#mix.seed(seeds.mix);
    for (const random of this.#sequence) random.seed(seeds.sequence);
  }

  /** One request or a sync; false where there is no place for one. */
  #append(block: RequestBlock): boolean {
    if (this.#wantsSync()) {
      this.#isAfterSync = true;
      pushRequest(block, Operation.sync, 0, 0);
      return true;
    }
    const kind = this.#nextKind();
    const offsetBytes = this.#nextOffset(kind);
    if (offsetBytes === nowhere) return false;
    const lengthBytes = this.#nextLength(kind, offsetBytes);
    if (lengthBytes === 0) return false;
    this.#isAfterSync = false;
    this.#lastStart[kind] = offsetBytes;
    this.#lastEnd[kind] = offsetBytes + lengthBytes;
    this.#limits.add(kind, lengthBytes);
    pushRequest(block, kind as Operation, offsetBytes, lengthBytes);
    return true;
  }

  /**
   * Whether it is a sync's turn. It is asked before every request, so that in a mix a sync follows every read until the next
   * write.
   */
  #wantsSync(): boolean {
    const { job } = this.#plan;
    if (this.#isAfterSync || !job.writes || job.trims) return false;
    const writeCount = this.#limits.count(Operation.write);
    if (writeCount === 0) return false;
    return isMultiple(writeCount, job.syncEvery) || isMultiple(writeCount, job.dataSyncEvery);
  }

  #nextKind(): number {
    const { job } = this.#plan;
    if (isTrimWrite(this.#plan)) {
      const isEven = this.#lastStart[Operation.write] === this.#lastStart[Operation.trim];
      return isEven ? Operation.trim : Operation.write;
    }
    if (!job.reads || !job.writes) return job.reads ? Operation.read : job.writes ? Operation.write : Operation.trim;
    const before = this.#mixKind;
    if (this.#limits.count(before) < (this.#mixCount[0] ?? 0)) return before;
    const drawn = this.#mix.percent() <= job.readPercent ? Operation.read : Operation.write;
    if (drawn !== before) {
      const otherPercent = before === Operation.read ? 100 - job.readPercent : job.readPercent;
      this.#mixCount[0] = Math.floor((this.#limits.count(before) * otherPercent) / 100);
    }
    this.#mixKind = drawn;
    return drawn;
  }

  /** Where the next request starts on the disk; {@link nowhere} where the area is used up. */
  #nextOffset(kind: number): number {
    const { startBytes, areaBytes, diskBytes } = this.#plan;
    const inArea = this.#nextInArea(kind);
    if (inArea < 0 || inArea >= areaBytes || startBytes + inArea >= diskBytes) return nowhere;
    const offsetBytes = startBytes + inArea;
    // A trim where the last one was would pass for the end of a pair; the pair is broken, so that a write follows.
    if (isTrimWrite(this.#plan) && this.#plan.job.isRandom && kind === Operation.trim) {
      if (this.#lastStart[Operation.trim] === offsetBytes) {
        this.#lastStart[Operation.write] = (this.#lastStart[Operation.write] ?? 0) - 1;
      }
    }
    return offsetBytes;
  }

  /** The same, counted from the start of the area. */
  #nextInArea(kind: number): number {
    const { job } = this.#plan;
    const isTurn = this.#isRandomTurn();
    this.#isMarked = false;
    this.#isRandom = false;
    if (isTrimWrite(this.#plan) && job.isRandom && kind === Operation.write) {
      this.#isRandom = true;
      return this.#lastStart[Operation.trim] ?? nowhere;
    }
    if (!isTurn && job.sequencer === 'identical') {
      const last = this.#lastStart[kind] ?? nowhere;
      return last === nowhere ? 0 : last - this.#plan.startBytes;
    }
    if (isTurn && job.isRandom && this.#isDrawn(kind)) {
      this.#isRandom = true;
      this.#isMarked = true;
      return this.#drawn(kind);
    }
    const next = this.#following(kind);
    return next === nowhere && (job.isRandom || !isTurn) ? this.#drawn(kind) : next;
  }

  /** Whether this request is one of every n that get a place of their own. */
  #isRandomTurn(): boolean {
    const { randomEvery } = this.#plan.job;
    if (randomEvery === 0) return false;
    this.#untilRandom -= 1;
    if (this.#untilRandom > 0) return false;
    this.#untilRandom = randomEvery;
    return true;
  }

  #isDrawn(kind: number): boolean {
    const percent = this.#plan.job.randomPercent[kind] ?? 100;
    return percent === 100 || (this.#sequence[kind]?.percent() ?? 0) <= percent;
  }

  #drawn(kind: number): number {
    const block = this.#places.draw(kind);
    return block === -1 ? nowhere : block * (this.#plan.alignBytes[kind] ?? 1);
  }

  /** Behind the last request of the kind, a hole left out; at the disk's end again from the front, or from the back. */
  #following(kind: number): number {
    const { startBytes, areaBytes, diskBytes } = this.#plan;
    const { holeBytes } = this.#plan.job;
    let end = this.#lastEnd[kind] ?? 0;
    if (end >= diskBytes) return nowhere;
    if (holeBytes < 0 && startBytes > 0 && end === startBytes) end = Math.min(diskBytes, areaBytes);
    const from = end - startBytes;
    if (from === 0 || holeBytes === 0) return from;
    const next = from + holeBytes;
    if (next >= 0 && next < diskBytes) return next;
    return holeBytes > 0 ? startBytes : Math.min(diskBytes, areaBytes) + holeBytes;
  }

  /** How long the request is; 0 where it does not fit. */
  #nextLength(kind: number, offsetBytes: number): number {
    const { job, diskBytes, startBytes } = this.#plan;
    if (isTrimWrite(this.#plan) && job.isRandom && kind === Operation.write) {
      const lengthBytes = (this.#lastEnd[Operation.trim] ?? 0) - (this.#lastStart[Operation.trim] ?? 0);
      return offsetBytes + lengthBytes > diskBytes ? 0 : lengthBytes;
    }
    const lengthBytes = this.#sizes.draw(kind, offsetBytes, this.#isRandom);
    if (lengthBytes === 0 || offsetBytes + lengthBytes > diskBytes) return 0;
    const { map } = this.#places;
    if (!this.#isMarked || map === undefined) return lengthBytes;
    const unitBytes = job.sizes[kind]?.minBytes ?? 1;
    const unitCount = map.mark(Math.floor((offsetBytes - startBytes) / unitBytes), Math.ceil(lengthBytes / unitBytes));
    return Math.min(lengthBytes, unitCount * unitBytes);
  }
}

function isMultiple(count: number, every: number): boolean {
  return every > 0 && count % every === 0;
}
