import { readFileSync, readlinkSync } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTicks } from '../engine/scratch.ts';
import { EnvironmentError, UsageError } from '../errors.ts';

/** A process named for ever: ids are used again, but not with the same start in the same boot. */
interface LockOwner {
  readonly pid: number;
  /** Clock ticks since boot; null without /proc. */
  readonly startTicks: string | null;
  readonly bootId: string | null;
  /** The process namespace in which `pid` has a meaning. */
  readonly namespace: string | null;
}

/** How long a lock may be empty between its making and the writing of its owner, milliseconds. */
const settleMs = 100;
/** A competitor that takes a stale lock over is done within a few of these, milliseconds. */
const retryMs = 20;
const attemptCount = 20;

/** The file that says who writes a journal. */
export interface JournalLock {
  readonly path: string;
  release(): Promise<void>;
}

/**
 * Makes `JOURNAL.lock` with O_EXCL, so that one process writes a journal. A lock whose owner is gone (ended, a zombie, or
 * of an earlier boot) is taken over; one whose owner cannot be looked up, in another container, is not.
 *
 * @param pid the id of this process
 * @throws UsageError where another process has it or the directory does not exist; EnvironmentError where it cannot be made
 */
export async function lockJournal(journalPath: string, pid: number): Promise<JournalLock> {
  const path = `${journalPath}.lock`;
  const own: LockOwner = { pid, startTicks: startTicks(pid), bootId: bootId(), namespace: namespace() };
  for (let attempt = 0; attempt < attemptCount; attempt++) {
    if (await createLock(path, own)) return { path, release: () => rm(path, { force: true }) };
    const found = await readOwner(path);
    if (found.owner !== undefined && mayBeAlive(found.owner, own)) throw heldError(journalPath, path, found.owner, own);
    await discard(path, found.text, own);
  }
  throw new UsageError(`${journalPath}: other processes compete for ${path}`);
}

async function createLock(path: string, owner: LockOwner): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o644);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new UsageError(`--out: there is no directory ${dirname(path)}`, { cause: error });
    }
    throw lockError(path, error);
  }
  try {
    await file.writeFile(`${JSON.stringify(owner)}\n`);
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw lockError(path, error);
  } finally {
    await file.close();
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function lockError(path: string, error: unknown): EnvironmentError {
  const full = errorCode(error) === 'ENOSPC';
  return new EnvironmentError(
    `${path}: the journal's lock cannot be made (${full ? 'no space left on device' : (errorCode(error) ?? String(error))})`,
    {
      hint: `Name a journal in a directory that ${full ? 'has room' : 'you may write to'}: --out FILE.`,
      cause: error,
    },
  );
}

/** The owner as the lock names it; undefined for what a process left that was killed before it could write. */
async function readOwner(path: string): Promise<{ readonly text: string; readonly owner?: LockOwner }> {
  let text = await readFile(path, 'utf8').catch(() => '');
  if (!text.endsWith('\n')) {
    await sleep(settleMs);
    text = await readFile(path, 'utf8').catch(() => '');
  }
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== 'object' || found === null || !('pid' in found) || typeof found.pid !== 'number')
      return { text };
    const field = (key: string): string | null => {
      const value: unknown = Object.entries(found).find(([name]) => name === key)?.[1];
      return typeof value === 'string' ? value : null;
    };
    const owner = { pid: found.pid, startTicks: field('startTicks'), bootId: field('bootId') };
    return { text, owner: { ...owner, namespace: field('namespace') } };
  } catch {
    return { text };
  }
}

function mayBeAlive(owner: LockOwner, own: LockOwner): boolean {
  if (owner.bootId !== own.bootId) return false;
  if (owner.namespace !== own.namespace || owner.startTicks === null) return true;
  return startTicks(owner.pid) === owner.startTicks;
}

/**
 * Removes a stale lock. Only the holder of a second lock, which exists for this moment alone, removes one, and only while it
 * still says what it was judged by: a fresh lock that a competitor made in the meantime stays.
 */
async function discard(path: string, judged: string, own: LockOwner): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await createLock(guard, own))) {
    const { owner } = await readOwner(guard);
    if (owner === undefined || !mayBeAlive(owner, own)) await rm(guard, { force: true });
    await sleep(retryMs);
    return;
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === judged) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

function heldError(journalPath: string, path: string, owner: LockOwner, own: LockOwner): UsageError {
  const here = owner.namespace === own.namespace && owner.startTicks !== null;
  return new UsageError(
    `${journalPath}: ${here ? `process ${owner.pid}` : 'a process of another container'} is writing this journal`,
    {
      hint: here
        ? 'Wait for it, or name another journal with --out.'
        : `If that process is gone, remove ${path}; else name another journal with --out.`,
    },
  );
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

function namespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}
