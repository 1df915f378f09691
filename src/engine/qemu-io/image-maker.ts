import { readdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { InterruptedError } from '../../errors.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import { printSettings } from '../../settings/print.ts';
import type { EngineJob } from '../engine.ts';
import { findExecutable } from '../executable.ts';
import { describeToolFailure, runTool, succeeded, type ToolResult } from '../process.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import { type ImageFiles, imageNames } from './image-files.ts';
import { ImageRoom } from './image-room.ts';

/** An image could not be made; the trial failed. `timedOut` where a tool did not end. */
export class PreparationError extends Error {
  readonly command: readonly string[];
  readonly timedOut: boolean;

  constructor(message: string, result: Pick<ToolResult, 'command' | 'timedOut'>) {
    super(message);
    this.command = result.command;
    this.timedOut = result.timedOut;
  }
}

/** Least time that a helper gets to make an image, and how fast writing a full one must be. */
const helperTimeMs = 120_000;
const slowestFillBytesPerMs = 16 * 1024;
/** Length of the sequential writes that fill an image. */
const fillBytes = 2 * 1024 * 1024;

/** Makes the images of trials in the scratch directory, and shares those that trials share. */
export class ImageMaker {
  readonly #tools: QemuTools;
  readonly #scratch: Scratch;
  readonly #room: ImageRoom;
  readonly #kept = new Map<string, ImageFiles>();
  readonly #backings = new Map<string, string>();
  #sequence = 0;

  constructor(tools: QemuTools, scratch: Scratch) {
    this.#tools = tools;
    this.#scratch = scratch;
    this.#room = new ImageRoom(tools, scratch);
  }

  /**
   * An image as the workload wants it at the start of a trial. Give it back with {@link release}.
   * @throws PreparationError where a tool refuses; EnvironmentError where the image cannot fit here
   */
  async prepare(job: EngineJob): Promise<ImageFiles> {
    const { state } = job.workload.image;
    if (state === 'shared') return this.#keptImage(job);
    if (state === 'restored' && canBeCopied(job)) {
      const source = await this.#keptImage(job);
      return this.#copy(source, job);
    }
    return this.#make(job, this.#newName('trial'));
  }

  /**
   * As {@link prepare}, but without sharing an image with other trials where making one is cheap: a new image may lie
   * elsewhere on the disk, and only a new one shows how much that matters. One that has to be filled is shared as ever.
   */
  async prepareAnew(job: EngineJob): Promise<ImageFiles> {
    const { state, content } = job.workload.image;
    return state === 'shared' && content !== 'full' ? this.#make(job, this.#newName('trial')) : this.prepare(job);
  }

  /** Removes an image that no other trial uses. */
  async release(files: ImageFiles): Promise<void> {
    if ([...this.#kept.values()].includes(files)) return;
    await this.#scratch.removeLarge(files.directory.slice(this.#scratch.directory.length + 1));
  }

  /** Removes every image and backing file that was kept for later trials. */
  async close(): Promise<void> {
    const kept = [...this.#kept.values()].map((files) => files.directory.slice(this.#scratch.directory.length + 1));
    for (const name of [...kept, ...this.#backings.values()]) await this.#scratch.removeLarge(name);
    this.#kept.clear();
    this.#backings.clear();
  }

  async #keptImage(job: EngineJob): Promise<ImageFiles> {
    const known = this.#kept.get(job.imageKey);
    if (known) return known;
    const made = await this.#make(job, this.#newName('kept'));
    this.#kept.set(job.imageKey, made);
    return made;
  }

  #newName(kind: string): string {
    this.#sequence++;
    return `${kind}-${this.#sequence}`;
  }

  async #make(job: EngineJob, name: string): Promise<ImageFiles> {
    await this.#room.check(job);
    this.#scratch.makeDirectory(name);
    const directory = this.#scratch.path(name);
    try {
      const backingFormat = await this.#linkBacking(job, directory);
      const { command, hasDataFile } = this.#createCommand(job, backingFormat);
      await this.#run(command, directory, job);
      const files: ImageFiles = { directory, hasDataFile, backingFormat };
      if (job.workload.image.content === 'full') await this.#fill(job, files);
      await syncFiles(directory);
      return files;
    } catch (error) {
      await this.#scratch.removeLarge(name);
      throw error;
    }
  }

  #createCommand(
    job: EngineJob,
    backingFormat: string | undefined,
  ): { command: readonly string[]; hasDataFile: boolean } {
    const { create } = job.configuration;
    const hasDataFile = create.data_file !== undefined;
    const preallocation = create.preallocation ?? (job.workload.image.content === 'mapped' ? 'metadata' : undefined);
    const values: SettingValues = {
      ...create,
      ...(hasDataFile ? { data_file: imageNames.dataFile } : {}),
      ...(preallocation === undefined ? {} : { preallocation }),
    };
    const options = printSettings('create', values);
    const command = [
      this.#tools.qemuImg,
      'create',
      '-q',
      '-f',
      'qcow2',
      ...(options === '' ? [] : ['-o', options]),
      ...(backingFormat === undefined ? [] : ['-b', imageNames.backing, '-F', backingFormat]),
      imageNames.image,
      String(job.workload.diskBytes),
    ];
    return { command, hasDataFile };
  }

  /** Links the image's backing file into its directory; the user's own file is reached only through that link, read-only. */
  async #linkBacking(job: EngineJob, directory: string): Promise<string | undefined> {
    if (job.backing !== undefined) {
      symlinkSync(job.backing.path, join(directory, imageNames.backing));
      return job.backing.format;
    }
    const { backing } = job.workload.image;
    if (backing === 'none') return undefined;
    const key = `${backing.format} ${backing.content} ${job.workload.diskBytes}`;
    const known = this.#backings.get(key) ?? (await this.#makeBacking(job, backing));
    this.#backings.set(key, known);
    symlinkSync(join('..', known), join(directory, imageNames.backing));
    return backing.format;
  }

  async #makeBacking(
    job: EngineJob,
    backing: { readonly format: 'raw' | 'qcow2'; readonly content: 'holes' | 'data' },
  ): Promise<string> {
    const name = `backing-${this.#backings.size + 1}`;
    const { diskBytes } = job.workload;
    if (backing.format === 'raw' && backing.content === 'holes') {
      writeFileSync(this.#scratch.path(name), '', { mode: 0o600 });
      truncateSync(this.#scratch.path(name), diskBytes);
      return name;
    }
    const preallocation = backing.content === 'data' ? 'full' : 'metadata';
    const command = [this.#tools.qemuImg, 'create', '-q', '-f', backing.format, '-o', `preallocation=${preallocation}`];
    await this.#run([...command, name, String(diskBytes)], this.#scratch.directory, job);
    await syncFile(this.#scratch.path(name));
    return name;
  }

  /** Writes the whole disk once from its start to its end, as a guest would. */
  async #fill(job: EngineJob, files: ImageFiles): Promise<void> {
    const { diskBytes } = job.workload;
    const script = join(files.directory, 'fill');
    const lines: string[] = [];
    for (let offset = 0; offset < diskBytes; offset += fillBytes) {
      lines.push(`write -q ${offset} ${Math.min(fillBytes, diskBytes - offset)}\n`);
    }
    writeFileSync(script, lines.join(''), { mode: 0o600 });
    const graph = {
      driver: 'qcow2',
      file: { driver: 'file', filename: imageNames.image },
      ...(files.hasDataFile ? { 'data-file': { driver: 'file', filename: imageNames.dataFile } } : {}),
      backing:
        files.backingFormat === undefined
          ? null
          : { driver: files.backingFormat, file: { driver: 'file', filename: imageNames.backing } },
    };
    const command = [this.#tools.qemuIo, '-t', 'unsafe', `json:${JSON.stringify(graph)}`];
    const result = await this.#run(command, files.directory, job, script);
    // Quiet writes print nothing but their prompts, so whatever else is there is a failure.
    const printed = result.stdout.replaceAll('qemu-io> ', '').trim();
    if (printed !== '') throw new PreparationError(withSpaceHint(printed.split('\n')[0] ?? ''), result);
    this.#scratch.remove(join(files.directory.slice(this.#scratch.directory.length + 1), 'fill'));
  }

  /** A copy with its holes; where `cp` cannot do that, the image is made anew. */
  async #copy(source: ImageFiles, job: EngineJob): Promise<ImageFiles> {
    const name = this.#newName('trial');
    const cp = findExecutable('cp', this.#tools.env);
    if (cp !== undefined) {
      this.#scratch.makeDirectory(name);
      const target = this.#scratch.path(name);
      const command = [cp, '-P', '--sparse=auto', '--reflink=auto', '--', ...readdirSync(source.directory), target];
      const result = await this.#start(command, source.directory, job);
      if (succeeded(result)) {
        await syncFiles(target);
        return { ...source, directory: target };
      }
      await this.#scratch.removeLarge(name);
      if (job.signal.aborted) throw new InterruptedError();
      if (/No space left/.test(result.stderrTail))
        throw new PreparationError(withSpaceHint(describeToolFailure(result)), result);
    }
    return this.#make(job, name);
  }

  async #run(command: readonly string[], cwd: string, job: EngineJob, stdinFile?: string): Promise<ToolResult> {
    const result = await this.#start(command, cwd, job, stdinFile);
    if (job.signal.aborted) throw new InterruptedError();
    if (!succeeded(result)) throw new PreparationError(withSpaceHint(describeToolFailure(result)), result);
    return result;
  }

  #start(command: readonly string[], cwd: string, job: EngineJob, stdinFile?: string): Promise<ToolResult> {
    return runTool(command, {
      cwd,
      signal: job.signal,
      timeLimitMs: Math.max(helperTimeMs, job.timeLimitMs) + job.workload.diskBytes / slowestFillBytesPerMs,
      ...(this.#tools.env === undefined ? {} : { env: this.#tools.env }),
      ...(stdinFile === undefined ? {} : { stdinFile }),
    });
  }
}

/**
 * Copying keeps holes by asking the file system for them, and blocks that are reserved but not written count as holes
 * there: an image with `preallocation=falloc` would come out without its reservation.
 */
function canBeCopied(job: EngineJob): boolean {
  return job.configuration.create.preallocation !== 'falloc' || job.workload.image.content === 'full';
}

/** Adds what to do where a tool ran out of space. */
export function withSpaceHint(message: string): string {
  if (!/No space left on device|Disk quota exceeded|File too large/.test(message)) return message;
  return `${message} (in the scratch directory: free some space or set TMPDIR to a larger file system)`;
}

/** Writes back what making an image left in the page cache, so that the run does not pay for it. */
async function syncFiles(directory: string): Promise<void> {
  for (const name of readdirSync(directory)) {
    if (name !== imageNames.backing && statSync(join(directory, name)).isFile()) await syncFile(join(directory, name));
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
