import type { RequestBlock } from './request.ts';

/** The requests of a recording: in memory as long as they are few, else in a temporary file. */
export interface RecordedRequests {
  readonly count: number;
  /** A new pass over all of them from the first. Blocks may be reused: copy what you keep. */
  blocks(): Iterable<RequestBlock>;
  /** How many more requests there are once those that no disk of QEMU takes at once are in pieces. */
  readonly additionalPieceCount: number;
  /** SHA-256 over the requests in iolog spelling without names and times; hexadecimal. */
  readonly hash: string;
  /** Where the last byte that any request touches ends. */
  readonly endBytes: number;
  /** Whether every request has the time at which it was recorded. */
  readonly isTimed: boolean;
  /** From the first request to the last, milliseconds; 0 without times. */
  readonly durationMs: number;
  /** Whether there is no write and no trim. */
  readonly readsOnly: boolean;
}
