import type { Configuration } from '../settings/configuration.ts';
import { contentHash } from './canonical-json.ts';

/** The workloads of a block in the order in which they run. */
export function orderWorkloads<Entry>(
  entries: readonly Entry[],
  name: (entry: Entry) => string,
  { seed, block }: { readonly seed: number; readonly block: number },
): Entry[] {
  return shuffled(entries, name, [seed, block]);
}

/** The configurations of a workload's block in the order in which they start; odd blocks are the even one before them turned round. */
export function orderConfigurations(
  configurations: readonly Configuration[],
  workload: string,
  { seed, block }: { readonly seed: number; readonly block: number },
): Configuration[] {
  const key = (one: Configuration): unknown => [workload, one.create, one.drive];
  const order = shuffled(configurations, key, [seed, block - (block % 2)]);
  return block % 2 === 0 ? order : order.reverse();
}

/** A random order that depends on the salt and on each entry's key, not on the order in which the entries came. */
function shuffled<Entry>(entries: readonly Entry[], key: (entry: Entry) => unknown, salt: unknown): Entry[] {
  return entries
    .map((entry) => ({ entry, rank: contentHash([salt, key(entry)]) }))
    .sort((left, right) => (left.rank < right.rank ? -1 : 1))
    .map(({ entry }) => entry);
}
