import type { Operation } from '../request.ts';

/** Formats of traces, by the names that `--format` takes. */
export const traceFormatNames = [
  'iolog',
  'qtune-csv',
  'msr',
  'alibaba',
  'tencent',
  'systor',
  'spc',
  'libcachesim-csv',
  'oracle-general',
  'vscsi',
  'disksim',
  'blkparse',
  'blktrace',
  'ftrace',
  'biosnoop',
  'qemu-log',
  'octf',
] as const;
export type TraceFormatName = (typeof traceFormatNames)[number];

/** One format of traces: how to tell it, and how to read it. Registered in `formats/index.ts`. */
export interface TraceFormat {
  readonly name: TraceFormatName;
  /** For messages and help, e.g. `MSR Cambridge CSV`. */
  readonly title: string;
  /** Where the layout is documented: a document and section. */
  readonly source: string;
  /**
   * Whether a file that begins with these bytes is of this format. At most one format may say yes to any file.
   * @param head the first bytes after decompression, at most 64 KiB, cut anywhere
   */
  recognises(head: Uint8Array): boolean;
  /** A reader for one file, or for one stream of an archive. */
  open(sink: TraceSink, options: TraceReadOptions): TraceReader;
}

/** What changes how a format is read. A format refuses none: what does not concern it is told by the caller. */
export interface TraceReadOptions {
  /**
   * Which event of a block-layer trace is a request: `queue` (Q, before merging and splitting) or `issue` (D, what the
   * device was sent).
   */
  readonly event: 'queue' | 'issue';
  /** Bytes of one unit of the ids of formats that hold ids in place of offsets. */
  readonly idUnitBytes: number;
}

/** Takes a file's bytes in pieces that may end anywhere. It never keeps more than one line or record of them. */
export interface TraceReader {
  /** The bytes are only valid during the call. */
  push(bytes: Uint8Array): void;
  /** The file has ended; says so to the sink where it ended inside of a line or record. */
  end(): void;
}

/**
 * Where readers put what they find. Nothing is allocated per request. The place of what is handed over is set before:
 * `line` by formats of text, `offsetBytes` by binary ones.
 */
export interface TraceSink {
  /** Number of the current line, from 1; 0 in binary formats. */
  line: number;
  /** Offset of the current record in the decompressed bytes; 0 in formats of text. */
  recordOffsetBytes: number;
  /** The number of a device (or file) of the trace, the same for the same name. Readers keep it: it looks the name up. */
  device(name: string): number;
  /**
   * One request, in the order of the file. Checks length, offset, order of times, device, window and the disk's end.
   * @param offsetBytes below 2^53; any for a sync
   * @param timeUs microseconds on the trace's own clock; NaN where it has none
   */
  request(device: number, operation: Operation, offsetBytes: number, lengthBytes: number, timeUs: number): void;
  /** Shifts the times of all later requests, for `wait` lines of iologs: microseconds. */
  wait(us: number): void;
  /** The current line or record is not of the format. Throws, unless the user lets some be skipped. */
  bad(message: string): void;
  /** Something of the format that is no request; counted by its kind and told at the end, e.g. `process names`. */
  passOver(kind: string): void;
  /** Something that the user should know of the trace, told once: e.g. what requests were taken as. Counted by its text. */
  note(text: string): void;
}
