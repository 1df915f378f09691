import { UsageError } from '../../errors.ts';
import { quoted } from '../../qcow2/damage.ts';
import { driveNode } from '../../settings/blockdev.ts';
import { cacheFlags, cacheModeOf, defaultCacheMode } from '../../settings/cache-mode.ts';
import type { SettingValue } from '../../settings/configuration.ts';
import type { DescribedDisk, DescribedMachine } from '../../settings/described-disk.ts';
import { checkDrive } from '../../settings/drive-rules.ts';
import { createSettingsOf } from '../existing-image.ts';
import type { Finding } from './finding.ts';
import type { DiskRule } from './inspected-disk.ts';

/** What QEMU would refuse, by the same rules that check `--drive`. */
export function refusals(machine: DescribedMachine['kind']): DiskRule {
  return ({ disk, image }) => {
    const create = image.state === 'read' ? createSettingsOf(image.header) : {};
    const diskBytes = image.state === 'read' ? image.header.virtualBytes : 0;
    const misplaced = misplacedOptions(disk);
    if (misplaced !== undefined) return misplaced;
    const drive = withUsualCacheMode(disk);
    // libvirt makes that `on` before QEMU sees it.
    if (machine === 'domain' && drive.discard !== 'unmap' && drive['detect-zeroes'] === 'unmap') {
      drive['detect-zeroes'] = 'on';
    }
    try {
      checkDrive({ label: disk.name, create, drive }, diskBytes);
      return undefined;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return {
        severity: 'error',
        code: 'refused',
        message: `QEMU refuses these settings: ${error.message.replace(/\.$/, '')}.`,
        meaning: 'The guest does not start with them.',
        remedy: error.hint ?? '',
        source: 'QEMU block/file-posix.c, raw_open_common; block.c; block/qcow2.c',
      };
    }
  };
}

/** Options of the qcow2 driver on a disk that is said to be something else. */
function misplacedOptions(disk: DescribedDisk): Finding | undefined {
  const { format: said, where } = disk;
  const [option] = Object.keys(driveNode(withUsualCacheMode(disk)).qcow2);
  if (said === undefined || said === 'qcow2' || option === undefined) return undefined;
  return {
    severity: 'error',
    code: 'refused',
    message: `The disk is said to be ${quoted(said)}, which has no ${option}.`,
    meaning: 'The guest does not start with it.',
    remedy: 'Leave the setting out, or say qcow2 if the image is one.',
    source: where,
  };
}

/** The settings with a cache mode that they amount to: QEMU's own default, not the one that qtune measures with. */
function withUsualCacheMode(disk: DescribedDisk): Record<string, SettingValue> {
  const mode = cacheOf(disk);
  if (mode === undefined) return { ...disk.drive, cache: defaultCacheMode };
  if (mode !== 'invalid') return { ...disk.drive };
  // QEMU takes any mix of its three switches; to what is checked here only one of them matters.
  const { 'cache.direct': direct, 'cache.writeback': _, 'cache.no-flush': __, ...others } = disk.drive;
  return { ...others, cache: direct === true ? 'none' : defaultCacheMode };
}

export const libvirtZeroes: DiskRule = ({ disk: { drive } }) =>
  drive['detect-zeroes'] === 'unmap' && drive.discard !== 'unmap'
    ? {
        severity: 'warning',
        code: 'zeroes-not-discarded',
        message: "detect_zeroes='unmap' without discard='unmap' is taken as detect_zeroes='on'.",
        meaning: 'Zeroes that the guest writes become zero clusters, but the host gets no space back.',
        remedy: "Add discard='unmap' to <driver>.",
        source: 'libvirt docs/formatdomain.rst, detect_zeroes',
      }
    : undefined;

export const hostCache: DiskRule = ({ disk }) => {
  const source = 'QEMU qemu-options.hx, cache; block.c, bdrv_parse_cache_mode';
  if (disk.device !== 'disk' || disk.readOnly) return undefined;
  const mode = cacheOf(disk) ?? defaultCacheMode;
  if (mode === 'invalid') return undefined;
  const { writeback, noFlush } = cacheFlags(mode);
  if (noFlush) {
    return {
      severity: 'warning',
      code: 'cache-unsafe',
      message: `cache=${mode} never flushes to the disk.`,
      meaning:
        'A power cut or a crash of the host loses what the guest believes to be safe, and can leave the image damaged.',
      remedy: 'cache=none or writeback, unless the guest can be made anew.',
      source,
    };
  }
  if (!writeback) {
    return {
      severity: 'warning',
      code: 'cache-writes-through',
      message: `cache=${mode} flushes after every write.`,
      meaning:
        'Each write waits for the disk, and on qcow2 an allocating one writes its tables too. Guests of today flush where they have to.',
      remedy: 'cache=none or writeback keeps data as safe for a guest that flushes.',
      source,
    };
  }
  if (mode !== 'writeback' || disk.source.kind === 'elsewhere') return undefined;
  return {
    severity: 'note',
    code: 'cache-host-pages',
    message: `${cacheOf(disk) === undefined ? 'The cache mode is not said, so that it' : 'It'} is writeback: data goes through the host's page cache.`,
    meaning:
      'Memory of the host is used a second time for what the guest caches itself; reads that the host has are fast.',
    remedy: 'cache=none bypasses it (and allows aio=native); measure with `qtune run` where it matters.',
    source,
  };
};

export const discard: DiskRule = ({ disk, image }) => {
  const trims = disk.drive.discard === 'unmap';
  const isQcow2 = image.state === 'read' || disk.format === 'qcow2';
  if (trims || disk.readOnly || disk.device !== 'disk' || !isQcow2) return undefined;
  return {
    severity: 'warning',
    code: 'discard-missing',
    message: 'Discards of the guest are dropped: discard=unmap is not set.',
    meaning:
      'What the guest deletes stays allocated in the image, which only grows; writes later go into fragmented space.',
    remedy:
      'Set discard=unmap, and let the guest trim (fstrim.timer). To keep clusters in their place: discard-no-unref=on (QEMU 8.1).',
    source: 'QEMU qapi/block-core.json, BlockdevDiscardOptions',
  };
};

/** The mode that is said, undefined where none is, `invalid` for switches that make none. */
function cacheOf(disk: DescribedDisk) {
  try {
    return cacheModeOf(disk.drive);
  } catch (error) {
    if (error instanceof UsageError) return 'invalid';
    throw error;
  }
}
