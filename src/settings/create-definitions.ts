import { type SettingDefinition, type SettingDomain, v } from './definition.ts';

/** What a value of QEMU's schema reports when it is none of the known ones, under the schema's own name. */
function schemaRefusal(name: string): (value: string) => string {
  return (value) => `Parameter '${name}' does not accept value '${value}'`;
}

const size: SettingDomain = { kind: 'size' };
const number: SettingDomain = { kind: 'number' };
const onOff: SettingDomain = { kind: 'switch' };
const text: SettingDomain = { kind: 'text' };

const manual = 'QEMU docs/system/images.rst, disk image file formats';
const encryption = 'not measured by qtune';

function encrypt(name: string, domain: SettingDomain, does: string): SettingDefinition {
  return {
    name: `encrypt.${name}`,
    scope: 'create',
    domain,
    default: name === 'format' ? 'none' : 'as the cipher says',
    since: v(2, 10),
    does,
    costs: encryption,
    source: 'QEMU qapi/crypto.json',
  };
}

/** Options of `qemu-img create -f qcow2 -o`, without `size`, which is the disk's own. */
export const createDefinitions: readonly SettingDefinition[] = [
  {
    name: 'cluster_size',
    scope: 'create',
    domain: size,
    default: '64K',
    since: v(0, 10),
    does: 'Sets the unit of allocation: a power of two from 512 bytes to 2 MiB.',
    costs:
      'Small clusters need more metadata and cache memory for the same disk; large ones copy and allocate more for each first write.',
    source: 'QEMU block/qcow2.c, validate_cluster_size',
  },
  {
    name: 'extended_l2',
    scope: 'create',
    domain: onOff,
    default: 'off',
    since: v(5, 2),
    does: 'Divides each cluster into 32 subclusters that are allocated one by one.',
    costs:
      'Twice the L2 metadata and cache memory; clusters of at least 16 KiB; QEMU before 5.2 cannot open the image.',
    source: 'QEMU docs/interop/qcow2.txt, extended L2 entries',
  },
  {
    name: 'preallocation',
    scope: 'create',
    domain: {
      kind: 'choice',
      choices: [
        { value: 'off' },
        { value: 'metadata' },
        { value: 'falloc', since: v(2, 2) },
        { value: 'full', since: v(2, 2) },
      ],
      refusal: schemaRefusal('preallocation'),
    },
    default: 'off',
    since: v(0, 12),
    does: 'Allocates the tables, or tables and data, when the image is created.',
    costs: 'Time at creation; falloc and full take the whole disk on the host at once.',
    source: manual,
  },
  {
    name: 'refcount_bits',
    scope: 'create',
    domain: number,
    default: '16',
    since: v(2, 3),
    does: 'Sets the width of a reference count: a power of two from 1 to 64.',
    costs: 'Narrow ones limit internal snapshots (1 bit: none); wide ones make refcount blocks larger.',
    source: 'QEMU block/qcow2.c, qcow2_co_create',
  },
  {
    name: 'lazy_refcounts',
    scope: 'create',
    domain: onOff,
    default: 'off',
    since: v(1, 2),
    does: 'Marks the image so that refcount updates are postponed until it is closed.',
    costs: 'After a crash the whole image is checked when it is opened for writing next.',
    source: manual,
  },
  {
    name: 'compat',
    scope: 'create',
    domain: {
      kind: 'choice',
      choices: [
        { value: '1.1', aliases: ['v3'] },
        { value: '0.10', aliases: ['v2'] },
      ],
      refusal: schemaRefusal('version'),
    },
    default: '1.1',
    since: v(1, 1),
    does: 'Selects format version 2 (0.10) or 3 (1.1).',
    costs:
      '0.10 has no zero clusters, lazy refcounts, subclusters, external data files or zstd, and 16-bit refcounts only.',
    source: manual,
  },
  {
    name: 'compression_type',
    scope: 'create',
    domain: {
      kind: 'choice',
      choices: [{ value: 'zlib' }, { value: 'zstd' }],
      refusal: schemaRefusal('compression-type'),
    },
    default: 'zlib',
    since: v(5, 1),
    does: 'Selects the algorithm of compressed clusters.',
    costs: 'zstd is several times faster to compress; QEMU before 5.1 cannot open the image.',
    source: 'QEMU commit d298ac10ad',
  },
  {
    name: 'data_file',
    scope: 'create',
    domain: text,
    default: 'none',
    since: v(4, 0),
    does: 'Puts the guest data into a file of its own, which is created or overwritten.',
    costs: 'Two files to keep together; no internal snapshots and no compression of the data.',
    source: 'QEMU docs/interop/qcow2.txt, external data file',
  },
  {
    name: 'data_file_raw',
    scope: 'create',
    domain: onOff,
    default: 'off',
    since: v(4, 0),
    does: 'Keeps the external data file readable as a raw image.',
    costs: 'Needs data_file, excludes a backing file and preallocates the metadata.',
    source: 'QEMU docs/interop/qcow2.txt, raw external data',
  },
  {
    name: 'keep_data_file',
    scope: 'create',
    domain: { kind: 'switch', strict: true },
    default: 'off',
    since: v(10, 1),
    does: 'Uses an external data file that exists already, without overwriting it.',
    costs: 'Needs data_file with data_file_raw=on or preallocation=metadata.',
    source: 'QEMU mailing list, "qcow2: Add keep_data_file command-line option", 2025-05-30; options of QEMU 11.1',
  },
  {
    name: 'backing_file',
    scope: 'create',
    domain: text,
    default: 'none',
    since: v(0, 10),
    does: 'Names the image that unallocated clusters are read from.',
    costs: 'A first write copies the rest of its cluster, or of its subcluster with extended_l2=on.',
    source: manual,
  },
  {
    name: 'backing_fmt',
    scope: 'create',
    domain: text,
    default: 'none; required with backing_file since 6.1',
    since: v(0, 11),
    does: 'Names the format of the backing file.',
    costs: 'none',
    source: manual,
  },
  {
    name: 'nocow',
    scope: 'create',
    domain: onOff,
    default: 'off',
    since: v(2, 1),
    does: 'Turns off copy-on-write of the image file on btrfs; other file systems ignore it.',
    costs: 'No checksums and no compression of the file on btrfs.',
    source: manual,
  },
  {
    name: 'extent_size_hint',
    scope: 'create',
    domain: size,
    default: '1M',
    since: v(5, 1),
    does: 'Asks XFS to allocate the image file in extents of this size; 0 leaves it alone.',
    costs: 'Large hints take more space than was written.',
    source: 'QEMU block/file-posix.c, raw_co_create',
  },
  encrypt('format', text, 'Encrypts the guest data: luks, or the obsolete aes.'),
  encrypt('key-secret', text, 'Names the secret that holds the passphrase.'),
  encrypt('cipher-alg', text, 'Selects the cipher.'),
  encrypt('cipher-mode', text, 'Selects the mode of the cipher.'),
  encrypt('ivgen-alg', text, 'Selects how initialisation vectors are made.'),
  encrypt('ivgen-hash-alg', text, 'Selects the hash of the initialisation vectors.'),
  encrypt('hash-alg', text, 'Selects the hash of the key derivation.'),
  encrypt('iter-time', number, 'Sets the time to spend in the key derivation, in milliseconds.'),
  {
    name: 'encryption',
    scope: 'create',
    domain: onOff,
    default: 'off',
    since: v(0, 10),
    does: 'Encrypts the guest data in the obsolete aes format.',
    costs: encryption,
    source: manual,
  },
];
