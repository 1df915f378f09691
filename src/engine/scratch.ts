import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { Environment } from './executable.ts';

const prefix = 'qtune-';
/** The file that marks a directory as ours; it holds the owner's process id and start time. */
const ownerFile = 'owner.json';
/** Its name until all of it is written. */
const unfinishedOwnerFile = 'owner.tmp';
const ownerSchema = 'qtune.scratch/1';

interface Owner {
  readonly schema: typeof ownerSchema;
  readonly pid: number;
  /** Clock ticks since boot at which the process started, as /proc has it; null where there is no /proc. */
  readonly startTicks: string | null;
  /** The boot and the process namespace in which `pid` has a meaning; null where there is no /proc. */
  readonly world: string | null;
}

/** What another world's directory must be older than, by its file system's clock, before it is taken for a leftover. */
const foreignAgeMs = 24 * 3_600_000;

/** Where and for whom to make a scratch directory. */
export interface ScratchOptions {
  /** TMPDIR is taken from here; the system's directory for temporary files where it is unset. */
  readonly env: Environment;
  /** The running process; `startTicks` of it is read from /proc. */
  readonly pid: number;
}

/**
 * A private directory (mode 0700) for everything that qtune makes and does not keep. It is removed on {@link close};
 * what a killed run left is removed by the next one: directories that carry our mark, belong to this user and whose owner
 * is gone. Names inside are chosen by qtune, so that no name of a user reaches a tool's option parser; tools run with
 * this directory as their working directory and are given names relative to it.
 */
export class Scratch {
  readonly directory: string;
  #closed = false;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** @throws EnvironmentError where no directory can be made, naming TMPDIR */
  static create(options: ScratchOptions): Scratch {
    const parent = resolve(options.env.TMPDIR || tmpdir());
    const owner: Owner = {
      schema: ownerSchema,
      pid: options.pid,
      startTicks: startTicks(options.pid),
      world: world(),
    };
    let directory: string;
    try {
      directory = makeMarked(parent, JSON.stringify(owner));
    } catch (error) {
      throw new EnvironmentError(
        `no scratch directory can be made in ${parent}: ${error instanceof Error ? error.message : String(error)}`,
        { hint: 'Set TMPDIR to a directory that you may write to, on the file system to measure.', cause: error },
      );
    }
    removeLeftovers(parent, directory);
    return new Scratch(directory);
  }

  /** The directory that it was made in: TMPDIR or the system's. */
  get parent(): string {
    return dirname(this.directory);
  }

  /** The absolute path of a file in the directory. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Makes a subdirectory. */
  makeDirectory(name: string): void {
    mkdirSync(this.path(name), { mode: 0o700, recursive: true });
  }

  /** Removes a file or a subdirectory; nothing happens where it is not there. */
  remove(name: string): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }

  /**
   * Removes a file or a subdirectory without holding up the program. Freeing the blocks of a large image may take minutes where the file
   * system passes every one of them on to the disk as a discard.
   */
  async removeLarge(name: string): Promise<void> {
    await rm(this.path(name), { recursive: true, force: true });
  }

  /** Removes the directory and all in it. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    removeMarked(this.directory);
  }
}

/** Makes a directory with its mark. Until the mark has its name, another run may take the directory for a leftover. */
function makeMarked(parent: string, mark: string): string {
  for (let attempt = 1; ; attempt++) {
    const directory = mkdtempSync(join(parent, prefix));
    try {
      writeFileSync(join(directory, unfinishedOwnerFile), mark, { mode: 0o600, flag: 'wx' });
      renameSync(join(directory, unfinishedOwnerFile), join(directory, ownerFile));
      return directory;
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isGone || attempt === 5) throw error;
    }
  }
}

/**
 * When a process started, in clock ticks since boot: together with its id it names a process for ever.
 * @source Linux proc(5), /proc/PID/stat field 22; the name in field 2 may hold blanks and parentheses
 * @returns null where it is gone, is a zombie or there is no /proc
 */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Names the boot and the process namespace: a process id of a container or of another machine says nothing here. */
function world(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

function removeLeftovers(parent: string, own: string): void {
  const mine = lstatSync(own);
  for (const name of readdirSync(parent)) {
    const directory = join(parent, name);
    if (!name.startsWith(prefix) || directory === own) continue;
    try {
      const theirs = lstatSync(directory);
      if (!theirs.isDirectory() || theirs.uid !== mine.uid) continue;
      if (!existsSync(join(directory, ownerFile))) {
        if (unmarkedName.test(name) && (theirs.mode & 0o777) === 0o700) removeUnmarked(directory);
        continue;
      }
      const owner = readOwner(directory);
      if (owner !== undefined && isGone(owner, mine.mtimeMs - theirs.mtimeMs)) removeMarked(directory);
    } catch {
      // Somebody else is at it, or it went away: not ours to worry about.
    }
  }
}

/** The mark goes last, so that what a kill leaves of it is known as ours. */
function removeMarked(directory: string): void {
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    if (name !== ownerFile) rmSync(join(directory, name), { recursive: true, force: true, maxRetries: 3 });
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** As mkdtemp makes them. */
const unmarkedName = /^qtune-[A-Za-z0-9]{6}$/;

/** A run that was killed before it had marked its directory left it empty; one that is about to mark it makes another. */
function removeUnmarked(directory: string): void {
  rmSync(join(directory, unfinishedOwnerFile), { force: true });
  rmdirSync(directory);
}

/** Without /proc nobody can be told dead, and only age counts. */
function isGone(owner: Owner, ageMs: number): boolean {
  const comparable = owner.startTicks !== null && owner.world !== null && owner.world === world();
  return comparable ? startTicks(owner.pid) !== owner.startTicks : ageMs > foreignAgeMs;
}

function readOwner(directory: string): Owner | undefined {
  const owner: unknown = JSON.parse(readFileSync(join(directory, ownerFile), 'utf8'));
  if (typeof owner !== 'object' || owner === null) return undefined;
  if (!('schema' in owner) || owner.schema !== ownerSchema) return undefined;
  if (!('pid' in owner) || typeof owner.pid !== 'number') return undefined;
  const text = (key: 'startTicks' | 'world'): string | null => {
    const value = (owner as Partial<Record<typeof key, unknown>>)[key];
    return typeof value === 'string' ? value : null;
  };
  return { schema: ownerSchema, pid: owner.pid, startTicks: text('startTicks'), world: text('world') };
}
