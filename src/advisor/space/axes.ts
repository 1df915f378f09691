import type { Geometry } from '../../qcow2/geometry.ts';
import { maximumClusterBytes, maximumRefcountBits, minimumClusterBytes } from '../../qcow2/limits.ts';
import type { SettingValue } from '../../settings/configuration.ts';
import type { SettingDefinition } from '../../settings/definition.ts';
import { isAtLeast, type QemuVersion } from '../../settings/qemu-version.ts';
import { cacheSizes } from './cache-grid.ts';

/** One value of a setting; undefined leaves it out, so that QEMU's default holds. */
export type AxisValue = SettingValue | undefined;

/** What the values of a setting may depend on. */
export interface AxisContext {
  /** Of the disk with the cluster size and kind of L2 entries at hand. */
  readonly geometry: Geometry;
  /** The newest where absent. */
  readonly qemu?: QemuVersion;
}

/** Refcount caches to try beside QEMU's four blocks, in blocks. */
const refcountBlockCounts: readonly number[] = [16, 64];
/** Seconds beside QEMU's 600. */
const cleanIntervals: readonly number[] = [0, 60];

/** Values of the settings whose domain is a number; those of switches and choices are in the catalogue. */
const numbers: Readonly<Record<string, (geometry: Geometry) => readonly number[]>> = {
  cluster_size: () => powersOfTwo(minimumClusterBytes, maximumClusterBytes),
  refcount_bits: () => powersOfTwo(1, maximumRefcountBits),
  'l2-cache-size': cacheSizes,
  'l2-cache-entry-size': () => powersOfTwo(minimumClusterBytes, maximumClusterBytes),
  'refcount-cache-size': ({ clusterBytes }) => refcountBlockCounts.map((count) => count * clusterBytes),
  'cache-clean-interval': () => cleanIntervals,
};

/** Settings of which one of the numbers is QEMU's default, so that leaving them out is no value of its own. */
const withoutAbsence: ReadonlySet<string> = new Set(['cluster_size', 'refcount_bits']);

/**
 * The values of a setting that make up the space: all of a switch, a choice and of sizes that are powers of two; of sizes that may be anything
 * a grid. Left out, as the only value, where this QEMU does not have the setting or its values are names.
 */
export function axisValues({ name, domain, since }: SettingDefinition, context: AxisContext): readonly AxisValue[] {
  const { geometry, qemu } = context;
  const knows = (version: QemuVersion | undefined) =>
    version === undefined || qemu === undefined || isAtLeast(qemu, version);
  if (!knows(since)) return [undefined];
  switch (domain.kind) {
    case 'switch':
      return [false, true];
    case 'choice':
      return domain.choices.filter((choice) => knows(choice.since)).map(({ value }) => value);
    case 'text':
      return [undefined];
    default: {
      const values = numbers[name]?.(geometry) ?? [];
      return withoutAbsence.has(name) ? values : [undefined, ...values];
    }
  }
}

function powersOfTwo(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.log2(last / first) + 1 }, (_, step) => first * 2 ** step);
}
