import type { RecordedRequests } from '../../workload/recorded-requests.ts';
import type { ImageFigures } from './image-figures.ts';

/** A program's requests to its disk, and what became of the image. */
export interface Recording {
  readonly requests: RecordedRequests;
  /** Requests of mkfs and mount, before the program started. */
  readonly setupCount: number;
  readonly diskBytes: number;
  /** Of the program; 128 and the signal's number where one ended it. */
  readonly exitCode: number;
  /** From the program's start to its end, and with what was still to be written and the unmount. */
  readonly programMs: number;
  readonly wallMs: number;
  readonly image: ImageFigures;
  /** `query-blockstats` of the export's node and of the file below it, as QEMU gave it. */
  readonly blockStatistics: unknown;
  /** What the user should know of it. */
  readonly notes: readonly string[];
}
