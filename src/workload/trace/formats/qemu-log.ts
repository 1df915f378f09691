import { Operation } from '../../request.ts';
import { BlockFlag } from '../block-request.ts';
import { parseDecimal, parseHexadecimal, shownBytes } from '../byte-numbers.ts';
import { DeviceNames } from '../device-names.ts';
import { EventChoice } from '../event-choice.ts';
import { headLines } from '../head-lines.ts';
import { type LineHandler, LineReader } from '../line-reader.ts';
import { findEventName, parseLogTime } from '../qemu-log-prefix.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';
import { startsWithText, Words } from '../words.ts';

const sectorBytes = 512;
/** BDRV_REQ_ZERO_WRITE and BDRV_REQ_FUA of the flags of a block backend's write. */
const zeroWriteFlag = 0x2;
const fuaFlag = 0x10;

/** An event that is a request, and where its fields are among the words behind the name: `key value key value`. */
interface RequestEvent {
  readonly name: string;
  readonly backend: boolean;
  readonly operation: Operation;
  /** Key of the offset, key of the length. */
  readonly keys: readonly [string, string];
}

const events: readonly RequestEvent[] = [
  { name: 'blk_co_preadv ', backend: true, operation: Operation.read, keys: ['offset', 'bytes'] },
  { name: 'blk_co_pwritev ', backend: true, operation: Operation.write, keys: ['offset', 'bytes'] },
  { name: 'virtio_blk_handle_read ', backend: false, operation: Operation.read, keys: ['sector', 'nsectors'] },
  { name: 'virtio_blk_handle_write ', backend: false, operation: Operation.write, keys: ['sector', 'nsectors'] },
];

const kinds = {
  first: 'blk_co_* events',
  second: 'virtio_blk_handle_* events',
  fallBack: true,
  advice: 'both show the same requests',
} as const;

/**
 * What QEMU writes with `-trace 'blk_co_p*'` or `-trace 'virtio_blk_handle_*'` and its log backend, with or without
 * `-msg timestamp=on`. QEMU up to 11.1 has no such event for flushes and discards.
 */
export const qemuLogFormat: TraceFormat = {
  name: 'qemu-log',
  title: 'QEMU trace log',
  source: 'QEMU block/trace-events, hw/block/trace-events, scripts/tracetool/backend/log.py',
  recognises: (head) =>
    headLines(head).some((line) => {
      const name = findEventName(line, 0, line.length);
      return events.some((event) => startsWithText(line, name, line.length, event.name));
    }),
  open: (sink) => new LineReader(sink, new QemuLogLines(sink)),
};

class QemuLogLines implements LineHandler {
  readonly #sink: TraceSink;
  readonly #events: EventChoice;
  readonly #devices: DeviceNames;
  /** Name, two pointers with their keys, offset and length with theirs, flags with theirs. */
  readonly #words = new Words(11);
  #requests = false;

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.#events = new EventChoice(sink, kinds);
    this.#devices = new DeviceNames(sink);
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const name = findEventName(bytes, start, end);
    const event = events.find((candidate) => startsWithText(bytes, name, end, candidate.name));
    if (event === undefined) {
      this.#other(bytes, start, end);
      return;
    }
    const problem = this.#take(event, bytes, start, name, end);
    if (problem !== undefined) this.#sink.bad(problem);
  }

  end(): void {
    this.#events.end();
    if (this.#requests) this.#sink.note("QEMU's log has no flushes and no discards");
  }

  /** `blk 0x1 bs 0x2 offset 3 bytes 4 flags 0x5` or `vdev 0x1 req 0x2 sector 3 nsectors 4`. @returns what is wrong */
  #take(event: RequestEvent, bytes: Uint8Array, start: number, name: number, end: number): string | undefined {
    const words = this.#words;
    words.split(bytes, name, end);
    const [offsetKey, lengthKey] = event.keys;
    if (words.count < (event.backend ? 11 : 9)) return 'the line is cut short';
    if (!this.#isKey(bytes, 5, offsetKey) || !this.#isKey(bytes, 7, lengthKey))
      return `"${shownBytes(bytes, name, end)}" does not have the fields of its event`;
    const unitBytes = event.backend ? 1 : sectorBytes;
    const offsetBytes = this.#number(bytes, 6) * unitBytes;
    const lengthBytes = this.#number(bytes, 8) * unitBytes;
    const flags = event.backend ? parseHexadecimal(bytes, words.start[10] as number, words.end[10] as number) : 0;
    if (Number.isNaN(offsetBytes + lengthBytes + flags))
      return `${offsetKey} and ${lengthKey} are whole numbers below 2^53`;
    const timeUs = name === start ? Number.NaN : parseLogTime(bytes, start, name);
    const device = this.#devices.numberOf(bytes, words.start[1] as number, words.end[2] as number);
    this.#requests = true;
    this.#events.take(event.backend, device, kindOf(event.operation, flags), offsetBytes, lengthBytes, timeUs);
    return undefined;
  }

  /** Other events, and what else QEMU and the guest's console print. */
  #other(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte >= 0x20 || byte === 0x09 || byte === 0x1b || byte === 0x0d || byte === 0x07 || byte === 0x08) continue;
      this.#sink.bad('the line is no text');
      return;
    }
    this.#sink.passOver('other lines of the log');
  }

  #isKey(bytes: Uint8Array, index: number, key: string): boolean {
    return startsWithText(bytes, this.#words.start[index] as number, this.#words.end[index] as number, key);
  }

  #number(bytes: Uint8Array, index: number): number {
    return parseDecimal(bytes, this.#words.start[index] as number, this.#words.end[index] as number);
  }
}

/** What a block backend is asked for: flags are numbers below 2^53, of which the low bits matter here. */
function kindOf(operation: Operation, flags: number): number {
  if (operation !== Operation.write) return operation;
  const fua = (flags & fuaFlag) === 0 ? 0 : BlockFlag.fua;
  return ((flags & zeroWriteFlag) === 0 ? Operation.write : Operation.trim | BlockFlag.zeroes) | fua;
}
