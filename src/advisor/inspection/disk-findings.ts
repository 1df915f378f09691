import { UsageError } from '../../errors.ts';
import { quoted } from '../../qcow2/damage.ts';
import type { DescribedMachine, DiskRemark } from '../../settings/described-disk.ts';
import { cacheFindings } from './cache-findings.ts';
import { chainRemedy, longChain } from './chain-finding.ts';
import { discard, hostCache, libvirtZeroes, refusals } from './drive-findings.ts';
import { type Finding, sortFindings } from './finding.ts';
import { headerFindings } from './header-findings.ts';
import { geometryOfHeader } from './image-findings.ts';
import type { DiskRule, InspectedDisk } from './inspected-disk.ts';

/** Everything worth saying of a disk, the gravest first. */
export function diskFindings(inspected: InspectedDisk, machine: DescribedMachine['kind']): readonly Finding[] {
  if (inspected.disk.source.kind === 'empty') return [];
  return sortFindings(rulesOf(machine).flatMap((rule) => rule(inspected) ?? []));
}

function rulesOf(machine: DescribedMachine['kind']): readonly DiskRule[] {
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

const remarks: DiskRule = ({ disk }) => disk.remarks.map((remark) => remarkFinding(remark, disk.where));

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

const format: DiskRule = ({ disk, image }) => {
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

const caches: DiskRule = ({ disk, image }) => {
  if (image.state !== 'read') return undefined;
  try {
    return cacheFindings({ geometry: geometryOfHeader(image.header), drive: disk.drive, place: disk.place });
  } catch (error) {
    // Sizes that contradict each other are told by the rule on what QEMU refuses.
    if (error instanceof UsageError) return undefined;
    throw error;
  }
};

const ofHeader: DiskRule = ({ image }) =>
  image.state !== 'read'
    ? undefined
    : // A running guest has its image open: that it is so is no news here.
      headerFindings(image.header).filter(({ code }) => code !== 'dirty');

const layers: DiskRule = ({ disk }) => {
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

const unread: DiskRule = ({ image }) => {
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
