import { computeGeometry, type Geometry } from '../qcow2/geometry.ts';
import { defaultClusterBytes } from '../qcow2/limits.ts';
import type { Preallocation } from '../qcow2/measure.ts';
import type { SettingValue, SettingValues } from './configuration.ts';

/** Create-time settings with QEMU's defaults filled in. */
export interface ResolvedCreate {
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly refcountBits: number;
  /** With `data_file_raw=on` at least `metadata`, as QEMU makes it. */
  readonly preallocation: Preallocation;
  readonly lazyRefcounts: boolean;
  readonly compat: '0.10' | '1.1';
  readonly compressionType: 'zlib' | 'zstd';
  /** The external data file, where there is one. */
  readonly dataFile?: string;
  readonly dataFileRaw: boolean;
}

const preallocations: readonly Preallocation[] = ['off', 'metadata', 'falloc', 'full'];

/**
 * Fills in QEMU's defaults. Does not check: see `validate.ts`.
 * @source QEMU block/qcow2.c, qcow2_co_create
 */
export function resolveCreate(values: SettingValues): ResolvedCreate {
  const asked = preallocations.find((mode) => mode === values.preallocation) ?? 'off';
  const dataFileRaw = values.data_file_raw === true;
  return {
    clusterBytes: numberOr(values.cluster_size, defaultClusterBytes),
    extendedL2: values.extended_l2 === true,
    refcountBits: numberOr(values.refcount_bits, 16),
    preallocation: dataFileRaw && asked === 'off' ? 'metadata' : asked,
    lazyRefcounts: values.lazy_refcounts === true,
    compat: values.compat === '0.10' ? '0.10' : '1.1',
    compressionType: values.compression_type === 'zstd' ? 'zstd' : 'zlib',
    ...(typeof values.data_file === 'string' ? { dataFile: values.data_file } : {}),
    dataFileRaw,
  };
}

function numberOr(value: SettingValue | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

/** The metadata's shape of a disk of this size under these create-time settings. */
export function geometryOf(diskBytes: number, create: SettingValues): Geometry {
  const { clusterBytes, extendedL2, refcountBits } = resolveCreate(create);
  return computeGeometry({ diskBytes, clusterBytes, extendedL2, refcountBits });
}
