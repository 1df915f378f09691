import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { buildConfigurations } from '../../src/settings/matrix.ts';
import { parseQemuVersion } from '../../src/settings/qemu-version.ts';
import { type ValidationContext, validateConfiguration, validateForMeasure } from '../../src/settings/validate.ts';

const T = 1024 ** 4;
const usual: ValidationContext = { diskBytes: T, hasBacking: false };

/** What the first configuration of the lists is refused with; undefined where it is accepted. */
function refusal(create: string, drive = '', context: ValidationContext = usual): UsageError | undefined {
  const [configuration] = buildConfigurations(create ? [create] : [], drive ? [drive] : []);
  if (!configuration) return new UsageError('no configuration');
  try {
    validateConfiguration(configuration, context);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

describe('create-time settings that QEMU refuses', () => {
  // Texts of qemu-img 7.2, 10.0 and 11.1; create.live.test.ts compares them with the tools.
  test.each([
    ['cluster_size=100', 'Cluster size must be a power of two between 512 and 2048k'],
    ['cluster_size=4M', 'Cluster size must be a power of two between 512 and 2048k'],
    ['cluster_size=0', 'Cluster size must be a power of two between 512 and 2048k'],
    [
      'extended_l2=on,cluster_size=8K',
      'Extended L2 entries are only supported with cluster sizes of at least 16384 bytes',
    ],
    [
      'extended_l2=on,compat=0.10',
      'Extended L2 entries are only supported with compatibility level 1.1 and above (use version=v3 or greater)',
    ],
    [
      'lazy_refcounts=on,compat=0.10',
      'Lazy refcounts only supported with compatibility level 1.1 and above (use version=v3 or greater)',
    ],
    ['refcount_bits=3', 'Refcount width must be a power of two and may not exceed 64 bits'],
    ['refcount_bits=0', 'Refcount width must be a power of two and may not exceed 64 bits'],
    ['refcount_bits=128', 'Refcount width must be a power of two and may not exceed 64 bits'],
    ['refcount_bits=-1', 'Refcount width must be a power of two and may not exceed 64 bits'],
    [
      'refcount_bits=8,compat=0.10',
      'Different refcount widths than 16 bits require compatibility level 1.1 or above (use version=v3 or greater)',
    ],
    [
      'compression_type=zstd,compat=0.10',
      'Non-zlib compression type is only supported with compatibility level 1.1 and above (use version=v3 or greater)',
    ],
    [
      'data_file=x,compat=0.10',
      'External data files are only supported with compatibility level 1.1 and above (use version=v3 or greater)',
    ],
    ['data_file_raw=on', 'data-file-raw requires data-file'],
    ['data_file=', "Could not create '': No such file or directory"],
    ['backing_file=', 'Expected backing file name, got empty string'],
    ['backing_file=b', 'Backing file specified without backing format'],
    ['backing_fmt=raw', 'Backing format cannot be used without backing file'],
    [
      'backing_file=b,backing_fmt=raw,preallocation=full',
      'Backing file and preallocation can only be used at the same time if extended_l2 is on',
    ],
    [
      'backing_file=b,backing_fmt=raw,data_file=x,data_file_raw=on',
      'Backing file and data-file-raw cannot be used at the same time',
    ],
    ['extent_size_hint=4G', 'Extent size hint is too large'],
    ['keep_data_file=on', "Must not use 'keep_data_file=on' without 'data_file'"],
    [
      'keep_data_file=on,data_file=x',
      "'keep_data_file=on' requires 'preallocation=metadata' or 'data_file_raw=on', or the file contents will not be visible",
    ],
    [
      'keep_data_file=on,data_file=x,preallocation=falloc',
      "Preallocating more than only metadata would overwrite the external data file's content and is therefore incompatible with 'keep_data_file=on'",
    ],
    [
      'encrypt.format=luks,encrypt.key-secret=s',
      'encrypt.format: qtune knows this option but does not measure encrypted images',
    ],
    ['encryption=on', 'encryption: qtune knows this option but does not measure encrypted images'],
  ])('-o %s', (list, text) => {
    const [configuration] = buildConfigurations([list], []);
    expect(configuration).toBeDefined();
    expect(refusal(list)?.message).toMatch(/^-o [^:]+: /);
    expect(refusal(list)?.message.replace(/^-o \S+: /, '')).toBe(text);
  });

  test('a disk beyond the L1 table, with the most that it may have', () => {
    const large = { ...usual, diskBytes: 9 * T };
    expect(refusal('cluster_size=4K', '', large)).toMatchObject({
      message:
        "-o cluster_size=4K: The image size is too large for file format 'qcow2' (try using a larger cluster size)",
      hint: 'With these settings a disk has at most 8796093022208 bytes.',
    });
    expect(refusal('cluster_size=8K', '', large)).toBeUndefined();
    expect(refusal('', '', { ...usual, diskBytes: 4096 * T })?.message).toMatch(/^--disk: The image size is too large/);
  });

  test('a backing file given beside the list counts as one in it', () => {
    const backed = { ...usual, hasBacking: true };
    expect(refusal('preallocation=metadata', '', backed)?.message).toContain('if extended_l2 is on');
    expect(refusal('preallocation=metadata,extended_l2=on', '', backed)).toBeUndefined();
    expect(refusal('backing_fmt=qcow2', '', backed)).toBeUndefined();
  });
});

describe('run-time settings that QEMU refuses', () => {
  test.each([
    [
      '',
      'l2-cache-entry-size=3000',
      'L2 cache entry size must be a power of two between 512 and the cluster size (65536)',
    ],
    [
      'cluster_size=4K',
      'l2-cache-entry-size=8K',
      'L2 cache entry size must be a power of two between 512 and the cluster size (4096)',
    ],
    [
      '',
      'cache-size=1M,l2-cache-size=1M,refcount-cache-size=1M',
      'cache-size, l2-cache-size and refcount-cache-size may not be set at the same time',
    ],
    ['', 'cache-size=1M,l2-cache-size=2M', 'l2-cache-size may not exceed cache-size'],
    ['', 'cache-size=1M,refcount-cache-size=2M', 'refcount-cache-size may not exceed cache-size'],
    ['', 'cache-size=2T,refcount-cache-size=1M,l2-cache-entry-size=512', 'L2 cache size too big'],
    ['cluster_size=4K', 'refcount-cache-size=9T', 'Refcount cache size too big'],
    ['', 'cache-clean-interval=4294967296', 'Cache clean interval too big'],
    ['', 'cache-clean-interval=-1', 'Cache clean interval too big'],
    [
      'compat=0.10',
      'lazy-refcounts=on',
      'Lazy refcounts require a qcow2 image with at least qemu 1.1 compatibility level',
    ],
    ['compat=0.10', 'discard-no-unref=on', 'discard-no-unref is only supported since qcow2 version 3'],
    [
      '',
      'overlap-check=all,overlap-check.template=none',
      "Conflicting values for qcow2 options 'overlap-check' ('all') and 'overlap-check.template' ('none')",
    ],
    [
      '',
      'detect-zeroes=unmap',
      'setting detect-zeroes to unmap is not allowed without setting discard operation to unmap',
    ],
    [
      '',
      'aio=native,cache=writeback',
      'aio=native was specified, but it requires cache.direct=on, which was not specified.',
    ],
    [
      '',
      'cache=none,cache.no-flush=on',
      "cache.writeback=on, cache.direct=on, cache.no-flush=on is none of QEMU's cache modes",
    ],
  ])('-o "%s" --drive %s', (create, drive, text) => {
    expect(refusal(create, drive)?.message.replace(/^--drive \S+: /, '')).toBe(text);
  });

  test.each([
    ['', 'aio=native'],
    ['', 'aio=native,cache=directsync'],
    ['', 'aio=native,cache=writeback,cache.direct=on'],
    ['', 'cache-size=0'],
    ['', 'overlap-check=all,overlap-check.template=all'],
    ['', 'detect-zeroes=unmap,discard=on'],
    ['compat=0.10', 'lazy-refcounts=off'],
    ['compat=0.10,refcount_bits=16', ''],
  ])('-o "%s" --drive "%s" is accepted', (create, drive) => {
    expect(refusal(create, drive)).toBeUndefined();
  });
});

describe('options that a QEMU is too old for', () => {
  test.each([
    ['7.2', '', 'discard-no-unref=on', 'discard-no-unref needs QEMU 8.1 or later; this is 7.2'],
    ['10.0', 'keep_data_file=off', '', 'keep_data_file needs QEMU 10.1 or later; this is 10.0'],
    ['5.1', 'extended_l2=off', '', 'extended_l2 needs QEMU 5.2 or later; this is 5.1'],
    ['4.2', '', 'aio=io_uring', 'aio=io_uring needs QEMU 5.0 or later; this is 4.2'],
    ['2.11', '', 'l2-cache-entry-size=4K', 'l2-cache-entry-size needs QEMU 2.12 or later; this is 2.11'],
    ['2.0', 'preallocation=falloc', '', 'preallocation=falloc needs QEMU 2.2 or later; this is 2.0'],
  ])('QEMU %s, -o "%s" --drive "%s"', (version, create, drive, text) => {
    const qemu = parseQemuVersion(version);
    expect(qemu).toBeDefined();
    const context = { ...usual, ...(qemu && { qemu }) };
    const error = refusal(create, drive, context);
    expect(error?.message).toContain(text);
    expect(error?.hint).toContain(`QEMU ${version} says: `);
    expect(refusal(create, drive, { ...usual, qemu: { major: 11, minor: 1 } })).toBeUndefined();
  });

  test('a backing format may be left out before 6.1', () => {
    const old = { ...usual, qemu: { major: 6, minor: 0 } };
    expect(refusal('backing_file=b', '', old)).toBeUndefined();
    expect(refusal('backing_file=b', '', { ...usual, qemu: { major: 6, minor: 1 } })).toBeDefined();
  });
});

test('settings that only qemu-img create refuses are measured, with its reason', () => {
  const [configuration] = buildConfigurations(['compat=0.10,extended_l2=on'], []);
  const [worse] = buildConfigurations(['cluster_size=100'], []);
  const [drive] = buildConfigurations(['compat=0.10,extended_l2=on'], ['l2-cache-entry-size=3']);
  const measure = (one: typeof configuration) => one && validateForMeasure(one, usual);
  expect(measure(configuration)?.message).toContain(
    'Extended L2 entries are only supported with compatibility level 1.1',
  );
  expect(() => measure(worse)).toThrow('Cluster size must be a power of two');
  expect(() => measure(drive)).toThrow('L2 cache entry size must be');
});

test('an unknown option in settings made by a program is refused too', () => {
  expect(() => validateConfiguration({ label: 'x', create: { clustersize: 1 }, drive: {} }, usual)).toThrow(
    "Invalid parameter 'clustersize'",
  );
});
