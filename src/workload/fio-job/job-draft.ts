import type { Distribution, PerOperation } from './fio-job.ts';
import type { Amount, UnitBase } from './units.ts';

/** What the options of a job have said so far, as they were given; fio's defaults where they said nothing. */
export interface JobDraft {
  kbBase: UnitBase;
  rw: string;
  /** Behind the colon of `rw`. */
  rwSuffix?: string;
  sequencer: 'sequential' | 'identical';
  blockBytes: PerOperation<number>;
  /** 0 where neither a range nor a split was given. */
  minBytes: PerOperation<number>;
  maxBytes: PerOperation<number>;
  split: PerOperation<readonly { readonly bytes: number; readonly percent: number }[]>;
  alignBytes: PerOperation<number>;
  unaligned: boolean;
  sizesBySequence: boolean;
  readPercent: number;
  randomPercent: PerOperation<number>;
  distribution: Distribution;
  noRandomMap: boolean;
  randSeed?: number;
  repeats: boolean;
  repeatsAll: boolean;
  size?: Amount;
  ioSize?: Amount;
  offset: Amount;
  offsetIncrement: Amount;
  offsetAlignBytes?: number;
  requestLimit: number;
  loopCount: number;
  syncEvery: number;
  dataSyncEvery: number;
  iodepth: number;
  engine: string;
  fileName?: string;
  directory?: string;
  rateBytes: PerOperation<number>;
  rateIops: PerOperation<number>;
  thinkTimeUs: number;
  thinkTimeBlockCount: number;
  runtimeUs: number;
  timeBased: boolean;
  rampTimeUs: number;
  copyCount: number;
  stonewall: boolean;
  direct: boolean;
}

/** @source fio 3.33, options.c, `.def` of each option */
export function newDraft(): JobDraft {
  return {
    kbBase: 1024,
    rw: 'read',
    sequencer: 'sequential',
    blockBytes: [4096, 4096, 4096],
    minBytes: [0, 0, 0],
    maxBytes: [0, 0, 0],
    split: [[], [], []],
    alignBytes: [0, 0, 0],
    unaligned: false,
    sizesBySequence: false,
    readPercent: 50,
    randomPercent: [100, 100, 100],
    distribution: { kind: 'random' },
    noRandomMap: false,
    repeats: true,
    repeatsAll: false,
    offset: { bytes: 0 },
    offsetIncrement: { bytes: 0 },
    requestLimit: 0,
    loopCount: 1,
    syncEvery: 0,
    dataSyncEvery: 0,
    iodepth: 1,
    engine: 'psync',
    rateBytes: [0, 0, 0],
    rateIops: [0, 0, 0],
    thinkTimeUs: 0,
    thinkTimeBlockCount: 1,
    runtimeUs: 0,
    timeBased: false,
    rampTimeUs: 0,
    copyCount: 1,
    stonewall: false,
    direct: false,
  };
}
