import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
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
    let directory: string | undefined;
    try {
      directory = mkdtempSync(join(parent, prefix));
      const owner: Owner = {
        schema: ownerSchema,
        pid: options.pid,
        startTicks: startTicks(options.pid),
        world: world(),
      };
      writeFileSync(join(directory, ownerFile), JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
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
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
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
      const owner = readOwner(directory);
      if (owner !== undefined && isGone(owner, mine.mtimeMs - theirs.mtimeMs)) {
        rmSync(directory, { recursive: true, force: true });
      }
    } catch {
      // Somebody else is at it, or it went away: not ours to worry about.
    }
  }
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
