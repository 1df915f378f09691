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
import { resolveCreate } from './resolve.ts';

/** What a rule knows beside the settings. */
export interface CreateContext {
  readonly diskBytes: number;
  readonly hasBacking: boolean;
  readonly qemu?: QemuVersion;
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
  check(create: SettingValues, context: CreateContext): Refusal | undefined;
}

const newFormat = 'Leave compat out or set it to 1.1.';

function rule(check: CreateRule['check'], measured = false): CreateRule {
  return { measured, check };
}

function powerOfTwo(value: number): boolean {
  return value >= 1 && Number.isInteger(Math.log2(value));
}

function hasBacking(create: SettingValues, context: CreateContext): boolean {
  return context.hasBacking || create.backing_file !== undefined;
}

/**
 * The checks of `qemu-img create` on options that can each be read, in QEMU's order: the tool's own first, then the file's, then the
 * format's. The first that applies is what QEMU reports.
 * @source QEMU block.c, bdrv_img_create; block/file-posix.c, raw_co_create; block/qcow2.c, qcow2_co_create (7.2.0 and 10.0); the
 *   texts of keep_data_file are those of QEMU 11.1
 */
export const createRules: readonly CreateRule[] = [
  rule((create) => {
    const encrypted = Object.keys(create).find(
      (name) => name.startsWith('encrypt.') || (name === 'encryption' && create.encryption === true),
    );
    if (encrypted === undefined) return undefined;
    return {
      text: `${encrypted}: qtune knows this option but does not measure encrypted images`,
      hint: 'Leave encryption out: it costs processor time for each byte and one header, and changes nothing else here.',
    };
  }, true),
  rule((create) =>
    create.backing_file === ''
      ? { text: 'Expected backing file name, got empty string', hint: 'Leave backing_file out.' }
      : undefined,
  ),
  rule((create, { qemu }) => {
    const mandatory = qemu === undefined || isAtLeast(qemu, { major: 6, minor: 1 });
    if (create.backing_file === undefined || create.backing_fmt !== undefined || !mandatory) return undefined;
    return {
      text: 'Backing file specified without backing format',
      hint: 'Add backing_fmt=qcow2 or backing_fmt=raw, whichever it is.',
    };
  }),
  rule((create) =>
    typeof create.extent_size_hint === 'number' && create.extent_size_hint > 0xffff_ffff
      ? { text: 'Extent size hint is too large', hint: 'It is at most 4G-1.' }
      : undefined,
  ),
  rule((create) => {
    if (create.keep_data_file !== true || create.data_file !== undefined) return undefined;
    return { text: "Must not use 'keep_data_file=on' without 'data_file'" };
  }),
  rule((create) => {
    if (create.keep_data_file !== true) return undefined;
    const { preallocation } = resolveCreate(create);
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
  rule((create) =>
    create.data_file === ''
      ? { text: "Could not create '': No such file or directory", hint: 'data_file is the name of a file.' }
      : undefined,
  ),
  rule((create) => {
    const { extendedL2, compat } = resolveCreate(create);
    if (!extendedL2 || compat === '1.1') return undefined;
    return {
      text: 'Extended L2 entries are only supported with compatibility level 1.1 and above (use version=v3 or greater)',
      hint: newFormat,
    };
  }),
  rule((create) => {
    const { clusterBytes } = resolveCreate(create);
    const within = clusterBytes >= minimumClusterBytes && clusterBytes <= maximumClusterBytes;
    if (within && powerOfTwo(clusterBytes)) return undefined;
    return {
      text: `Cluster size must be a power of two between ${minimumClusterBytes} and ${maximumClusterBytes / 1024}k`,
      hint: `cluster_size is ${clusterBytes}.`,
    };
  }, true),
  rule((create) => {
    const { clusterBytes, extendedL2 } = resolveCreate(create);
    if (!extendedL2 || clusterBytes >= minimumExtendedClusterBytes) return undefined;
    return {
      text: `Extended L2 entries are only supported with cluster sizes of at least ${minimumExtendedClusterBytes} bytes`,
      hint: 'Set cluster_size to 16K or more, or leave extended_l2 out.',
    };
  }, true),
  rule((create, context) => {
    const { preallocation, extendedL2 } = resolveCreate({ ...create, data_file_raw: false });
    if (!hasBacking(create, context) || preallocation === 'off' || extendedL2) return undefined;
    return {
      text: 'Backing file and preallocation can only be used at the same time if extended_l2 is on',
      hint: 'Leave preallocation out or set extended_l2=on.',
    };
  }),
  rule((create, context) =>
    create.backing_fmt !== undefined && !hasBacking(create, context)
      ? {
          text: 'Backing format cannot be used without backing file',
          hint: 'Add backing_file or leave backing_fmt out.',
        }
      : undefined,
  ),
  rule((create) => {
    const { lazyRefcounts, compat } = resolveCreate(create);
    if (!lazyRefcounts || compat === '1.1') return undefined;
    return {
      text: 'Lazy refcounts only supported with compatibility level 1.1 and above (use version=v3 or greater)',
      hint: newFormat,
    };
  }),
  rule((create) => {
    const { refcountBits } = resolveCreate(create);
    if (refcountBits <= maximumRefcountBits && powerOfTwo(refcountBits)) return undefined;
    return {
      text: `Refcount width must be a power of two and may not exceed ${maximumRefcountBits} bits`,
      hint: `refcount_bits is ${refcountBits}; 1, 2, 4, 8, 16, 32 and 64 are possible.`,
    };
  }, true),
  rule((create) => {
    const { refcountBits, compat } = resolveCreate(create);
    if (refcountBits === 16 || compat === '1.1') return undefined;
    return {
      text: 'Different refcount widths than 16 bits require compatibility level 1.1 or above (use version=v3 or greater)',
      hint: newFormat,
    };
  }, true),
  rule((create) => {
    const { dataFile, dataFileRaw } = resolveCreate(create);
    if (!dataFileRaw || dataFile !== undefined) return undefined;
    return { text: 'data-file-raw requires data-file', hint: 'Add data_file or leave data_file_raw out.' };
  }),
  rule((create, context) => {
    if (!resolveCreate(create).dataFileRaw || !hasBacking(create, context)) return undefined;
    return {
      text: 'Backing file and data-file-raw cannot be used at the same time',
      hint: 'Leave data_file_raw out, or the backing file.',
    };
  }),
  rule((create) => {
    const { dataFile, compat } = resolveCreate(create);
    if (dataFile === undefined || compat === '1.1') return undefined;
    return {
      text: 'External data files are only supported with compatibility level 1.1 and above (use version=v3 or greater)',
      hint: newFormat,
    };
  }),
  rule((create) => {
    const { compressionType, compat } = resolveCreate(create);
    if (compressionType === 'zlib' || compat === '1.1') return undefined;
    return {
      text: 'Non-zlib compression type is only supported with compatibility level 1.1 and above (use version=v3 or greater)',
      hint: newFormat,
    };
  }),
  rule((create, { diskBytes }) => {
    const geometry = computeGeometry({ diskBytes, ...resolveCreate(create) });
    if (geometry.l1Bytes <= maximumL1Bytes) return undefined;
    return {
      text: "The image size is too large for file format 'qcow2' (try using a larger cluster size)",
      hint: `With these settings a disk has at most ${(maximumL1Bytes / 8) * geometry.l2TableCoverageBytes} bytes.`,
    };
  }),
];
