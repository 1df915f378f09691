import { closeSync, openSync, writeSync } from 'node:fs';
import { writeDigits } from '../../units/decimal-digits.ts';
import { Operation, operationNames } from '../../workload/request.ts';

const bufferBytes = 65_536;
/** Room for the longest line: time, offset and length of 16 digits, and the words. */
const entryBytes = 96;
const diskName = Buffer.from('disk ');
const words = operationNames.map((name) => Buffer.from(`${name} `));

/** A file that fio replays with `read_iolog`, written request by request without a string in between. */
abstract class RequestLog {
  protected readonly buffer = Buffer.alloc(bufferBytes);
  protected end = 0;
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'wx', 0o600);
  }

  /**
   * @param operation one of {@link Operation}
   * @param startUs microseconds since the job's start; never decreasing
   */
  add(operation: number, offsetBytes: number, lengthBytes: number, startUs: number): void {
    if (this.end > bufferBytes - entryBytes) this.#flush();
    this.encode(operation, offsetBytes, lengthBytes, startUs);
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#fd);
    }
  }

  protected abstract encode(operation: number, offsetBytes: number, lengthBytes: number, startUs: number): void;

  #flush(): void {
    let done = 0;
    while (done < this.end) done += writeSync(this.#fd, this.buffer, done, this.end - done);
    this.end = 0;
  }
}

/**
 * fio's iolog: version 3 with a time in every line, version 2 without. No line closes the file: fio would take it as a
 * request that is none, be done, and drop what is in flight.
 * @source fio HOWTO, Trace file format v2 and v3; fio ioengines.c, td_io_getevents: nothing is awaited once `td->done`
 */
export class Iolog extends RequestLog {
  readonly #isTimed: boolean;

  constructor(path: string, isTimed: boolean) {
    super(path);
    this.#isTimed = isTimed;
    // Times begin at 1: after a time of 0 fio takes the next one for the first.
    const time = isTimed ? '1 ' : '';
    this.end = this.buffer.write(`fio version ${isTimed ? 3 : 2} iolog\n${time}disk add\n${time}disk open\n`);
  }

  protected encode(operation: number, offsetBytes: number, lengthBytes: number, startUs: number): void {
    const { buffer } = this;
    let end = this.end;
    if (this.#isTimed) {
      end = writeDigits(buffer, end, 1 + Math.round(startUs));
      buffer[end++] = 0x20;
    }
    end += diskName.copy(buffer, end);
    end += words[operation]?.copy(buffer, end) ?? 0;
    end = writeDigits(buffer, end, offsetBytes);
    buffer[end++] = 0x20;
    end = writeDigits(buffer, end, lengthBytes);
    buffer[end++] = 0x0a;
    this.end = end;
  }
}

/** Magic and version of blktrace, and the classes of events by {@link Operation}. @source Linux include/uapi/linux/blktrace_api.h */
const blktraceMagic = 0x65617407;
const queued = 1;
const eventClass: Readonly<Record<Operation, number>> = {
  [Operation.read]: 1 << 0,
  [Operation.write]: 1 << 1,
  [Operation.sync]: 1 << 2,
  [Operation.trim]: 1 << 13,
};

/**
 * The same as a binary blktrace, for what fio does not replay from an iolog: trims before 3.34, and syncs without any read
 * or write. Offsets and lengths are whole sectors.
 * @source fio git: commit dd6500e9 (3.34), iolog: handle trim commands when reading iologs; blktrace.c, queue_trace
 */
export class BlktraceLog extends RequestLog {
  #sequence = 0;

  protected encode(operation: number, offsetBytes: number, lengthBytes: number, startUs: number): void {
    const { buffer, end } = this;
    buffer.fill(0, end, end + 48);
    buffer.writeUInt32LE(blktraceMagic, end);
    buffer.writeUInt32LE(++this.#sequence >>> 0, end + 4);
    buffer.writeBigUInt64LE(BigInt(1000 + Math.round(startUs * 1000)), end + 8);
    buffer.writeBigUInt64LE(BigInt(offsetBytes / 512), end + 16);
    buffer.writeUInt32LE(lengthBytes, end + 24);
    buffer.writeUInt32LE(((eventClass[operation as Operation] << 16) | queued) >>> 0, end + 28);
    this.end = end + 48;
  }
}
