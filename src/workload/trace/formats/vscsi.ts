import { Operation } from '../../request.ts';
import { type RecordHandler, RecordReader } from '../record-reader.ts';
import { scsiOperations } from '../scsi-operations.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';
import { uint64 } from '../uint64.ts';

const sectorBytes = 512;

/** Where the fields of a record are; all little-endian, the time in microseconds. */
interface Layout {
  readonly version: 1 | 2;
  readonly recordBytes: number;
  readonly command: number;
  readonly versionField: number;
  readonly lengthBytes: number;
  readonly sector: number;
  readonly time: number;
}

const layouts: readonly Layout[] = [
  { version: 1, recordBytes: 32, lengthBytes: 4, command: 12, versionField: 14, sector: 16, time: 24 },
  { version: 2, recordBytes: 40, command: 0, versionField: 2, lengthBytes: 8, sector: 16, time: 24 },
];

/** The traces of virtual machines' disks that VMware's vscsi layer recorded, of both versions. */
export const vscsiFormat: TraceFormat = {
  name: 'vscsi',
  title: 'CloudPhysics vscsi trace',
  source: 'libCacheSim traceReader/customizedReader/vscsi.h, trace_v1_record_t and trace_v2_record_t; SCSI SBC-4, 5',
  recognises: (head) => layouts.some((layout) => isOfLayout(head, layout)),
  open: (sink) => new RecordReader(sink, new VscsiRecords(sink)),
};

class VscsiRecords implements RecordHandler {
  readonly headerBytes = 32;
  readonly #sink: TraceSink;
  readonly #device: number;
  #layout: Layout | undefined;

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.#device = sink.device('disk');
  }

  lengthOf(view: DataView, at: number, available: number): number {
    this.#layout ??= layouts.find((layout) => isRecord(view, at, layout)) ?? layouts[0];
    const { recordBytes } = this.#layout as Layout;
    return available < recordBytes ? 0 : recordBytes;
  }

  record(view: DataView, at: number): void {
    const layout = this.#layout as Layout;
    if (!isRecord(view, at, layout)) {
      this.#sink.bad(`this is no record of vscsi version ${layout.version}`);
      return;
    }
    const operation = scsiOperations.get(view.getUint16(at + layout.command, true));
    if (operation === undefined) {
      this.#sink.passOver('other SCSI commands');
      return;
    }
    const offsetBytes = uint64(view, at + layout.sector, true) * sectorBytes;
    const lengthBytes = view.getUint32(at + layout.lengthBytes, true);
    this.#sink.request(this.#device, operation, offsetBytes, lengthBytes, uint64(view, at + layout.time, true));
  }
}

function isRecord(view: DataView, at: number, layout: Layout): boolean {
  return (
    view.getUint8(at + layout.versionField + 1) === layout.version && view.getUint16(at + layout.command, true) <= 0xff
  );
}

/** Whether all whole records of a head are of a layout, and requests among them. */
function isOfLayout(head: Uint8Array, layout: Layout): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let requests = 0;
  for (let at = 0; at + layout.recordBytes <= head.length; at += layout.recordBytes) {
    if (!isRecord(view, at, layout)) return false;
    const operation = scsiOperations.get(view.getUint16(at + layout.command, true));
    if (operation === undefined || operation === Operation.sync) continue;
    const lengthBytes = view.getUint32(at + layout.lengthBytes, true);
    if (lengthBytes % sectorBytes !== 0 || uint64(view, at + layout.sector, true) >= 2 ** 44) return false;
    requests += 1;
  }
  return requests > 0;
}
