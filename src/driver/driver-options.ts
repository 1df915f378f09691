import { UsageError } from '../errors.ts';
import { computeGeometry } from '../qcow2/geometry.ts';
import { cacheFlags, cacheModeOf, defaultCacheMode } from '../settings/cache-mode.ts';
import { computeCacheSizes } from '../settings/cache-sizing.ts';
import type { SettingValues } from '../settings/configuration.ts';
import { overlapCheckNames, overlapChecks } from '../settings/overlap-checks.ts';
import type { QemuVersion } from '../settings/qemu-version.ts';
import type { ImageState } from './image-state.ts';
import type { DriverOptions } from './options.ts';

/** What the modelled node finds beneath it. */
export interface ModelHost {
  readonly qemu: QemuVersion;
  /** What direct I/O to the files must be a multiple of, bytes: 512, or 4096 on disks with such sectors. */
  readonly directAlignmentBytes: number;
  /** Whether the file system zeroes a range in place: ext4 and xfs do, tmpfs does not. */
  readonly zeroRange: boolean;
}

/** QEMU 10.0 over ext4 or xfs, on a disk with sectors of 512 bytes. */
export const commonHost: ModelHost = {
  qemu: { major: 10, minor: 0 },
  directAlignmentBytes: 512,
  zeroRange: true,
};

/**
 * The options of the drive as QEMU's driver would have them in effect, with QEMU's defaults where the settings do not say.
 * `detect-zeroes`, `aio` and `cache-clean-interval` change none of them: guest data is taken to be
 * other than zero, the kind of aio changes no request, and the timer of cache cleaning only runs beside a guest.
 * @throws UsageError for cache sizes that contradict each other, and for `cache.*` switches that make no cache mode
 * @source QEMU block/qcow2.c, qcow2_update_options_prepare
 */
export function driverOptions(image: ImageState, drive: SettingValues, host: ModelHost): DriverOptions {
  const geometry = computeGeometry({
    diskBytes: image.virtualBytes,
    clusterBytes: 2 ** image.clusterBits,
    extendedL2: image.extendedL2,
    refcountBits: image.refcountBits,
  });
  const cache = computeCacheSizes(geometry, drive);
  const mode = cacheModeOf(drive) ?? defaultCacheMode;
  const { writeback, direct, noFlush } = cacheFlags(mode);
  const discard = drive.discard === 'unmap';
  const checks = overlapChecks(drive);
  return {
    l2EntryCount: cache.l2EntryCount,
    l2EntryBytes: cache.l2EntryBytes,
    refcountTableCount: cache.refcountTableCount,
    writethrough: !writeback,
    noFlush,
    requestAlignment: direct ? host.directAlignmentBytes : 1,
    discard,
    passDiscardRequest: switchOf(drive, 'pass-discard-request', discard),
    passDiscardSnapshot: switchOf(drive, 'pass-discard-snapshot', true),
    passDiscardOther: switchOf(drive, 'pass-discard-other', false),
    discardNoUnref: switchOf(drive, 'discard-no-unref', false),
    lazyRefcounts: switchOf(drive, 'lazy-refcounts', image.lazyRefcounts),
    overlapChecks: overlapCheckNames.reduce((bits, name, bit) => (checks.has(name) ? bits | (1 << bit) : bits), 0),
    zeroRange: host.zeroRange,
    qemuVersion: host.qemu.major * 100 + host.qemu.minor,
    // The settings reach the active image; those beneath it share its cache mode and keep QEMU's other defaults.
    ...(image.backing?.format === 'qcow2'
      ? { backing: driverOptions(image.backing.image, { cache: mode }, host) }
      : {}),
  };
}

function switchOf(drive: SettingValues, name: string, otherwise: boolean): boolean {
  const value = drive[name];
  return typeof value === 'boolean' ? value : otherwise;
}

/** Settings that QEMU takes and the model has no answer for, with what to do instead. */
const unsupported: Readonly<Record<string, string>> = {
  backing_file: 'The model makes its own backing file (--backing); an image that has one can be given with --image.',
  backing_fmt: 'The model makes its own backing file (--backing); an image that has one can be given with --image.',
  keep_data_file: 'The model starts from a new data file; an image that has one can be given with --image.',
};

/** @throws UsageError naming a create-time setting that the model cannot honour */
export function refuseUnsupported(create: SettingValues): void {
  for (const name of Object.keys(create)) {
    const hint = name.startsWith('encrypt') ? 'Leave encryption out.' : unsupported[name];
    if (hint === undefined || create[name] === false) continue;
    throw new UsageError(`${name}: the model of the driver does not know this option`, { hint });
  }
}
