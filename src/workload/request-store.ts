import type { RecordedRequests } from './recorded-requests.ts';
import { longestRequestBytes, Operation, type RequestBlock, requestBlockCapacity } from './request.ts';
import { RequestHash } from './request-hash.ts';
import { pieceCount } from './split-requests.ts';
import { SpoolFile } from './spool-file.ts';

/** Requests up to this number stay in memory, 25 bytes each; the rest of a longer recording's go to a file with them. */
export const memoryRequestCount = 2 * 1024 * 1024;

/** A full block as one piece of memory, so that it can be written and read as it is. */
interface StoredBlock extends Required<RequestBlock> {
  readonly bytes: Uint8Array;
}

/** A block of `timeUs`, `offsetBytes`, `lengthBytes` and `operation`, in this order: 25 bytes a request. */
function createStoredBlock(): StoredBlock {
  const bytes = new Uint8Array(requestBlockCapacity * 25);
  const column = (number: number) =>
    new Float64Array(bytes.buffer, number * requestBlockCapacity * 8, requestBlockCapacity);
  return {
    bytes,
    count: 0,
    timeUs: column(0),
    offsetBytes: column(1),
    lengthBytes: column(2),
    operation: bytes.subarray(3 * requestBlockCapacity * 8),
  };
}

/** Where other requests lie than they were recorded; the end is known when all were read. */
export type MoveRequests = (block: RequestBlock) => void;

/** Collects the requests of a recording in bounded memory. */
export class RequestStore {
  readonly #memoryBlockCount: number;
  readonly #hash = new RequestHash();
  readonly #blocks: StoredBlock[] = [];
  #current = createStoredBlock();
  #spool: SpoolFile | undefined;
  #spooledBlockCount = 0;
  #count = 0;
  #endBytes = 0;
  #lastTimeUs = 0;
  #readsOnly = true;
  #additionalPieceCount = 0;

  /** @param inMemoryCount how many requests may stay in memory */
  constructor(inMemoryCount = memoryRequestCount) {
    this.#memoryBlockCount = Math.floor(inMemoryCount / requestBlockCapacity);
  }

  get count(): number {
    return this.#count;
  }

  get endBytes(): number {
    return this.#endBytes;
  }

  /** @param timeUs microseconds since the first request */
  push(operation: Operation, offsetBytes: number, lengthBytes: number, timeUs: number): void {
    const block = this.#current;
    const index = block.count++;
    block.operation[index] = operation;
    block.offsetBytes[index] = offsetBytes;
    block.lengthBytes[index] = lengthBytes;
    block.timeUs[index] = timeUs;
    this.#count += 1;
    if (offsetBytes + lengthBytes > this.#endBytes) this.#endBytes = offsetBytes + lengthBytes;
    if (lengthBytes > longestRequestBytes) this.#additionalPieceCount += pieceCount(lengthBytes) - 1;
    if (operation === Operation.write || operation === Operation.trim) this.#readsOnly = false;
    this.#lastTimeUs = timeUs;
    if (block.count === requestBlockCapacity) this.#flush();
  }

  /**
   * @param isTimed whether the times that were pushed mean something
   * @param move changes the offsets and lengths of a block in place
   */
  finish(isTimed: boolean, move?: MoveRequests): RecordedRequests {
    const blocks = () => this.#read(move);
    let [hash, endBytes, additionalPieceCount] = ['', this.#endBytes, this.#additionalPieceCount];
    if (move === undefined) {
      this.#hash.update(this.#current);
      hash = this.#hash.digest();
    } else {
      ({ hash, endBytes, additionalPieceCount } = summarise(blocks()));
    }
    const durationMs = isTimed ? this.#lastTimeUs / 1000 : 0;
    const readsOnly = this.#readsOnly;
    return { count: this.#count, blocks, additionalPieceCount, hash, endBytes, isTimed, durationMs, readsOnly };
  }

  #flush(): void {
    const block = this.#current;
    this.#hash.update(block);
    if (this.#spool === undefined && this.#blocks.length < this.#memoryBlockCount) {
      this.#blocks.push(block);
      this.#current = createStoredBlock();
      return;
    }
    this.#spool ??= new SpoolFile();
    for (const kept of this.#blocks.splice(0)) this.#append(kept);
    this.#append(block);
    block.count = 0;
  }

  #append(block: StoredBlock): void {
    this.#spool?.append(block.bytes);
    this.#spooledBlockCount += 1;
  }

  *#read(move: MoveRequests | undefined): Generator<RequestBlock, void, undefined> {
    const scratch = move === undefined && this.#spool === undefined ? this.#current : createStoredBlock();
    const moved = (block: StoredBlock): RequestBlock => {
      if (move === undefined) return block;
      if (block !== scratch) {
        scratch.bytes.set(block.bytes);
        scratch.count = block.count;
      }
      move(scratch);
      return scratch;
    };
    for (let index = 0; index < this.#spooledBlockCount; index++) {
      this.#spool?.read(scratch.bytes, index * scratch.bytes.length);
      scratch.count = requestBlockCapacity;
      yield moved(scratch);
    }
    for (const block of this.#blocks) yield moved(block);
    if (this.#current.count > 0) yield moved(this.#current);
  }
}

function summarise(
  blocks: Iterable<RequestBlock>,
): Pick<RecordedRequests, 'hash' | 'endBytes' | 'additionalPieceCount'> {
  const hash = new RequestHash();
  let endBytes = 0;
  let additionalPieceCount = 0;
  for (const block of blocks) {
    hash.update(block);
    for (let index = 0; index < block.count; index++) {
      const lengthBytes = block.lengthBytes[index] as number;
      endBytes = Math.max(endBytes, (block.offsetBytes[index] as number) + lengthBytes);
      additionalPieceCount += pieceCount(lengthBytes) - 1;
    }
  }
  return { hash: hash.digest(), endBytes, additionalPieceCount };
}
