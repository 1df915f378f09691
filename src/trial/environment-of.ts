import type { HeaderRecord, ShardRecord, TrialEnvironment } from './record.ts';

/** Where a workload was measured: a merged journal may have several hosts, and names those that are not its header's. */
export function environmentOf(
  { header, shards }: { readonly header: HeaderRecord; readonly shards: readonly ShardRecord[] },
  workload: string,
): TrialEnvironment {
  return shards.find(({ workloads }) => workloads.includes(workload))?.environment ?? header.environment;
}
