import type { GuestFileSystem } from '../file-system/file-system.ts';
import type { GuestFile } from '../file-system/guest-file.ts';
import type { Random } from '../random.ts';

/** A thread: a step is one operation; files that a step gives are synced, and the thread waits for that. */
export type Thread = Generator<readonly GuestFile[], void, undefined>;

/** What a step gives that waits for nothing. */
export const nothing: readonly GuestFile[] = [];

/**
 * Threads, one step of any of them after the other in no order, until all have ended. Those that sync write their files
 * and gather; when there are enough of them, or nobody else runs, one commit serves them all.
 *
 * @param syncsPerCommit syncs that a commit serves
 * @source Linux as of 6.x, fs/ext4/fsync.c: ext4_sync_file, ext4_fsync_journal: pages first, then the wait for the transaction,
 *   which all share that changed something in it
 */
export function* runThreads(
  threads: readonly Thread[],
  files: GuestFileSystem,
  syncsPerCommit: number,
  random: Random,
): Generator<void, void, undefined> {
  const running = [...threads];
  let waiting: Thread[] = [];
  let synced: GuestFile[] = [];
  while (running.length > 0) {
    const index = random.below(running.length);
    const thread = running[index];
    const step = thread?.next();
    const mayGoOn = step?.done === false && step.value.length === 0;
    if (!mayGoOn) {
      const last = running.pop();
      if (last !== undefined && index < running.length) running[index] = last;
    }
    if (thread !== undefined && step?.done === false && !mayGoOn) {
      for (const file of step.value) files.writeOut(file);
      synced.push(...step.value);
      waiting.push(thread);
    }
    if (waiting.length > 0 && (synced.length >= syncsPerCommit || running.length === 0)) {
      files.commitFor(synced);
      running.push(...waiting);
      waiting = [];
      synced = [];
    }
    yield;
  }
}
