import { coverageLimitBytes } from '../settings/cache-sizing.ts';
import {
  type CliffPoint,
  type CliffRow,
  cliffByClusterSize,
  cliffByDiskSize,
  disksAroundCliff,
} from '../settings/cliff.ts';
import type { SettingValues } from '../settings/configuration.ts';
import type { DiskLayout, Footprint } from '../settings/footprint.ts';
import type { Warning } from '../warnings.ts';

/** One configuration of the disk, as the document has it. */
export type CapacityConfiguration = Omit<Footprint, 'configuration' | 'geometry' | 'snapshots'> & {
  readonly settings: { readonly label: string; readonly create: SettingValues; readonly drive: SettingValues };
  readonly snapshots?: NonNullable<Footprint['snapshots']>;
};

/** What `qtune capacity` says, as plain data. The keys of the first configuration are also those of the document. */
export interface CapacityReport extends CapacityConfiguration {
  readonly schema: 'qtune.capacity/1';
  readonly disk: { readonly virtualBytes: number };
  /** All of them, where there are several. */
  readonly configurations?: readonly CapacityConfiguration[];
  readonly cliff: {
    readonly byClusterSize: readonly CliffRow[];
    readonly byDiskSize: readonly CliffPoint[];
  };
  readonly warnings: readonly Warning[];
}

/** Puts the document together; `footprints` is not empty. */
export function buildCapacityReport(
  first: Footprint,
  footprints: readonly Footprint[],
  layout: DiskLayout,
  warnings: readonly Warning[],
): CapacityReport {
  const { create, drive } = first.configuration;
  const limits = [coverageLimitBytes(first.geometry, {}), first.coverageLimitBytes];
  return {
    schema: 'qtune.capacity/1',
    disk: { virtualBytes: layout.diskBytes },
    ...describe(first),
    ...(footprints.length > 1 ? { configurations: footprints.map(describe) } : {}),
    cliff: {
      byClusterSize: cliffByClusterSize(layout.diskBytes, create),
      byDiskSize: cliffByDiskSize(disksAroundCliff(first.geometry, limits), create, drive),
    },
    warnings: [...warnings, ...footprints.flatMap(caveats)],
  };
}

function describe(footprint: Footprint): CapacityConfiguration {
  const { configuration, onDisk, cache, coverageLimitBytes, layers, snapshots, total } = footprint;
  return {
    settings: configuration,
    onDisk,
    cache,
    coverageLimitBytes,
    layers,
    ...(snapshots === undefined ? {} : { snapshots }),
    total,
  };
}

/** What is worth knowing about settings that QEMU takes without a word. */
function caveats({ configuration, cache, geometry }: Footprint): readonly Warning[] {
  const { drive, create, label } = configuration;
  const warnings: Warning[] = [];
  const asked = drive['l2-cache-size'];
  if (typeof asked === 'number' && asked > cache.l2FullCoverageBytes) {
    warnings.push({
      code: 'l2-cache-not-usable',
      subject: label,
      message: `l2-cache-size is ${asked} bytes; this disk can use ${cache.l2FullCoverageBytes}, and QEMU takes no more`,
    });
  }
  if (typeof asked === 'number' && asked < cache.l2Bytes) {
    warnings.push({
      code: 'l2-cache-raised',
      subject: label,
      message: `l2-cache-size is ${asked} bytes; QEMU raises it to its least, ${cache.l2Bytes}`,
    });
  }
  if (
    typeof asked === 'number' &&
    asked > cache.l2Bytes &&
    asked < cache.l2FullCoverageBytes &&
    drive['cache-size'] === undefined
  ) {
    warnings.push({
      code: 'l2-cache-rounded',
      subject: label,
      message: `l2-cache-size is ${asked} bytes; QEMU rounds it down to whole entries, ${cache.l2Bytes}`,
    });
  }
  const refcounts = drive['refcount-cache-size'];
  if (typeof refcounts === 'number' && refcounts < cache.refcountBytes) {
    warnings.push({
      code: 'refcount-cache-raised',
      subject: label,
      message: `refcount-cache-size is ${refcounts} bytes; QEMU raises it to its least, ${cache.refcountBytes} (4 clusters of ${geometry.clusterBytes})`,
    });
  }
  if (create.data_file !== undefined) {
    warnings.push({
      code: 'external-data-file',
      subject: label,
      message:
        'data_file puts the data into a file of its own; the sizes are those of both files together, as `qemu-img measure` counts them',
    });
  }
  return warnings;
}
