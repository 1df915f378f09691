import { UsageError } from '../../errors.ts';
import { quoted } from '../../qcow2/damage.ts';
import type { ImageHeader } from '../../qcow2/header.ts';
import { driveNode } from '../../settings/blockdev.ts';
import { cacheFlags, cacheModeOf, defaultCacheMode } from '../../settings/cache-mode.ts';
import type { SettingValue } from '../../settings/configuration.ts';
import type { DescribedDisk, DescribedMachine, DiskRemark } from '../../settings/described-disk.ts';
import { checkDrive } from '../../settings/drive-rules.ts';
import { createSettingsOf } from '../existing-image.ts';
import { cacheFindings } from './cache-findings.ts';
import { chainRemedy, longChain } from './chain-finding.ts';
import { type Finding, sortFindings } from './finding.ts';
import { headerFindings } from './header-findings.ts';
import { geometryOfHeader } from './image-findings.ts';

/** What became of the file that a disk names. */
export type DiskImage =
  | { readonly state: 'read'; readonly header: ImageHeader }
  /** It is there, and no qcow2 image: raw or another format. */
  | { readonly state: 'not-qcow2' }
  | { readonly state: 'damaged' | 'unread'; readonly why: string };

/** One described disk and its image. */
export interface InspectedDisk {
  readonly disk: DescribedDisk;
  readonly image: DiskImage;
}

type Rule = (inspected: InspectedDisk) => Finding | readonly Finding[] | undefined;

/** Everything worth saying of a disk, the gravest first. */
export function diskFindings(inspected: InspectedDisk, machine: DescribedMachine['kind']): readonly Finding[] {
  if (inspected.disk.source.kind === 'empty') return [];
  return sortFindings(rulesOf(machine).flatMap((rule) => rule(inspected) ?? []));
}

function rulesOf(machine: DescribedMachine['kind']): readonly Rule[] {
  return [
    remarks,
    format,
    machine === 'domain' ? libvirtZeroes : undefined,
    refusals(machine),
    hostCache,
    discard,
    caches,
    ofHeader,
    layers,
    unread,
  ].filter((rule) => rule !== undefined);
}

const remarks: Rule = ({ disk }) => disk.remarks.map((remark) => remarkFinding(remark, disk.where));

/** What each kind of remark is as a finding. */
const remarkKinds: Readonly<Record<DiskRemark['kind'], Pick<Finding, 'severity' | 'code' | 'meaning' | 'remedy'>>> = {
  refused: { severity: 'error', code: 'refused', meaning: 'The guest does not start with it.', remedy: 'Correct it.' },
  ineffective: {
    severity: 'warning',
    code: 'ineffective',
    meaning: 'The setting does not do what it says.',
    remedy: '',
  },
  unread: { severity: 'note', code: 'not-read', meaning: 'What is said there is not part of this answer.', remedy: '' },
};

/** A remark of whoever read the description. @param source where it stands */
export function remarkFinding({ kind, text }: DiskRemark, source: string): Finding {
  return { ...remarkKinds[kind], message: text, source };
}

const format: Rule = ({ disk, image }) => {
  const source = 'QEMU docs/system/qemu-block-drivers.rst; block.c, find_image_format';
  if (image.state === 'read' && disk.format !== undefined && disk.format !== 'qcow2') {
    return {
      severity: 'error',
      code: 'format-mismatch',
      message: `The disk is said to be ${quoted(disk.format)}, and the file is a qcow2 image.`,
      meaning: "The guest sees the image file's own bytes as its disk, and what it writes destroys the image.",
      remedy: 'Say qcow2.',
      source,
    };
  }
  if (image.state === 'not-qcow2' && disk.format === 'qcow2') {
    return {
      severity: 'error',
      code: 'format-mismatch',
      message: 'The disk is said to be qcow2, and the file is no qcow2 image.',
      meaning: 'QEMU does not start with it.',
      remedy: 'See what `qemu-img info` says of the file.',
      source,
    };
  }
  if (disk.format === undefined && disk.device === 'disk') {
    return {
      severity: 'warning',
      code: 'format-not-said',
      message: 'The format of the image is not said.',
      meaning:
        'QEMU looks at the first bytes: a guest that writes a qcow2 header into a raw disk can have any file of the host read.',
      remedy: `Add format=${image.state === 'read' ? 'qcow2' : 'raw or qcow2, whichever it is'}.`,
      source,
    };
  }
  if (disk.format === 'raw' && image.state !== 'unread') {
    return {
      severity: 'note',
      code: 'raw',
      message: 'The disk is raw.',
      meaning: 'It has no tables and needs no metadata cache; nor has it snapshots, backing files or compression.',
      remedy: '',
      source: 'QEMU docs/system/images.rst',
    };
  }
  return undefined;
};

/** What QEMU would refuse, by the same rules that check `--drive`. */
function refusals(machine: DescribedMachine['kind']): Rule {
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

const libvirtZeroes: Rule = ({ disk: { drive } }) =>
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

const hostCache: Rule = ({ disk }) => {
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

const discard: Rule = ({ disk, image }) => {
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

const caches: Rule = ({ disk, image }) => {
  if (image.state !== 'read') return undefined;
  try {
    return cacheFindings({ geometry: geometryOfHeader(image.header), drive: disk.drive, place: disk.place });
  } catch (error) {
    // Sizes that contradict each other are told by the rule on what QEMU refuses.
    if (error instanceof UsageError) return undefined;
    throw error;
  }
};

const ofHeader: Rule = ({ image }) =>
  image.state !== 'read'
    ? undefined
    : // A running guest has its image open: that it is so is no news here.
      headerFindings(image.header).filter(({ code }) => code !== 'dirty');

const layers: Rule = ({ disk }) => {
  if (disk.layers.length === 0) return undefined;
  const count = disk.layers.length + 1;
  return {
    severity: count >= longChain ? 'warning' : 'note',
    code: 'chain',
    message: `The disk is a chain of ${count} images.`,
    meaning:
      'Each layer has caches of its own, in memory as large as those of one disk, and a read looks through the layers from the top.',
    remedy: count >= longChain ? chainRemedy : '',
    source: 'QEMU docs/qcow2-cache.txt; docs/interop/live-block-operations.rst',
  };
};

const unread: Rule = ({ image }) => {
  if (image.state === 'damaged') {
    return {
      severity: 'error',
      code: 'unreadable',
      message: `Its image cannot be used: ${image.why}.`,
      meaning: 'QEMU refuses it, or reads wrong data from it.',
      remedy: 'Look at it with `qtune inspect IMAGE` and `qemu-img check`.',
      source: 'qtune',
    };
  }
  if (image.state !== 'unread') return undefined;
  return {
    severity: 'note',
    code: 'image-not-read',
    message: `Its image was not read: ${image.why}.`,
    meaning: 'Whether the caches cover it is not known.',
    remedy: '',
    source: 'qtune',
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
