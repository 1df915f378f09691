import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import type { CacheFamily } from '../../driver/cost/cost-profile.ts';
import { EngineError, InterruptedError } from '../../errors.ts';
import type { JsonValue } from '../../settings/blockdev.ts';
import { describeToolFailure, runTool, succeeded, type ToolResult } from '../process.ts';
import { OutputChannel } from '../qemu-io/output-channel.ts';
import { ResultParser } from '../qemu-io/result-parser.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import { CommandList } from './command-list.ts';
import { rawNode } from './nodes.ts';
import { median, type Samples } from './samples.ts';

/** One way to do I/O that gets a profile of its own. */
export interface IoMode {
  readonly cache: CacheFamily;
  readonly aio: 'io_uring' | 'native' | 'threads';
}

export interface BenchOptions {
  readonly tools: QemuTools;
  readonly scratch: Scratch;
  /** Processors that the measured process is pinned to; anywhere where empty. */
  readonly cpus: readonly number[];
  readonly signal: AbortSignal;
}

const directoryName = 'costs';
const scriptName = 'costs-script';
const timeLimitMs = 120_000;
const settleMs = 150;
/** A latency of more than this many medians belongs to something else that went on: it is counted as so many. */
const clipMedians = 5;

/** The place where calibration makes its images and runs its commands. */
export class Bench {
  readonly #options: BenchOptions;
  readonly #directory: string;

  constructor(options: BenchOptions) {
    this.#options = options;
    options.scratch.makeDirectory(directoryName);
    this.#directory = options.scratch.path(directoryName);
  }

  /** Makes an image with `qemu-img create` and writes it out. @param create options of `-o`, none where empty */
  async create(name: string, format: 'raw' | 'qcow2', bytes: number, create = ''): Promise<void> {
    this.remove(name);
    const options = create === '' ? [] : ['-o', create];
    await this.#tool([this.#options.tools.qemuImg, 'create', '-q', '-f', format, ...options, name, String(bytes)]);
    this.#writeOut(name);
  }

  /** Runs commands that only prepare, through the page cache and without waiting for the disk, and writes the file out. */
  async prepare(name: string, node: JsonValue, commands: CommandList): Promise<void> {
    await this.#run(node, 'unsafe', commands, () => undefined);
    this.#writeOut(name);
  }

  /**
   * Runs commands and adds the mean latency of each label, outliers clipped, to the samples.
   * @throws EngineError where qemu-io or one of its commands fails, InterruptedError
   */
  async measure(node: JsonValue, cache: CacheFamily, commands: CommandList, samples: Samples): Promise<void> {
    const latencies = new Map<string, number[]>();
    await this.#run(node, cache === 'direct' ? 'none' : 'writeback', commands, (label, ns) => {
      const known = latencies.get(label);
      if (known === undefined) latencies.set(label, [ns]);
      else known.push(ns);
    });
    for (const [label, values] of latencies) {
      const mean = clippedMean(values);
      samples.add(label, mean);
      const usualNs = mean * values.length;
      samples.addStalls(usualNs, values.reduce((sum, value) => sum + value, 0) - usualNs);
    }
  }

  /** Waits until the work that making and removing files left behind is done, as far as can be known. */
  async settle(name: string): Promise<void> {
    this.#writeOut(name);
    await new Promise((resolve) => {
      setTimeout(resolve, settleMs);
    });
  }

  /**
   * Fills and frees as much page cache. In a virtual machine memory that was not used for a while is not backed by the host, and its first use
   * takes ten times as long; trials that follow each other use what the one before them freed.
   */
  async readyMemory(bytes: number): Promise<void> {
    const name = 'memory.raw';
    const piece = 2 ** 21;
    await this.#tool([this.#options.tools.qemuImg, 'create', '-q', '-f', 'raw', name, String(bytes)]);
    const fill = new CommandList();
    for (let offset = 0; offset < bytes; offset += piece) fill.write(offset, piece);
    await this.#run(rawNode(name, { cache: 'buffered', aio: 'threads' }), 'unsafe', fill, () => undefined);
    this.remove(name);
  }

  remove(name: string): void {
    this.#options.scratch.remove(`${directoryName}/${name}`);
  }

  async close(): Promise<void> {
    await this.#options.scratch.removeLarge(directoryName);
    this.#options.scratch.remove(scriptName);
  }

  async #run(
    node: JsonValue,
    cache: string,
    commands: CommandList,
    onResult: (label: string, ns: number) => void,
  ): Promise<void> {
    const { tools, scratch } = this.#options;
    const stdinFile = scratch.path(scriptName);
    writeFileSync(stdinFile, `${commands.lines.join('\n')}\n`, { mode: 0o600 });
    let done = 0;
    let trouble: string | undefined;
    const parser = new ResultParser({
      result: (_bytes, ns) => onResult(commands.labels[done++] ?? '', ns),
      message: (line) => {
        trouble ??= line;
      },
    });
    const channel = await OutputChannel.open(scratch, 'costs-results', tools.env, (chunk) => parser.push(chunk));
    const command = [tools.qemuIo, '-t', cache, '-d', 'unmap', `json:${JSON.stringify(node)}`];
    let result: ToolResult;
    try {
      result = await this.#start(command, { stdinFile, stdoutFd: channel.writeFd, cpus: this.#options.cpus });
    } finally {
      channel.finish();
    }
    parser.end();
    if (this.#options.signal.aborted) throw new InterruptedError();
    if (!succeeded(result) || trouble !== undefined || done !== commands.labels.length) {
      const reason = trouble ?? (succeeded(result) ? 'results are missing' : describeToolFailure(result));
      throw new EngineError(`qemu-io does not do what the calibration asks: ${reason}`, result);
    }
  }

  async #tool(command: readonly string[]): Promise<void> {
    const result = await this.#start(command, {});
    if (this.#options.signal.aborted) throw new InterruptedError();
    if (!succeeded(result)) throw new EngineError(`qemu-img does not work: ${describeToolFailure(result)}`, result);
  }

  #start(command: readonly string[], more: { stdinFile?: string; stdoutFd?: number; cpus?: readonly number[] }) {
    const { tools, signal } = this.#options;
    const env = tools.env === undefined ? {} : { env: tools.env };
    return runTool(command, { cwd: this.#directory, signal, timeLimitMs, ...env, ...more });
  }

  #writeOut(name: string): void {
    const file = openSync(this.#options.scratch.path(`${directoryName}/${name}`), 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

function clippedMean(values: readonly number[]): number {
  const limit = median(values) * clipMedians;
  return values.reduce((sum, value) => sum + Math.min(value, limit), 0) / values.length;
}
