import type { Load } from '../load.ts';
import type { Amount } from './units.ts';

/** One value for reads, writes and trims each, at the places of `Operation`. */
export type PerOperation<Value> = readonly [read: Value, write: Value, trim: Value];

/** How a random job chooses its places; `perOperation` of zones holds one list each. */
export type Distribution =
  | { readonly kind: 'random' }
  | { readonly kind: 'zipf'; readonly theta: number; readonly center?: number }
  | { readonly kind: 'pareto'; readonly h: number; readonly center?: number }
  | { readonly kind: 'normal'; readonly deviation: number; readonly center?: number }
  | { readonly kind: 'zoned'; readonly zones: PerOperation<readonly Zone[]> };

/** A part of the area: the share of requests that go there, and how much of the area it is; they add up from the start. */
export interface Zone {
  readonly accessPercent: number;
  readonly size: Amount;
}

/** Sizes of requests of one kind. Without a split, sizes from the smallest to the largest are equally likely. */
export interface BlockSizes {
  readonly minBytes: number;
  readonly maxBytes: number;
  /** In the order in which fio looks through them: the rarest first. */
  readonly split: readonly { readonly bytes: number; readonly percent: number }[];
}

/** A job section with every option that changes requests or load, resolved but for what the disk's size decides. */
export interface FioJob {
  readonly name: string;
  /** Where its section starts in the file. */
  readonly line: number;
  /** Jobs of one stage run side by side; `stonewall` begins a new one. */
  readonly stage: number;
  readonly copyCount: number;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly trims: boolean;
  readonly isRandom: boolean;
  /** A random place for every n-th request only; the others follow the sequencer. 0: for none. */
  readonly randomEvery: number;
  /** Bytes that a sequential job leaves out behind every request, negative to go back. */
  readonly holeBytes: number;
  readonly sequencer: 'sequential' | 'identical';
  readonly sizes: PerOperation<BlockSizes>;
  /** Random requests start at multiples of this; 0: of the smallest size. */
  readonly alignBytes: PerOperation<number>;
  /** Sizes of writes are for random requests, those of reads for sequential ones. */
  readonly sizesBySequence: boolean;
  /** Sizes need not be multiples of the smallest one. */
  readonly unaligned: boolean;
  readonly readPercent: number;
  readonly randomPercent: PerOperation<number>;
  readonly distribution: Distribution;
  /** Whether every block is visited once before any is visited again. */
  readonly randomMap: boolean;
  /** Absent: to the end of the disk. */
  readonly size?: Amount;
  readonly ioSize?: Amount;
  readonly offset: Amount;
  readonly offsetIncrement: Amount;
  readonly offsetAlignBytes?: number;
  readonly loopCount: number;
  /** 0: no bound. */
  readonly requestLimit: number;
  /** A sync after every n-th write; 0: none. */
  readonly syncEvery: number;
  /** The same for `fdatasync`. */
  readonly dataSyncEvery: number;
  readonly randSeed?: number;
  /** Every pass draws the same numbers. */
  readonly repeats: boolean;
  readonly repeatsAll: boolean;
  /** The I/O engine queues requests; then a pass also ends when it has issued as much as the area holds. */
  readonly queues: boolean;
  /** First name of `filename`, with its `directory`; it decides where fio's hot spots lie. */
  readonly fileName?: string;
  readonly load: Load;
}
