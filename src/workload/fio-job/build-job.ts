import type { Load } from '../load.ts';
import type { BlockSizes, FioJob, PerOperation } from './fio-job.ts';
import type { JobDraft } from './job-draft.ts';
import { synchronousEngines } from './option-names.ts';
import { directions } from './option-readers.ts';
import { parseAmount } from './units.ts';

type Fail = (message: string, hint?: string) => never;

/**
 * One job from what its options said, with what follows from them together.
 *
 * @param fail called with what is wrong; it throws
 * @source fio 3.33, init.c, fixup_options
 */
export function buildJob(draft: JobDraft, name: string, line: number, stage: number, fail: Fail): FioJob {
  const [reads, writes, trims, isRandom] = directions.get(draft.rw) ?? [true, false, false, false];
  const sizes = perOperation((index) => blockSizes(draft, index));
  const alignBytes = isRandom ? draft.alignBytes : ([0, 0, 0] as const);
  // Any other alignment than the smallest size turns the map off, and so does every uneven distribution.
  const ownAlign = sizes.some(({ minBytes }, index) => (alignBytes[index] || minBytes) !== minBytes);
  return {
    name,
    line,
    stage,
    copyCount: draft.copyCount,
    reads,
    writes,
    trims,
    isRandom,
    ...sequence(draft, isRandom, fail),
    sequencer: draft.sequencer,
    sizes,
    alignBytes,
    sizesBySequence: draft.sizesBySequence,
    unaligned: draft.unaligned,
    readPercent: draft.readPercent,
    randomPercent: draft.randomPercent,
    distribution: draft.distribution,
    randomMap: !draft.noRandomMap && !ownAlign && draft.distribution.kind === 'random',
    ...(draft.size === undefined ? {} : { size: draft.size }),
    ...(draft.ioSize === undefined ? {} : { ioSize: draft.ioSize }),
    offset: draft.offset,
    offsetIncrement: draft.offsetIncrement,
    ...(draft.offsetAlignBytes === undefined ? {} : { offsetAlignBytes: draft.offsetAlignBytes }),
    loopCount: Math.max(1, draft.loopCount),
    requestLimit: draft.requestLimit,
    syncEvery: draft.syncEvery,
    dataSyncEvery: draft.dataSyncEvery,
    ...(draft.randSeed === undefined ? {} : { randSeed: draft.randSeed }),
    repeats: draft.repeats,
    repeatsAll: draft.repeatsAll,
    queues: queues(draft),
    ...(draft.fileName === undefined ? {} : { fileName: fullName(draft) }),
    load: loadOf(draft, reads, writes, fail),
  };
}

function perOperation<Value>(at: (index: number) => Value): PerOperation<Value> {
  return [at(0), at(1), at(2)];
}

function blockSizes(draft: JobDraft, index: number): BlockSizes {
  const bytes = draft.blockBytes[index] ?? 0;
  return {
    minBytes: draft.minBytes[index] || bytes,
    maxBytes: draft.maxBytes[index] || bytes,
    split: draft.split[index] ?? [],
  };
}

/** What stands behind the colon of `rw`: requests to a random place, or bytes to leave out. */
function sequence(draft: JobDraft, isRandom: boolean, fail: Fail): Pick<FioJob, 'randomEvery' | 'holeBytes'> {
  const suffix = draft.rwSuffix;
  if (suffix === undefined || suffix === '') return { randomEvery: 1, holeBytes: 0 };
  if (isRandom) {
    if (!/^\d{1,9}$/.test(suffix)) fail(`rw: "${suffix}" is not a number of requests`);
    return { randomEvery: Number(suffix), holeBytes: 0 };
  }
  const back = suffix.startsWith('-');
  const amount = parseAmount(back ? suffix.slice(1) : suffix, draft.kbBase);
  if (amount === undefined || 'percent' in amount) return fail(`rw: "${suffix}" is not a size`);
  return { randomEvery: 1, holeBytes: back ? -amount.bytes : amount.bytes };
}

function queues({ engine, iodepth }: JobDraft): boolean {
  return engine === 'null' ? iodepth > 1 : !synchronousEngines.has(engine);
}

function fullName({ directory, fileName = '' }: JobDraft): string {
  return directory === undefined ? fileName : `${directory}/${fileName}`;
}

function loadOf(draft: JobDraft, reads: boolean, writes: boolean, fail: Fail): Load {
  const rateBytesPerSecond = rateOf(draft, draft.rateBytes, reads, writes);
  const rateIops = rateOf(draft, draft.rateIops, reads, writes);
  if (rateBytesPerSecond !== undefined && rateIops !== undefined) fail('rate and rate_iops exclude each other');
  if (draft.timeBased && draft.runtimeUs === 0) fail('time_based needs a runtime');
  const runtimeMs = draft.runtimeUs / 1000;
  return {
    // Engines that run a request where it is issued have one in flight, whatever iodepth says.
    iodepth: queues(draft) ? draft.iodepth : 1,
    jobCount: 1,
    ...(rateBytesPerSecond === undefined ? {} : { rateBytesPerSecond }),
    ...(rateIops === undefined ? {} : { rateIops }),
    ...(draft.thinkTimeUs === 0
      ? {}
      : { thinkTimeUs: draft.thinkTimeUs, thinkTimeBlockCount: draft.thinkTimeBlockCount }),
    ...(runtimeMs === 0 ? {} : draft.timeBased ? { runtimeMs } : { atMostMs: runtimeMs }),
    ...(draft.rampTimeUs === 0 ? {} : { rampTimeMs: draft.rampTimeUs / 1000 }),
  };
}

/** fio bounds reads and writes each; a mix in fixed shares is bounded by the one that reaches its bound first. */
function rateOf(
  draft: JobDraft,
  [read, write, trim]: PerOperation<number>,
  reads: boolean,
  writes: boolean,
): number | undefined {
  const bounds: number[] = [];
  if (reads && writes) {
    if (read > 0 && draft.readPercent > 0) bounds.push((100 * read) / draft.readPercent);
    if (write > 0 && draft.readPercent < 100) bounds.push((100 * write) / (100 - draft.readPercent));
  } else {
    const bound = reads ? read : writes ? write : trim;
    if (bound > 0) bounds.push(bound);
  }
  return bounds.length === 0 ? undefined : Math.min(...bounds);
}
