import { computeGeometry } from '../qcow2/geometry.ts';
import {
  maximumClusterBytes,
  maximumL1Bytes,
  maximumRefcountBits,
  minimumClusterBytes,
  minimumExtendedClusterBytes,
} from '../qcow2/limits.ts';
import type { SettingValues } from './configuration.ts';
import { isAtLeast, type QemuVersion } from './qemu-version.ts';
import { type ResolvedCreate, resolveCreate } from './resolve.ts';

/** What is known of the image beside its settings. */
export interface CreateContext {
  readonly diskBytes: number;
  readonly hasBacking: boolean;
  readonly qemu?: QemuVersion;
}

/** Everything that a rule looks at. */
export interface CreateCase {
  /** As given. */
  readonly create: SettingValues;
  /** With defaults. */
  readonly resolved: ResolvedCreate;
  readonly diskBytes: number;
  /** A backing file is named, among the settings or beside them. */
  readonly hasBacking: boolean;
  /** The newest where absent. */
  readonly qemu: QemuVersion | undefined;
}

/** Why settings are refused: QEMU's text, and what to change. */
export interface Refusal {
  readonly text: string;
  readonly hint?: string;
}

/** One reason for which `qemu-img create` refuses settings. */
export interface CreateRule {
  /** `qemu-img measure` refuses for the same reason. */
  readonly measured: boolean;
  check(image: CreateCase): Refusal | undefined;
}

const newFormat = 'Leave compat out or set it to 1.1.';

function rule(check: CreateRule['check'], measured = false): CreateRule {
  return { measured, check };
}

function powerOfTwo(value: number): boolean {
  return value >= 1 && Number.isInteger(Math.log2(value));
}

/** Brings settings and context together for the rules. */
export function createCase(create: SettingValues, context: CreateContext): CreateCase {
  return {
    create,
    resolved: resolveCreate(create),
    diskBytes: context.diskBytes,
    hasBacking: context.hasBacking || create.backing_file !== undefined,
    qemu: context.qemu,
  };
}

/**
 * The checks of `qemu-img create` on options that can each be read, in QEMU's order: the tool's own first, then the file's, then the
 * format's. The first that applies is what QEMU reports.
 * @source QEMU block.c, bdrv_img_create; block/file-posix.c, raw_co_create; block/qcow2.c, qcow2_co_create (7.2.0 and 10.0); the
 *   texts of keep_data_file are those of QEMU 11.1
 */
export const createRules: readonly CreateRule[] = [
  rule(({ create }) => {
    const encrypted = Object.keys(create).find(
      (name) => name.startsWith('encrypt.') || (name === 'encryption' && create.encryption === true),
    );
    if (encrypted === undefined) return undefined;
    return {
      text: `${encrypted}: qtune knows this option but does not measure encrypted images`,
      hint: 'Leave encryption out: it costs processor time for each byte and one header, and changes nothing else here.',
    };
  }, true),
  rule(({ create }) =>
    create.backing_file === ''
      ? { text: 'Expected backing file name, got empty string', hint: 'Leave backing_file out.' }
      : undefined,
  ),
  rule(({ create, qemu }) => {
    const mandatory = qemu === undefined || isAtLeast(qemu, { major: 6, minor: 1 });
    if (create.backing_file === undefined || create.backing_fmt !== undefined || !mandatory) return undefined;
    return {
      text: 'Backing file specified without backing format',
      hint: 'Add backing_fmt=qcow2 or backing_fmt=raw, whichever it is.',
    };
  }),
  rule(({ create }) =>
    typeof create.extent_size_hint === 'number' && create.extent_size_hint > 0xffff_ffff
      ? { text: 'Extent size hint is too large', hint: 'It is at most 4G-1.' }
      : undefined,
  ),
  rule(({ create }) => {
    if (create.keep_data_file !== true || create.data_file !== undefined) return undefined;
    return { text: "Must not use 'keep_data_file=on' without 'data_file'" };
  }),
  rule(({ create, resolved }) => {
    if (create.keep_data_file !== true) return undefined;
    const { preallocation } = resolved;
    if (preallocation === 'metadata') return undefined;
    if (preallocation === 'off') {
      return {
        text: "'keep_data_file=on' requires 'preallocation=metadata' or 'data_file_raw=on', or the file contents will not be visible",
      };
    }
    return {
      text: "Preallocating more than only metadata would overwrite the external data file's content and is therefore incompatible with 'keep_data_file=on'",
      hint: 'Set preallocation=metadata.',
    };
  }),
  rule(({ create }) =>
    create.data_file === ''
      ? { text: "Could not create '': No such file or directory", hint: 'data_file is the name of a file.' }
      : undefined,
  ),
  rule(({ resolved }) => {
    const { extendedL2, compat } = resolved;
    if (!extendedL2 || compat === '1.1') return undefined;
    return {
      text: 'Extended L2 entries are only supported with compatibility level 1.1 and above (use version=v3 or greater)',
      hint: newFormat,
    };
  }),
  rule(({ resolved }) => {
    const { clusterBytes } = resolved;
    const within = clusterBytes >= minimumClusterBytes && clusterBytes <= maximumClusterBytes;
    if (within && powerOfTwo(clusterBytes)) return undefined;
    return {
      text: `Cluster size must be a power of two between ${minimumClusterBytes} and ${maximumClusterBytes / 1024}k`,
      hint: `cluster_size is ${clusterBytes}.`,
    };
  }, true),
  rule(({ resolved }) => {
    const { clusterBytes, extendedL2 } = resolved;
    if (!extendedL2 || clusterBytes >= minimumExtendedClusterBytes) return undefined;
    return {
      text: `Extended L2 entries are only supported with cluster sizes of at least ${minimumExtendedClusterBytes} bytes`,
      hint: 'Set cluster_size to 16K or more, or leave extended_l2 out.',
    };
  }, true),
  rule(({ create, resolved, hasBacking }) => {
    const { extendedL2 } = resolved;
    const preallocation = create.preallocation ?? 'off';
    if (!hasBacking || preallocation === 'off' || extendedL2) return undefined;
    return {
      text: 'Backing file and preallocation can only be used at the same time if extended_l2 is on',
      hint: 'Leave preallocation out or set extended_l2=on.',
    };
  }),
  rule(({ create, hasBacking }) =>
    create.backing_fmt !== undefined && !hasBacking
      ? {
          text: 'Backing format cannot be used without backing file',
          hint: 'Add backing_file or leave backing_fmt out.',
        }
      : undefined,
  ),
  rule(({ resolved }) => {
    const { lazyRefcounts, compat } = resolved;
    if (!lazyRefcounts || compat === '1.1') return undefined;
    return {
      text: 'Lazy refcounts only supported with compatibility level 1.1 and above (use version=v3 or greater)',
      hint: newFormat,
    };
  }),
  rule(({ resolved }) => {
    const { refcountBits } = resolved;
    if (refcountBits <= maximumRefcountBits && powerOfTwo(refcountBits)) return undefined;
    return {
      text: `Refcount width must be a power of two and may not exceed ${maximumRefcountBits} bits`,
      hint: `refcount_bits is ${refcountBits}; 1, 2, 4, 8, 16, 32 and 64 are possible.`,
    };
  }, true),
  rule(({ resolved }) => {
    const { refcountBits, compat } = resolved;
    if (refcountBits === 16 || compat === '1.1') return undefined;
    return {
      text: 'Different refcount widths than 16 bits require compatibility level 1.1 or above (use version=v3 or greater)',
      hint: newFormat,
    };
  }, true),
  rule(({ resolved }) => {
    const { dataFile, dataFileRaw } = resolved;
    if (!dataFileRaw || dataFile !== undefined) return undefined;
    return { text: 'data-file-raw requires data-file', hint: 'Add data_file or leave data_file_raw out.' };
  }),
  rule(({ resolved, hasBacking }) => {
    if (!resolved.dataFileRaw || !hasBacking) return undefined;
    return {
      text: 'Backing file and data-file-raw cannot be used at the same time',
      hint: 'Leave data_file_raw out, or the backing file.',
    };
  }),
  rule(({ resolved }) => {
    const { dataFile, compat } = resolved;
    if (dataFile === undefined || compat === '1.1') return undefined;
    return {
      text: 'External data files are only supported with compatibility level 1.1 and above (use version=v3 or greater)',
      hint: newFormat,
    };
  }),
  rule(({ resolved }) => {
    const { compressionType, compat } = resolved;
    if (compressionType === 'zlib' || compat === '1.1') return undefined;
    return {
      text: 'Non-zlib compression type is only supported with compatibility level 1.1 and above (use version=v3 or greater)',
      hint: newFormat,
    };
  }),
  rule(({ resolved, diskBytes }) => {
    const geometry = computeGeometry({ diskBytes, ...resolved });
    if (geometry.l1Bytes <= maximumL1Bytes) return undefined;
    return {
      text: "The image size is too large for file format 'qcow2' (try using a larger cluster size)",
      hint: `With these settings a disk has at most ${(maximumL1Bytes / 8) * geometry.l2TableCoverageBytes} bytes.`,
    };
  }),
];
