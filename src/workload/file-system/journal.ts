import { Operation } from '../request.ts';
import type { BlockRange } from './layout.ts';
import { blockBytes } from './parameters.ts';
import type { PendingRequests } from './pending-requests.ts';

/** Tags of 16 bytes behind a header, a check sum and a UUID. */
const tagsPerDescriptor = Math.floor((blockBytes - 12 - 4 - 16) / 16);
/** Journal blocks are single pages, of which one request holds 128. */
const largestJournalWriteBytes = 128 * blockBytes;

/**
 * ext4's journal in its default mode `ordered`: changed metadata blocks are written one behind the other, then a flush, the
 * commit record and a flush. Afterwards the blocks are dirty in their own places, unless the next transaction has them.
 *
 * @source order and sizes as in own recordings with Linux 6.18; fs/jbd2/commit.c, jbd2_journal_commit_transaction, was not
 *   read
 */
export class Journal {
  readonly #place: BlockRange;
  readonly #pending: PendingRequests;
  readonly #running = new Set<number>();
  readonly #committed = new Set<number>();
  /** Block 0 is the journal's super block. */
  #head = 1;
  #isUsed = false;

  constructor(place: BlockRange, pending: PendingRequests) {
    this.#place = place;
    this.#pending = pending;
  }

  /** Whether the transaction has anything to commit. */
  get isDirty(): boolean {
    return this.#running.size > 0;
  }

  /** Metadata blocks that are in memory because they are not in their places yet. */
  get heldBlockCount(): number {
    return this.#running.size + this.#committed.size;
  }

  /** A metadata block changes. */
  touch(block: number): void {
    this.#running.add(block);
    this.#committed.delete(block);
  }

  commit(): void {
    if (!this.#isUsed) this.#write(0, 1);
    this.#isUsed = true;
    this.#append(this.#running.size + Math.ceil(this.#running.size / tagsPerDescriptor));
    this.#pending.flush();
    this.#append(1);
    this.#pending.flush();
    for (const block of this.#running) this.#committed.add(block);
    this.#running.clear();
  }

  /** Writes committed blocks to their places, in order. */
  checkpoint(): void {
    for (const block of [...this.#committed].sort((left, right) => left - right)) {
      this.#pending.add(Operation.write, block * blockBytes, blockBytes, largestJournalWriteBytes);
    }
    this.#committed.clear();
  }

  #append(count: number): void {
    let remaining = count;
    while (remaining > 0) {
      const taken = Math.min(remaining, this.#place.count - this.#head);
      this.#write(this.#head, taken);
      remaining -= taken;
      this.#head += taken;
      if (this.#head === this.#place.count) this.#head = 1;
    }
  }

  #write(block: number, count: number): void {
    const offsetBytes = (this.#place.first + block) * blockBytes;
    this.#pending.add(Operation.write, offsetBytes, count * blockBytes, largestJournalWriteBytes);
  }
}
