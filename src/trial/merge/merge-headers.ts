import { open } from 'node:fs/promises';
import { InputError } from '../../errors.ts';
import { canonicalJson } from '../canonical-json.ts';
import { JournalPass } from '../journal-pass.ts';
import { readLineBatches } from '../line-reader.ts';
import { planDifferences } from '../plan-difference.ts';
import type { HeaderRecord, ShardPosition } from '../record.ts';
import { rawRecord } from './journal-scan.ts';

/** A journal's first record. */
export interface JournalHeader {
  readonly path: string;
  /** As it was written. */
  readonly raw: HeaderRecord;
  /** A journal of a whole plan is the only shard of one. */
  readonly shard: ShardPosition;
}

/** The journals of one plan in the order of their shards, each shard once. */
export interface MergeHeaders {
  readonly journals: readonly JournalHeader[];
  readonly shardCount: number;
  readonly missingShards: readonly number[];
  /** Journals that are copies of another one, byte for byte; they are left out. */
  readonly duplicates: readonly string[];
}

/**
 * Reads the headers and puts the journals in order.
 * @throws InputError where they are not shards of one plan, or a shard is there twice with different content
 */
export async function readMergeHeaders(paths: readonly string[]): Promise<MergeHeaders> {
  const headers: JournalHeader[] = [];
  for (const path of paths) headers.push(await readHeader(path));
  const [first] = headers;
  if (!first) throw new RangeError('there is no journal to merge');
  for (const header of headers) checkAgainst(first, header);
  const byIndex = new Map<number, JournalHeader>();
  const duplicates: string[] = [];
  for (const header of headers) {
    const known = byIndex.get(header.shard.index);
    if (known === undefined) byIndex.set(header.shard.index, header);
    else if (await isSameFile(known.path, header.path)) duplicates.push(header.path);
    else throw twiceError(known, header);
  }
  const { count: shardCount } = first.shard;
  const indexes = Array.from({ length: shardCount }, (_, position) => position + 1);
  return {
    journals: [...byIndex.values()].sort((left, right) => left.shard.index - right.shard.index),
    shardCount,
    missingShards: indexes.filter((index) => !byIndex.has(index)),
    duplicates,
  };
}

async function readHeader(path: string): Promise<JournalHeader> {
  const pass = new JournalPass(path);
  for await (const batch of readLineBatches(path)) {
    if (batch.ends.length === 0) {
      pass.endBatch(batch);
      break;
    }
    const header = pass.read(batch, 0);
    if (header?.type !== 'header') break;
    if (header.partial !== undefined) {
      throw new InputError({ file: path, line: 1 }, 'this journal was merged from shards of which some are missing', {
        hint: 'Merge the journals of the shards themselves.',
      });
    }
    const raw: HeaderRecord = { ...header, ...rawRecord(batch, 0), type: 'header', schema: header.schema };
    return { path, raw, shard: header.shard ?? { index: 1, count: 1 } };
  }
  pass.finish(); // Says what is wrong with a file that has no header.
  throw new InputError({ file: path }, 'the journal has no header');
}

function checkAgainst(first: JournalHeader, { path, raw, shard }: JournalHeader): void {
  const differences = [...planDifferences(first.raw.plan, raw.plan)];
  if (differences.length === 0 && canonicalJson(first.raw.plan) !== canonicalJson(raw.plan)) {
    differences.push('titles, published figures or the rule of stopping');
  }
  if (differences.length > 0) {
    throw new InputError(
      { file: path, line: 1 },
      `this journal is of another plan than ${first.path}: ${differences.join('; ')}`,
      {
        hint: 'Merge the journals of one `qtune run`, with the same options on every host; `compare` compares different ones.',
      },
    );
  }
  if (shard.count !== first.shard.count) {
    throw new InputError(
      { file: path, line: 1 },
      `this is ${write(shard)}, and ${first.path} is ${write(first.shard)}`,
      {
        hint: 'Run every shard with the same count.',
      },
    );
  }
}

function twiceError(known: JournalHeader, header: JournalHeader): InputError {
  const whole = known.shard.count === 1;
  return new InputError(
    { file: header.path },
    whole
      ? `this journal and ${known.path} are both of the whole plan`
      : `${write(header.shard)} is in ${known.path} too, with other content`,
    {
      hint: whole
        ? '`qtune merge` joins shards of one run; `qtune compare` compares runs.'
        : 'Name the one that counts: samples are not mixed from two runs of one shard.',
    },
  );
}

function write({ index, count }: ShardPosition): string {
  return count === 1 ? 'a whole plan' : `shard ${index}/${count}`;
}

const chunkBytes = 1024 * 1024;

async function isSameFile(path: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([open(path, 'r'), open(other, 'r')]);
  try {
    const [one, two] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)];
    if ((await left.stat()).size !== (await right.stat()).size) return false;
    for (let offset = 0; ; ) {
      const [{ bytesRead }, { bytesRead: otherRead }] = await Promise.all([
        left.read(one, 0, chunkBytes, offset),
        right.read(two, 0, chunkBytes, offset),
      ]);
      const length = Math.min(bytesRead, otherRead);
      if (!one.subarray(0, length).equals(two.subarray(0, length))) return false;
      if (length === 0) return bytesRead === otherRead;
      offset += length;
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}
