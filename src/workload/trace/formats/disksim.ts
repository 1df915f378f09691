import { Operation } from '../../request.ts';
import { parseDecimal, parseFixed, parseHexadecimal, shownBytes } from '../byte-numbers.ts';
import { DeviceNames } from '../device-names.ts';
import { headLines } from '../head-lines.ts';
import { type LineHandler, LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';
import { findByte, Words } from '../words.ts';

const sectorBytes = 512;
const point = 0x2e;
const columnCount = 5;

/**
 * Lines of `time device sector sectors flags`, bit 0 of the hexadecimal flags telling a read. DiskSim's times are
 * milliseconds and always have a fraction, those of SSDsim and MQSim are whole nanoseconds; the first line decides.
 */
export const disksimFormat: TraceFormat = {
  name: 'disksim',
  title: 'DiskSim ASCII trace',
  source: 'DiskSim 4.0 Reference Manual, "Input workload specification", ASCII; MQSim README, "Trace-based workloads"',
  recognises: (head) => {
    const first = headLines(head).find((line) => line.length > 0);
    return first !== undefined && isRequest(first, new Words(columnCount + 1));
  },
  open: (sink) => new LineReader(sink, new DisksimLines(sink)),
};

class DisksimLines implements LineHandler {
  readonly #sink: TraceSink;
  readonly #devices: DeviceNames;
  readonly #words = new Words(columnCount + 1);
  /** What a millisecond or a nanosecond is in microseconds; 0 until the first line. */
  #unitUs = 0;

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.#devices = new DeviceNames(sink);
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    const words = this.#words;
    words.split(bytes, start, end);
    if (words.count === 0) return;
    const problem = words.count === columnCount ? this.#take(bytes) : `a line has ${columnCount} numbers`;
    if (problem !== undefined) this.#sink.bad(problem);
  }

  /** @returns what is wrong with the line */
  #take(bytes: Uint8Array): string | undefined {
    const { start, end } = this.#words;
    if (this.#unitUs === 0)
      this.#decideUnit(findByte(bytes, point, start[0] as number, end[0] as number) < (end[0] as number));
    const timeUs = this.#time(bytes, start[0] as number, end[0] as number);
    if (Number.isNaN(timeUs))
      return `the time "${shownBytes(bytes, start[0] as number, end[0] as number)}" is no such number`;
    const offsetBytes = parseDecimal(bytes, start[2] as number, end[2] as number) * sectorBytes;
    const lengthBytes = parseDecimal(bytes, start[3] as number, end[3] as number) * sectorBytes;
    const flags = parseHexadecimal(bytes, start[4] as number, end[4] as number);
    if (Number.isNaN(offsetBytes + lengthBytes + flags))
      return 'sector, sectors and flags are whole numbers below 2^53';
    const device = this.#devices.numberOf(bytes, start[1] as number, end[1] as number);
    this.#sink.request(device, flags % 2 === 1 ? Operation.read : Operation.write, offsetBytes, lengthBytes, timeUs);
    return undefined;
  }

  #time(bytes: Uint8Array, start: number, end: number): number {
    return this.#unitUs === 1000 ? parseFixed(bytes, start, end, 1000) : parseDecimal(bytes, start, end) * this.#unitUs;
  }

  #decideUnit(fraction: boolean): void {
    this.#unitUs = fraction ? 1000 : 1e-3;
    this.#sink.note(
      fraction
        ? 'times are taken as milliseconds, as DiskSim writes them: the first has a fraction'
        : 'times are taken as nanoseconds, as SSDsim and MQSim write them: the first is a whole number',
    );
  }
}

function isRequest(line: Uint8Array, words: Words): boolean {
  words.split(line, 0, line.length);
  if (words.count !== columnCount) return false;
  const { start, end } = words;
  if (!(parseFixed(line, start[0] as number, end[0] as number, 1) >= 0)) return false;
  for (const column of [1, 2, 3]) {
    if (!(parseDecimal(line, start[column] as number, end[column] as number) >= 0)) return false;
  }
  return parseHexadecimal(line, start[4] as number, end[4] as number) <= 0xffff;
}
