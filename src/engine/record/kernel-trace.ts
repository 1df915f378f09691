import { closeSync, constants, openSync, readdirSync, readFileSync, readSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../../errors.ts';
import { ftraceFormat } from '../../workload/trace/formats/ftrace.ts';
import type { TraceReader } from '../../workload/trace/trace-format.ts';
import { startTicks } from '../scratch.ts';
import type { RequestCollector } from './request-collector.ts';

/** Memory of the kernel for events that were not read yet, over all processors, and its bounds for one of them. */
const bufferBytes = 128 * 2 ** 20;
const leastBytes = 2 * 2 ** 20;
const mostBytes = 32 * 2 ** 20;
/** How often the trace is read. Even at 300,000 requests a second a processor's buffer then holds seconds. */
const pollMs = 20;
const chunk = Buffer.allocUnsafe(64 * 1024);
/** Reads in a row before others get a turn. */
const readsInRow = 64;
const eventName = 'events/block/block_rq_issue';

/**
 * Reads every request that the kernel hands to one block device, while it runs, from an instance of its tracer of
 * our own: nobody else's tracing is touched.
 *
 * @source Linux Documentation/trace/ftrace.rst, "Instances" and "trace_pipe"; Documentation/trace/events.rst, "Event filtering"
 */
export class KernelTrace {
  readonly #directory: string;
  readonly #collector: RequestCollector;
  readonly #reader: TraceReader;
  readonly #pipe: number;
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;

  /**
   * @param directory of the instance, which is there
   * @param device `major:minor`
   * @throws EnvironmentError where the kernel does not have the event
   */
  constructor(directory: string, device: string, collector: RequestCollector) {
    this.#directory = directory;
    this.#collector = collector;
    this.#reader = ftraceFormat.open(collector, { event: 'issue', idUnitBytes: 512 });
    const [major = 0, minor = 0] = device.split(':').map(Number);
    const perCpu = Math.min(mostBytes, Math.max(leastBytes, Math.floor(bufferBytes / availableParallelism())));
    this.#set('trace_clock', 'mono');
    this.#set('buffer_size_kb', String(perCpu / 1024));
    // An event that finds no room is counted; with overwriting, older ones would be gone.
    this.#set('options/overwrite', '0');
    // The kernel's own number of a device: 12 bits, then 20.
    this.#set(`${eventName}/filter`, `dev == ${major * 2 ** 20 + minor}`);
    this.#pipe = openSync(join(directory, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    this.#set(`${eventName}/enable`, '1');
    this.#poll();
  }

  /** Reads all that is there. @returns how many requests there are so far. @throws what went wrong with reading */
  settle(): number {
    this.#readAll();
    return this.#collector.settle();
  }

  /**
   * Ends it; all requests are in the collector.
   * @throws EnvironmentError where events were lost
   */
  stop(): void {
    this.#set(`${eventName}/enable`, '0');
    clearTimeout(this.#timer);
    this.#readAll();
    this.close();
    this.#reader.end();
    const lost = this.#lostCount();
    if (lost === 0) return;
    throw new EnvironmentError(`the kernel's tracer lost ${lost} requests, so this is not the whole trace`, {
      hint: 'Record again with less other load on this machine: qtune could not read as fast as requests came.',
    });
  }

  /** Stops reading. May be called again. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#timer === undefined) return;
    this.#timer = undefined;
    closeSync(this.#pipe);
  }

  #poll(delayMs = pollMs): void {
    this.#timer = setTimeout(() => {
      try {
        const more = this.#read(readsInRow);
        this.#collector.advance();
        this.#poll(more ? 0 : pollMs);
      } catch (error) {
        // Told when the recording ends: nobody waits for this.
        this.#failure = error;
      }
    }, delayMs);
  }

  #readAll(): void {
    if (this.#failure !== undefined) throw this.#failure;
    while (this.#read(readsInRow)) this.#collector.advance();
  }

  /** @returns whether there may be more */
  #read(times: number): boolean {
    for (let time = 0; time < times; time++) {
      let bytes: number;
      try {
        bytes = readSync(this.#pipe, chunk);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
        throw error;
      }
      if (bytes === 0) return false;
      this.#reader.push(chunk.subarray(0, bytes));
    }
    return true;
  }

  /** Events that found no room, over all processors. */
  #lostCount(): number {
    let lost = 0;
    for (const cpu of readdirSync(join(this.#directory, 'per_cpu'))) {
      const text = readFileSync(join(this.#directory, 'per_cpu', cpu, 'stats'), 'utf8');
      for (const [, count] of text.matchAll(/^(?:overrun|commit overrun|dropped events): (\d+)$/gm))
        lost += Number(count);
    }
    return lost;
  }

  #set(file: string, value: string): void {
    try {
      writeFileSync(join(this.#directory, file), value);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new EnvironmentError(`the kernel's tracer refuses ${file} (${code})`, {
        hint: 'Record on a kernel with CONFIG_BLK_DEV_IO_TRACE, as distributions build it.',
        cause: error,
      });
    }
  }
}

/** Removes instances of recordings whose qtune and guard are both gone, e.g. by a lack of memory. */
export function removeLeftInstances(ownInstance: string): void {
  const parent = dirname(ownInstance);
  for (const name of readdirSync(parent)) {
    const [, pid, ticks] = /^qtune-(\d+)-(\d+)$/.exec(name) ?? [];
    if (pid === undefined || startTicks(Number(pid)) === ticks) continue;
    try {
      writeFileSync(join(parent, name, 'events', 'enable'), '0');
      rmdirSync(join(parent, name));
    } catch {
      // A reader of it is still there: the next recording's turn.
    }
  }
}
