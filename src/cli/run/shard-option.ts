import { UsageError } from '../../errors.ts';
import type { ShardPosition } from '../../trial/record.ts';
import { maximumShardCount, type ShardUnitKind } from '../../trial/shard.ts';
import { flag, optionalString } from '../args.ts';

/** What `--shard`, `--shard-by` and `--list-shard` say. */
export interface ShardSettings {
  /** The part of the plan that is meant; `auto` to take it from the environment. */
  readonly shard: ShardPosition | 'auto' | undefined;
  readonly shardBy: ShardUnitKind;
  readonly listShard: boolean;
}

/** @throws UsageError naming the option */
export function shardSettings(args: Readonly<Record<string, unknown>>): ShardSettings {
  const text = optionalString(args, 'shard');
  const shard = text === undefined || text === 'auto' ? text : parseShard(text, '--shard');
  const shardBy = optionalString(args, 'shard-by') ?? 'workload';
  const listShard = flag(args, 'list-shard');
  if (shardBy !== 'workload' && shardBy !== 'block') {
    throw new UsageError(`--shard-by: "${shardBy}" is neither workload nor block`);
  }
  if (shard === undefined && (listShard || args['shard-by'] !== undefined)) {
    throw new UsageError(`${listShard ? '--list-shard' : '--shard-by'} says nothing without --shard`, {
      hint: 'Say how many parts there are: --shard 1/4, or --shard auto.',
    });
  }
  if (shard !== undefined && optionalString(args, 'io-log') !== undefined) {
    throw new UsageError('--io-log: a log is of one cell, which --shard has nothing to split of', {
      hint: 'Leave one of the two out.',
    });
  }
  return { shard, shardBy, listShard };
}

/**
 * `2/8`: the second of eight parts, as test runners count them.
 * @param name the option or variable, for the message
 * @throws UsageError for anything else
 */
export function parseShard(text: string, name: string): ShardPosition {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (index >= 1 && index <= count && count <= maximumShardCount) return { index, count };
  throw new UsageError(`${name}: "${text}" is not a part such as 2/8`, {
    hint:
      index === 0
        ? 'Parts count from 1: the first of 8 is 1/8.'
        : `Write INDEX/COUNT with an index from 1 to the count, ${maximumShardCount} at most.`,
  });
}
