import { Operation } from '../request.ts';
import { BlockFlag } from './block-request.ts';
import { ProtobufFields } from './protobuf.ts';
import type { RecordHandler } from './record-reader.ts';
import type { TimeSorter } from './time-sorter.ts';
import type { TraceSink } from './trace-format.ts';

const sectorBytes = 512;
/** Numbers of the fields of the messages that matter here. */
const Event = { header: 1, io: 2, device: 3, fileMeta: 4, completion: 5, fileName: 6, fileEvent: 7 } as const;
const Header = { time: 2 } as const;
const Io = { sector: 1, sectors: 2, device: 4, operation: 5, flush: 6, fua: 7 } as const;
const Device = { id: 1, name: 2 } as const;

/** Operations by their number in the enumeration `IoType`; the first is unknown. */
const operations = [BlockFlag.command, Operation.read, Operation.write, Operation.trim];

const otherEvents: Readonly<Record<number, string>> = {
  [Event.fileMeta]: "files' places",
  [Event.completion]: 'completions',
  [Event.fileName]: "files' names",
  [Event.fileEvent]: "files' events",
};

/** More devices than a machine traces. */
const mostDevices = 1024;
/** How many events of a head are looked at. */
const lookedAtEvents = 64;

/** The events of one queue: protobuf messages with their length in front of each. */
export class OctfEvents implements RecordHandler {
  readonly headerBytes = 1;
  readonly #sink: TraceSink;
  readonly #sorter: TimeSorter;
  readonly #event = new ProtobufFields();
  readonly #part = new ProtobufFields();
  /** The sink's numbers by the tracer's; kept from queue to queue. */
  readonly #devices: Map<number, number>;

  constructor(sink: TraceSink, sorter: TimeSorter, devices: Map<number, number>) {
    this.#sink = sink;
    this.#sorter = sorter;
    this.#devices = devices;
  }

  lengthOf(view: DataView, at: number, available: number): number {
    return delimitedLength(view, at, available);
  }

  record(view: DataView, at: number, lengthBytes: number): void {
    const problem = this.#take(view, messageStart(view, at), at + lengthBytes);
    if (problem) this.#sink.bad('this is no event of OCTF');
  }

  /** @returns whether something is wrong with the event */
  #take(view: DataView, start: number, end: number): boolean {
    const event = this.#event;
    event.open(view, start, end);
    const begins = event.next() && event.field === Event.header && event.end > event.start;
    if (!begins) return true;
    const timeUs = this.#time(view, event.start, event.end);
    if (Number.isNaN(timeUs) || !event.next()) return true;
    const { field, start: from, end: to } = event;
    if (field === Event.io) return this.#request(view, from, to, timeUs);
    if (field === Event.device) return this.#describe(view, from, to);
    this.#sink.passOver(otherEvents[field] ?? 'other events');
    return event.broken;
  }

  #time(view: DataView, start: number, end: number): number {
    const part = this.#part;
    part.open(view, start, end);
    let ns = 0;
    while (part.next()) if (part.field === Header.time) ns = part.value;
    return part.broken ? Number.NaN : ns / 1000;
  }

  #request(view: DataView, start: number, end: number, timeUs: number): boolean {
    const part = this.#part;
    let [sector, sectors, id, kind] = [0, 0, 0, 0];
    let operation: number = BlockFlag.command;
    part.open(view, start, end);
    while (part.next()) {
      const { field, value } = part;
      if (field === Io.sector) sector = value;
      else if (field === Io.sectors) sectors = value;
      else if (field === Io.device) id = value;
      else if (field === Io.operation) operation = operations[value] ?? BlockFlag.command;
      else if (field === Io.flush && value > 0) kind |= BlockFlag.preflush;
      else if (field === Io.fua && value > 0) kind |= BlockFlag.fua;
    }
    if (part.broken) return true;
    // A flush alone has no operation.
    if (operation === BlockFlag.command && sectors === 0 && (kind & BlockFlag.preflush) !== 0)
      operation = Operation.sync;
    this.#sorter.push(this.#device(id), operation | kind, sector * sectorBytes, sectors * sectorBytes, timeUs);
    return false;
  }

  #describe(view: DataView, start: number, end: number): boolean {
    const part = this.#part;
    let id = 0;
    let name = '';
    part.open(view, start, end);
    while (part.next()) {
      if (part.field === Device.id) id = part.value;
      else if (part.field === Device.name)
        name = Buffer.from(view.buffer, view.byteOffset + part.start, part.end - part.start).toString('utf8');
    }
    if (part.broken) return true;
    if (name !== '' && this.#devices.size < mostDevices) this.#devices.set(id, this.#sink.device(name));
    return false;
  }

  #device(id: number): number {
    const known = this.#devices.get(id);
    if (known !== undefined) return known;
    const number = this.#sink.device(`device ${id}`);
    if (this.#devices.size < mostDevices) this.#devices.set(id, number);
    return number;
  }
}

/** Whether bytes start with events: a header with a time, then one part that says what happened. */
export function isOctf(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let at = 0;
  for (let count = 0; count < lookedAtEvents; count++) {
    const length = delimitedLength(view, at, head.length - at);
    if (length === 0 || at + length > head.length) return count > 0;
    if (!isEvent(view, messageStart(view, at), at + length)) return false;
    at += length;
  }
  return true;
}

function isEvent(view: DataView, start: number, end: number): boolean {
  const fields = new ProtobufFields();
  fields.open(view, start, end);
  if (!fields.next() || fields.field !== Event.header || fields.end <= fields.start) return false;
  const header = new ProtobufFields();
  header.open(view, fields.start, fields.end);
  let time = 0;
  while (header.next()) if (header.field === Header.time) time = header.value;
  if (header.broken || time === 0 || !fields.next()) return false;
  const { field } = fields;
  return field >= Event.io && field <= Event.fileEvent && fields.end > fields.start && !fields.next() && !fields.broken;
}

/** Bytes of the length and the message behind it; 0 where the length is not whole; 2^53 - 1 where it is none. */
function delimitedLength(view: DataView, at: number, available: number): number {
  let length = 0;
  for (let count = 0; count < 5; count++) {
    if (count >= available) return 0;
    const byte = view.getUint8(at + count);
    length += (byte & 0x7f) * 128 ** count;
    if (byte < 0x80) return count + 1 + length;
  }
  return Number.MAX_SAFE_INTEGER;
}

/** Where the message starts behind its length. */
function messageStart(view: DataView, at: number): number {
  let start = at;
  while (view.getUint8(start) >= 0x80) start += 1;
  return start + 1;
}
