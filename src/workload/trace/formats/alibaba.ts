import { DelimitedLines } from '../delimited-lines.ts';
import { DeviceNames } from '../device-names.ts';
import { linesMatch } from '../head-columns.ts';
import { LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';

const header = 'device_id,opcode,offset,length,timestamp';

/** Volumes of Alibaba's cloud: offset and length in bytes, microseconds since 1970. */
export const alibabaFormat: TraceFormat = {
  name: 'alibaba',
  title: 'Alibaba block CSV',
  source: 'alibaba/block-traces, README, "io_traces"',
  recognises: (head) => linesMatch(head, /^\d+,[RW],\d+,\d+,\d+$/, header),
  open: (sink) => new LineReader(sink, new AlibabaLines(sink)),
};

class AlibabaLines extends DelimitedLines {
  readonly #devices: DeviceNames;

  constructor(sink: TraceSink) {
    super(sink, { columnCount: [5, 5], header });
    this.#devices = new DeviceNames(sink);
  }

  protected override request(bytes: Uint8Array): string | undefined {
    const operation = this.readOrWrite(1);
    if (operation === undefined) return `the operation "${this.shown(1)}" is neither R nor W`;
    const offset = this.whole(2);
    if (Number.isNaN(offset)) return this.noNumber('the offset', 2);
    const length = this.whole(3);
    if (Number.isNaN(length)) return this.noNumber('the length', 3);
    const timeUs = this.whole(4);
    if (Number.isNaN(timeUs)) return this.noTime(4);
    this.sink.request(this.#devices.numberOf(bytes, this.startOf(0), this.endOf(0)), operation, offset, length, timeUs);
    return undefined;
  }
}
