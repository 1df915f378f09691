import { UsageError } from '../errors.ts';
import { cacheFlags, cacheModeOf } from './cache-mode.ts';
import { computeCacheSizes } from './cache-sizing.ts';
import type { Configuration, SettingValues } from './configuration.ts';
import { geometryOf, resolveCreate } from './resolve.ts';

/** The cache mode that qtune measures with where the settings name none. */
export const measuringCacheMode = 'none';

const maximumIntervalSeconds = 0xffff_ffff;

/**
 * Checks run-time settings on an image made with the configuration's create-time ones, in QEMU's order: the file node, the
 * options of every block node, then qcow2's own.
 * @throws UsageError with QEMU's text
 * @source QEMU block/file-posix.c, raw_open_common; block.c, bdrv_parse_detect_zeroes; block/qcow2.c, qcow2_update_options_prepare
 */
export function checkDrive(configuration: Configuration, diskBytes: number): void {
  const { create, drive } = configuration;
  const mode = cacheModeOf(drive) ?? measuringCacheMode;
  if (drive.aio === 'native' && !cacheFlags(mode).direct) {
    throw new UsageError('aio=native was specified, but it requires cache.direct=on, which was not specified.', {
      hint: 'Set cache=none or cache=directsync, or use aio=threads or aio=io_uring.',
    });
  }
  if (drive['detect-zeroes'] === 'unmap' && drive.discard !== 'unmap') {
    throw new UsageError('setting detect-zeroes to unmap is not allowed without setting discard operation to unmap', {
      hint: 'Add discard=unmap or set detect-zeroes=on.',
    });
  }
  computeCacheSizes(geometryOf(diskBytes, create), drive);
  const interval = drive['cache-clean-interval'];
  if (typeof interval === 'number' && (interval < 0 || interval > maximumIntervalSeconds)) {
    throw new UsageError('Cache clean interval too big', {
      hint: `cache-clean-interval is in seconds, 0 to ${maximumIntervalSeconds}.`,
    });
  }
  const oldFormat = resolveCreate(create).compat === '0.10';
  if (oldFormat && drive['lazy-refcounts'] === true) {
    throw new UsageError('Lazy refcounts require a qcow2 image with at least qemu 1.1 compatibility level', {
      hint: 'Create the image without compat=0.10.',
    });
  }
  checkOverlap(drive);
  if (oldFormat && drive['discard-no-unref'] === true) {
    throw new UsageError('discard-no-unref is only supported since qcow2 version 3', {
      hint: 'Create the image without compat=0.10.',
    });
  }
}

function checkOverlap(drive: SettingValues): void {
  const [short, long] = [drive['overlap-check'], drive['overlap-check.template']];
  if (short === undefined || long === undefined || short === long) return;
  throw new UsageError(
    `Conflicting values for qcow2 options 'overlap-check' ('${short}') and 'overlap-check.template' ('${long}')`,
    { hint: 'Both mean the same; leave one out.' },
  );
}
