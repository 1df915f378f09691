import { type CostProfile, cpuKinds, hostIoKinds } from './cost-profile.ts';
import { spreadOf } from './cost-table.ts';

/** Everything that a prediction is a sum of: the kinds of host I/O, syncs, and the processor's work. */
export const costComponents = [...hostIoKinds, 'sync', ...cpuKinds.map((kind) => `cpu-${kind}` as const)] as const;
export type CostComponent = (typeof costComponents)[number];

export const SYNC_COMPONENT = hostIoKinds.length;
export const FIRST_CPU_COMPONENT = SYNC_COMPONENT + 1;

/** Relative spread of each component's cost, in the order of {@link costComponents}. */
export function componentSpreads(profile: CostProfile): Float64Array {
  return Float64Array.from([
    ...hostIoKinds.map((kind) => spreadOf(profile.io[kind])),
    spreadOf([...profile.sync.writes, ...profile.sync.changes]),
    ...cpuKinds.map((kind) => profile.cpu[kind].spread),
  ]);
}
