import { Operation } from '../../request.ts';
import { BlockFlag } from '../block-request.ts';
import { blockLayerEvents, EventChoice } from '../event-choice.ts';
import { type RecordHandler, RecordReader } from '../record-reader.ts';
import type { TraceFormat, TraceReadOptions, TraceSink } from '../trace-format.ts';
import { uint64 } from '../uint64.ts';

const sectorBytes = 512;
const headerBytes = 48;
/** The upper 24 bits of the first number of a record; the lower 8 are the version. */
const magic = 0x656174;
const knownVersion = 7;
/** Offsets of a record's fields. */
const Field = { magic: 0, time: 8, sector: 16, bytes: 24, action: 28, device: 36, payloadBytes: 46 } as const;
/** The low byte of the action; the one above it says that a control group is named in the payload. */
const Action = { queue: 1, issue: 7 } as const;
/** Bits of the upper half of the action. */
const Category = { write: 0x2, flush: 0x4, packet: 0x200, notify: 0x400, discard: 0x2000, fua: 0x8000 } as const;
const minorBits = 20;
/** More devices than a machine traces. */
const mostDevices = 1024;

const notifications = ['process names', 'times of day', 'messages'];
const otherActions: readonly (string | undefined)[] = [
  undefined,
  undefined,
  'merges',
  'merges',
  'allocations of requests',
  'waits for a request',
  'requeues',
  undefined,
  'completions',
  'plugs',
  'unplugs',
  'unplugs',
  'inserts',
  'splits',
  'bounces',
  'remaps',
];

/**
 * What blktrace writes for each processor, and `blkparse -d` for all of them in order of time. Write-zeroes look like
 * writes in this version of the format.
 */
export const blktraceFormat: TraceFormat = {
  name: 'blktrace',
  title: 'blktrace recording',
  source: 'Linux include/uapi/linux/blktrace_api.h, struct blk_io_trace, version 7',
  recognises: (head) => {
    if (head.length < headerBytes) return false;
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    return isMagic(view, 0, true) || isMagic(view, 0, false);
  },
  open: (sink, options) => new RecordReader(sink, new BlktraceRecords(sink, options)),
};

class BlktraceRecords implements RecordHandler {
  readonly headerBytes = headerBytes;
  readonly #sink: TraceSink;
  readonly #events: EventChoice;
  readonly #queueFirst: boolean;
  readonly #devices = new Map<number, number>();
  #littleEndian: boolean | undefined;
  /** Behind something that is no record, until one is found again. */
  #lost = false;

  constructor(sink: TraceSink, options: TraceReadOptions) {
    this.#sink = sink;
    this.#events = new EventChoice(sink, blockLayerEvents(options));
    this.#queueFirst = options.event === 'queue';
  }

  lengthOf(view: DataView, at: number, available: number): number {
    this.#littleEndian ??= isMagic(view, at, true) || !isMagic(view, at, false);
    if (isMagic(view, at, this.#littleEndian))
      return headerBytes + view.getUint16(at + Field.payloadBytes, this.#littleEndian);
    // Not less than a header, so that the same is told of the same bytes when more are there.
    let next = headerBytes;
    while (next + 4 <= available && !isMagic(view, at + next, this.#littleEndian)) next += 1;
    return next;
  }

  record(view: DataView, at: number): void {
    const littleEndian = this.#littleEndian === true;
    if (!isMagic(view, at, littleEndian)) {
      if (!this.#lost) this.#sink.bad('this is no record of blktrace');
      this.#lost = true;
      return;
    }
    this.#lost = false;
    const version = view.getUint32(at, littleEndian) & 0xff;
    if (version === knownVersion) this.#take(view, at, littleEndian);
    else
      this.#sink.bad(
        `records of version ${version} are not read; those of version ${knownVersion} and the text of blkparse are`,
      );
  }

  end(): void {
    this.#events.end();
  }

  #take(view: DataView, at: number, littleEndian: boolean): void {
    const action = view.getUint32(at + Field.action, littleEndian);
    const category = action >>> 16;
    const event = action & 0xff;
    if ((category & Category.notify) !== 0) {
      this.#sink.passOver(notifications[event] ?? 'other notifications');
      return;
    }
    if (event !== Action.queue && event !== Action.issue) {
      this.#sink.passOver(otherActions[event] ?? 'other events');
      return;
    }
    this.#events.take(
      (event === Action.queue) === this.#queueFirst,
      this.#device(view.getUint32(at + Field.device, littleEndian)),
      kindOf(category),
      uint64(view, at + Field.sector, littleEndian) * sectorBytes,
      view.getUint32(at + Field.bytes, littleEndian),
      uint64(view, at + Field.time, littleEndian) / 1000,
    );
  }

  /** The sink's number for a device number of Linux. */
  #device(device: number): number {
    const known = this.#devices.get(device);
    if (known !== undefined) return known;
    const number = this.#sink.device(`${device >>> minorBits},${device & ((1 << minorBits) - 1)}`);
    if (this.#devices.size === mostDevices) this.#devices.clear();
    this.#devices.set(device, number);
    return number;
  }
}

function isMagic(view: DataView, at: number, littleEndian: boolean): boolean {
  return view.getUint32(at + Field.magic, littleEndian) >>> 8 === magic;
}

function kindOf(category: number): number {
  if ((category & Category.packet) !== 0) return BlockFlag.command;
  const operation = (category & Category.write) !== 0 ? Operation.write : Operation.read;
  return (
    ((category & Category.discard) !== 0 ? Operation.trim : operation) |
    ((category & Category.flush) !== 0 ? BlockFlag.preflush : 0) |
    ((category & Category.fua) !== 0 ? BlockFlag.fua : 0)
  );
}
