import { Operation } from '../request.ts';
import type { Ext4Layout } from './layout.ts';
import { blockBytes } from './parameters.ts';
import type { PendingRequests } from './pending-requests.ts';

/** Milliseconds from mounting to the first table, and from one to the next; both are random in the kernel, up to 5 s. */
const firstMs = 2400;
const stepMs = 137;

/**
 * The inode tables of a new file system, zeroed one by one in the background after it was mounted. The kernel asks the disk
 * to write zeroes, which stores nothing, so these count as trims.
 *
 * @source order and times as in an own recording with Linux 6.18; fs/ext4/super.c, ext4_lazyinit_thread, was not read
 */
export class TableZeroing {
  readonly #layout: Ext4Layout;
  readonly #pending: PendingRequests;
  /** The first group was written by mkfs. */
  #group = 1;
  #dueMs = firstMs;

  constructor(layout: Ext4Layout, pending: PendingRequests) {
    this.#layout = layout;
    this.#pending = pending;
  }

  pass(nowMs: number): void {
    while (nowMs >= this.#dueMs && this.#group < this.#layout.groupCount) {
      const { first, count } = this.#layout.inodeTable(this.#group);
      this.#pending.cut();
      this.#pending.add(Operation.trim, first * blockBytes, count * blockBytes, count * blockBytes);
      this.#pending.cut();
      this.#group += 1;
      this.#dueMs += stepMs;
    }
  }
}
