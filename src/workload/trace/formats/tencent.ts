import { Operation } from '../../request.ts';
import { DelimitedLines } from '../delimited-lines.ts';
import { DeviceNames } from '../device-names.ts';
import { linesMatch } from '../head-columns.ts';
import { LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';

const header = 'Timestamp,Offset,Size,IOType,VolumeID';
const sectorBytes = 512;

/** Volumes of Tencent's cloud: whole seconds since 1970, offset and size in sectors of 512 bytes, 0 for a read, 1 for a write. */
export const tencentFormat: TraceFormat = {
  name: 'tencent',
  title: 'Tencent block CSV',
  source: 'Tencent CBS traces, README, "I/O trace file format"',
  recognises: (head) => linesMatch(head, /^\d+,\d+,\d+,[01],\d+$/, header),
  open: (sink) => new LineReader(sink, new TencentLines(sink)),
};

class TencentLines extends DelimitedLines {
  readonly #devices: DeviceNames;

  constructor(sink: TraceSink) {
    super(sink, { columnCount: [5, 5], header });
    this.#devices = new DeviceNames(sink);
  }

  protected override request(bytes: Uint8Array): string | undefined {
    const timeUs = this.fixed(0, 1e6);
    if (Number.isNaN(timeUs)) return this.noTime(0);
    const sector = this.whole(1);
    if (Number.isNaN(sector)) return this.noNumber('the offset', 1);
    const sectorCount = this.whole(2);
    if (Number.isNaN(sectorCount)) return this.noNumber('the size', 2);
    const type = this.whole(3);
    const operation = type === 0 ? Operation.read : type === 1 ? Operation.write : undefined;
    if (operation === undefined) return `the type "${this.shown(3)}" is neither 0 (a read) nor 1 (a write)`;
    const device = this.#devices.numberOf(bytes, this.startOf(4), this.endOf(4));
    this.sink.request(device, operation, sector * sectorBytes, sectorCount * sectorBytes, timeUs);
    return undefined;
  }
}
