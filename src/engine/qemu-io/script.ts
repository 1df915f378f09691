import { open } from 'node:fs/promises';
import { InterruptedError } from '../../errors.ts';
import { writeDigits } from '../../units/decimal-digits.ts';
import { Operation, type RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';
import { CommonAlignment, SectorSet } from './sector-set.ts';

/** The most that qemu-io takes in one request. @source QEMU qemu-io-cmds.c, BDRV_REQUEST_MAX_BYTES */
export const maxRequestBytes = 2_147_483_136;

/** What a workload does, found while its script is written. Warm-up and measured requests alike. */
export interface ScriptSummary {
  /** All requests, syncs included. */
  readonly requestCount: number;
  readonly writeCount: number;
  readonly trimCount: number;
  readonly syncCount: number;
  /** Bytes that the guest writes, and the distinct bytes among them. */
  readonly guestBytes: number;
  readonly guestDistinctBytes: number;
  /** Mean distance from the end of one read or write to the start of the next. */
  readonly guestSeekBytes: number;
  /** Size of the script. */
  readonly scriptBytes: number;
}

/** A request that cannot be run, found before anything is started. */
export class UnrunnableRequest extends Error {}

const commandBytes = 64;
const chunkBytes = 1 << 20;
/** Nothing is read and nothing printed, but a trace shows it: the first request follows. */
const preamble = 'read -q 0 0\n';
const readCommand = Buffer.from('read -C ');
const writeCommand = Buffer.from('write -C ');
const trimCommand = Buffer.from('discard -C ');
/**
 * A write of no bytes with forced unit access: QEMU's block layer turns it into the very flush that `flush` asks for,
 * and unlike `flush`, which prints nothing, it is timed and its failure is reported.
 * @source QEMU block/io.c, bdrv_driver_pwritev: emulated FUA; host I/O equal to `flush` in 7.2, 10.0 and 11.1 under strace
 */
const timedSync = Buffer.from('write -C -f 0 0\n');
/** An image opened read-only takes no write of any kind, and has nothing to flush. */
const silentSync = Buffer.from('flush\n');

/**
 * Writes a workload as commands for qemu-io's standard input, one request a line, without building a string per request.
 * @throws UnrunnableRequest where a request is longer than qemu-io takes or beyond the disk's end
 */
export async function writeScript(
  workload: Workload,
  path: string,
  options: { readonly readOnly: boolean; readonly signal: AbortSignal },
): Promise<ScriptSummary> {
  const survey = new Survey(workload.diskBytes);
  const writer = new ScriptWriter(options.readOnly ? silentSync : timedSync);
  const file = await open(path, 'w', 0o600);
  let scriptBytes = 0;
  try {
    for (const block of workload.requests()) {
      if (options.signal.aborted) throw new InterruptedError();
      survey.add(block);
      for (let index = 0; index < block.count; index++) {
        writer.add(block.operation[index] ?? 0, block.offsetBytes[index] ?? 0, block.lengthBytes[index] ?? 0);
        if (writer.isFull) scriptBytes += await writer.flush(file);
      }
    }
    scriptBytes += await writer.flush(file);
  } finally {
    await file.close();
  }
  return survey.summary(scriptBytes, distinctWrittenBytes(workload, survey));
}

/** A second pass, as the granule is known only at the end of the first. */
function distinctWrittenBytes(workload: Workload, survey: Survey): number {
  if (survey.writeCount === 0) return 0;
  const written = new SectorSet(survey.alignment.granuleBytes);
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) {
      if (block.operation[index] === Operation.write) {
        written.add(block.offsetBytes[index] ?? 0, block.lengthBytes[index] ?? 0);
      }
    }
  }
  return written.bytes;
}

class Survey {
  readonly alignment = new CommonAlignment();
  readonly #diskBytes: number;
  writeCount = 0;
  #requestCount = 0;
  #trimCount = 0;
  #syncCount = 0;
  #guestBytes = 0;
  #seekBytes = 0;
  #seekCount = 0;
  #lastEnd = -1;

  constructor(diskBytes: number) {
    this.#diskBytes = diskBytes;
  }

  add(block: RequestBlock): void {
    for (let index = 0; index < block.count; index++) {
      const operation = block.operation[index] ?? 0;
      const offset = block.offsetBytes[index] ?? 0;
      const length = block.lengthBytes[index] ?? 0;
      this.#requestCount++;
      if (operation === Operation.sync) {
        this.#syncCount++;
        continue;
      }
      if (length > maxRequestBytes || offset + length > this.#diskBytes) this.#refuse(offset, length);
      if (operation === Operation.trim) {
        this.#trimCount++;
        continue;
      }
      if (this.#lastEnd >= 0) {
        this.#seekBytes += Math.abs(offset - this.#lastEnd);
        this.#seekCount++;
      }
      this.#lastEnd = offset + length;
      if (operation === Operation.write) {
        this.writeCount++;
        this.#guestBytes += length;
        this.alignment.add(offset);
        this.alignment.add(length);
      }
    }
  }

  #refuse(offset: number, length: number): never {
    const where = `request ${this.#requestCount} (offset ${offset}, length ${length})`;
    throw new UnrunnableRequest(
      length > maxRequestBytes
        ? `${where} is longer than the ${maxRequestBytes} bytes that qemu-io takes at once`
        : `${where} ends beyond the disk of ${this.#diskBytes} bytes`,
    );
  }

  summary(scriptBytes: number, guestDistinctBytes: number): ScriptSummary {
    return {
      requestCount: this.#requestCount,
      writeCount: this.writeCount,
      trimCount: this.#trimCount,
      syncCount: this.#syncCount,
      guestBytes: this.#guestBytes,
      guestDistinctBytes,
      guestSeekBytes: this.#seekCount === 0 ? 0 : this.#seekBytes / this.#seekCount,
      scriptBytes,
    };
  }
}

/** Collects commands as bytes in one buffer that is written out when it is nearly full. */
class ScriptWriter {
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  readonly #sync: Buffer;
  #length: number;

  constructor(sync: Buffer) {
    this.#sync = sync;
    this.#length = this.#buffer.write(preamble, 'latin1');
  }

  get isFull(): boolean {
    return this.#length > chunkBytes - commandBytes;
  }

  add(operation: number, offsetBytes: number, lengthBytes: number): void {
    if (operation === Operation.sync) {
      this.#length += this.#sync.copy(this.#buffer, this.#length);
      return;
    }
    const command =
      operation === Operation.read ? readCommand : operation === Operation.write ? writeCommand : trimCommand;
    for (let index = 0; index < command.length; index++) this.#buffer[this.#length++] = command[index] ?? 0;
    this.#length = writeDigits(this.#buffer, this.#length, offsetBytes);
    this.#buffer[this.#length++] = 0x20;
    this.#length = writeDigits(this.#buffer, this.#length, lengthBytes);
    this.#buffer[this.#length++] = 0x0a;
  }

  async flush(file: {
    write(buffer: Buffer, offset: number, length: number): Promise<{ bytesWritten: number }>;
  }): Promise<number> {
    let done = 0;
    while (done < this.#length) done += (await file.write(this.#buffer, done, this.#length - done)).bytesWritten;
    this.#length = 0;
    return done;
  }
}
