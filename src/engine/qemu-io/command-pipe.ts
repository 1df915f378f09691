import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';
import type { RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';
import type { Environment } from '../executable.ts';
import type { Scratch } from '../scratch.ts';
import { commandBytes, encodeCommand } from './command-encoder.ts';
import { makePipe } from './output-channel.ts';

const bufferBytes = 65_536;
/**
 * Empty commands behind the last command of a slice. qemu-io reads its standard input through a buffer of 4096 bytes, and
 * looks for the next command only while the pipe itself has more: what is in the buffer when the pipe runs dry waits until
 * more is written. More empty lines than the buffer holds see to it that only empty lines wait.
 * @source QEMU qemu-io.c, command_loop: a handler on the descriptor, fgets behind it; lines are shorter than 1024 bytes
 */
const padding = Buffer.from(`${' '.repeat(1000)}\n`.repeat(6));

/** A workload's requests as commands on the standard input of a qemu-io that stays alive between slices. */
export class CommandPipe {
  readonly path: string;
  readonly #blocks: Iterator<RequestBlock>;
  readonly #silentSyncs: boolean;
  readonly #remove: () => void;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #fd: number | undefined;
  #start = 0;
  #end = 0;
  #block: RequestBlock | undefined;
  #index = 0;
  /** Requests encoded so far, and up to which one they may be. */
  #encoded = 0;
  #limit = 0;
  #paddingLeft = 0;

  private constructor(path: string, workload: Workload, silentSyncs: boolean, remove: () => void) {
    this.path = path;
    this.#blocks = workload.requests()[Symbol.iterator]();
    this.#silentSyncs = silentSyncs;
    this.#remove = remove;
    // Open for both directions: neither this open nor the child's waits for the other.
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  /** @throws EnvironmentError where the system has no named pipes */
  static async open(
    scratch: Scratch,
    name: string,
    env: Environment | undefined,
    workload: Workload,
    silentSyncs: boolean,
  ): Promise<CommandPipe> {
    scratch.remove(name);
    if (!(await makePipe(scratch, name, env))) {
      throw new EnvironmentError('slices need named pipes, and none can be made here', {
        hint: 'Measure whole trials in turn: --slice off.',
      });
    }
    return new CommandPipe(scratch.path(name), workload, silentSyncs, () => scratch.remove(name));
  }

  /** Lets {@link feed} write the requests up to this one, counted from 0 and not included. */
  allow(to: number): void {
    this.#limit = to;
    this.#paddingLeft = padding.length;
  }

  /** Writes as much as the pipe takes without waiting. */
  feed(): void {
    while (this.#fd !== undefined) {
      if (this.#start === this.#end && !this.#refill()) return;
      try {
        this.#start += writeSync(this.#fd, this.#buffer, this.#start, this.#end - this.#start);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return;
        throw error;
      }
    }
  }

  /** The child reads to the end, and ends. */
  close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#remove();
  }

  /** False where all that is allowed has been written. */
  #refill(): boolean {
    this.#start = 0;
    this.#end = 0;
    while (this.#encoded < this.#limit && this.#end <= bufferBytes - commandBytes) {
      if (!this.#nextBlock()) break;
      const block = this.#block;
      if (block === undefined) break;
      const stop = Math.min(block.count, this.#index + this.#limit - this.#encoded);
      for (; this.#index < stop && this.#end <= bufferBytes - commandBytes; this.#index++, this.#encoded++) {
        this.#end = encodeCommand(
          this.#buffer,
          this.#end,
          block.operation[this.#index] ?? 0,
          block.offsetBytes[this.#index] ?? 0,
          block.lengthBytes[this.#index] ?? 0,
          this.#silentSyncs,
        );
      }
    }
    if (this.#end > 0) return true;
    if (this.#paddingLeft === 0) return false;
    this.#end = padding.copy(this.#buffer, 0);
    this.#paddingLeft = 0;
    return true;
  }

  /** Makes sure that there is a request to encode. */
  #nextBlock(): boolean {
    while (this.#block === undefined || this.#index >= this.#block.count) {
      const next = this.#blocks.next();
      if (next.done) return false;
      this.#block = next.value;
      this.#index = 0;
    }
    return true;
  }
}
