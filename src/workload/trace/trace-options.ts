import type { TraceFormatName, TraceReadOptions } from './trace-format.ts';

/** What becomes of a request that does not lie on the disk under test; see {@link TraceOptions.fit}. */
export const fitNames = ['refuse', 'fold', 'scale'] as const;
export type Fit = (typeof fitNames)[number];

/** Which part of a trace is taken, and how. */
export interface TraceOptions extends TraceReadOptions {
  /** By the file's content where absent. */
  readonly format?: TraceFormatName;
  /** Only requests of the device (volume, file) of this name; all where absent. */
  readonly device?: string;
  /** Only requests from this time on, milliseconds since the first request of the trace or of its device. */
  readonly fromMs?: number;
  /** Only requests before this time, milliseconds since the first request. */
  readonly toMs?: number;
  /**
   * `refuse`: a request past the disk's end is bad. `fold`: offsets are taken modulo the disk's size. `scale`: the pieces of
   * 1 MiB between offset 0 and the end of the trace are moved so that they span the disk; inside of a piece nothing changes.
   */
  readonly fit: Fit;
  /** Recorded times are divided by this: 2 is twice as fast. */
  readonly speed: number;
  /** So many lines or records may be bad; they are skipped and counted. */
  readonly skipBadCount: number;
}

export const defaultTraceOptions: TraceOptions = {
  event: 'queue',
  idUnitBytes: 4096,
  fit: 'refuse',
  speed: 1,
  skipBadCount: 0,
};
