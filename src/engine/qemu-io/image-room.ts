import { statfsSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';
import { printSettings } from '../../settings/print.ts';
import { exactBytes, formatBytes } from '../../units/bytes.ts';
import type { EngineJob } from '../engine.ts';
import { type FileSystemInfo, probeFileSystem } from '../file-system.ts';
import { runTool, succeeded } from '../process.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';

/** Room that must stay free beside the image: scripts and the writes of the run. */
const reserveBytes = 64 * 1024 * 1024;
const measureTimeMs = 60_000;

/** Knows what fits into the scratch directory. */
export class ImageRoom {
  readonly #tools: QemuTools;
  readonly #scratch: Scratch;
  #fileSystem: Promise<FileSystemInfo> | undefined;

  constructor(tools: QemuTools, scratch: Scratch) {
    this.#tools = tools;
    this.#scratch = scratch;
  }

  /**
   * Finds out before the work whether the image can be as long as it will be, and whether what will be written has room. An
   * image that starts empty is not checked: how much a run allocates shows in the run.
   * @throws EnvironmentError naming --disk
   */
  async check(job: EngineJob): Promise<void> {
    const { diskBytes } = job.workload;
    const { backing } = job.workload.image;
    const content = contentOf(job);
    const ownBacking = job.backing === undefined && backing !== 'none' ? backing : undefined;
    if (content === 'empty' && ownBacking === undefined) return;
    this.#fileSystem ??= probeFileSystem(this.#scratch.directory, this.#tools.env);
    const fileSystem = await this.#fileSystem;
    const measuredBytes = content === 'empty' ? diskBytes : ((await this.#measure(job)) ?? diskBytes);
    const disk = `--disk ${exactBytes(diskBytes)}`;
    const where = `the file system of ${this.#scratch.directory} (${fileSystem.type})`;
    const hint = 'Name a smaller disk with --disk, or set TMPDIR to a directory on another file system.';
    if (measuredBytes > fileSystem.largestFileBytes) {
      const largest = formatBytes(fileSystem.largestFileBytes);
      throw new EnvironmentError(`${disk}: ${where} takes files up to ${largest}`, { hint });
    }
    const dataBytes = (content === 'full' ? diskBytes : 0) + (ownBacking?.content === 'data' ? diskBytes : 0);
    const neededBytes = measuredBytes - diskBytes + dataBytes + reserveBytes;
    const { bavail, bsize } = statfsSync(this.#scratch.directory);
    if (neededBytes > bavail * bsize) {
      const what = dataBytes > 0 ? 'all its data' : 'its metadata';
      const free = formatBytes(bavail * bsize);
      throw new EnvironmentError(
        `${disk}: an image with ${what} takes ${formatBytes(neededBytes)}, but ${where} has ${free} free`,
        { hint },
      );
    }
  }

  /** Length of the fully allocated image according to QEMU; undefined where it refuses, as creation then will, with its reason. */
  async #measure(job: EngineJob): Promise<number | undefined> {
    const { data_file: _file, data_file_raw: _raw, preallocation: _preallocation, ...rest } = job.configuration.create;
    const options = printSettings('create', rest);
    const command = [this.#tools.qemuImg, 'measure', '--output=json', '-O', 'qcow2'];
    const size = ['--size', String(job.workload.diskBytes)];
    const result = await runTool([...command, ...(options === '' ? [] : ['-o', options]), ...size], {
      cwd: this.#scratch.directory,
      signal: job.signal,
      timeLimitMs: measureTimeMs,
      ...(this.#tools.env === undefined ? {} : { env: this.#tools.env }),
    });
    const bytes = /"fully-allocated":\s*(\d+)/.exec(result.stdout)?.[1];
    return succeeded(result) && bytes !== undefined ? Number(bytes) : undefined;
  }
}

/** What the image holds after its making, the configuration's own preallocation included. */
function contentOf(job: EngineJob): 'empty' | 'mapped' | 'full' {
  const { content } = job.workload.image;
  const { preallocation } = job.configuration.create;
  if (content === 'full' || preallocation === 'full' || preallocation === 'falloc') return 'full';
  return content === 'mapped' || preallocation === 'metadata' ? 'mapped' : 'empty';
}
