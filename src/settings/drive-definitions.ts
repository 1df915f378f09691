import { cacheModes } from './cache-mode.ts';
import { type SettingDefinition, type SettingDomain, v } from './definition.ts';
import { type OverlapCheckName, overlapCheckNames, overlapTemplates } from './overlap-checks.ts';
import type { QemuVersion } from './qemu-version.ts';

const size: SettingDomain = { kind: 'size' };
const onOff: SettingDomain = { kind: 'switch' };

const options = 'QEMU block/qcow2.c, qcow2_runtime_opts';
const sizing = 'QEMU block/qcow2.c, read_cache_sizes; docs/qcow2-cache.txt';
const block = 'QEMU qapi/block-core.json, BlockdevOptions';

const overlapTemplate: SettingDomain = {
  kind: 'choice',
  choices: overlapTemplates.map((value) => ({ value })),
  refusal: (value) =>
    `Unsupported value '${value}' for qcow2 option 'overlap-check'. Allowed are any of the following: none, constant, cached, all`,
};

/** What each single check compares a write with, and what a check costs. */
const overlapTexts: Readonly<Record<OverlapCheckName, readonly [what: string, costs: string]>> = {
  'main-header': ['the header', 'One comparison a write.'],
  'active-l1': ['the active L1 table', 'One comparison a write.'],
  'active-l2': [
    'the active L2 tables',
    'One comparison for each L1 entry a write: 16,384 for 8 TiB with 64 KiB clusters.',
  ],
  'refcount-table': ['the refcount table', 'One comparison a write.'],
  'refcount-block': ['the refcount blocks', 'One comparison for each refcount block in use a write.'],
  'snapshot-table': ['the snapshot table', 'One comparison a write.'],
  'inactive-l1': ["the snapshots' L1 tables", 'One comparison for each snapshot a write.'],
  'inactive-l2': ["the snapshots' L2 tables", 'Reads the L1 table of every snapshot from disk at each write.'],
  'bitmap-directory': ['the bitmap directory', 'One comparison a write.'],
};

function overlapSwitch(name: OverlapCheckName): SettingDefinition {
  const [what, costs] = overlapTexts[name];
  const since: QemuVersion = name === 'bitmap-directory' ? v(3, 0) : v(1, 7);
  return {
    name: `overlap-check.${name}`,
    scope: 'drive',
    domain: onOff,
    default: 'as the template says',
    since,
    does: `Checks that a write does not hit ${what}.`,
    costs,
    source: 'QEMU block/qcow2-refcount.c, qcow2_check_metadata_overlap',
  };
}

/** Options of `-drive` and of a qcow2 block node. */
export const driveDefinitions: readonly SettingDefinition[] = [
  {
    name: 'l2-cache-size',
    scope: 'drive',
    domain: size,
    default: 'as much as the disk can use, at most 32M',
    since: v(2, 2),
    does: 'Limits the memory for L2 tables, which map the guest disk to the file.',
    costs: 'Memory, once a node of the chain; what does not fit is read from the file for each miss.',
    source: sizing,
  },
  {
    name: 'l2-cache-entry-size',
    scope: 'drive',
    domain: size,
    default: 'cluster_size where the cache holds all tables, else 4K',
    since: v(2, 12),
    does: 'Sets how much of an L2 table is read at a miss: a power of two from 512 to cluster_size.',
    costs: 'Large entries read more for each miss and hold fewer places of the disk.',
    source: sizing,
  },
  {
    name: 'refcount-cache-size',
    scope: 'drive',
    domain: size,
    default: '4 clusters',
    since: v(2, 2),
    does: 'Limits the memory for refcount blocks, which allocating writes and snapshots use.',
    costs: 'Memory; more than 4 clusters seldom helps.',
    source: sizing,
  },
  {
    name: 'cache-size',
    scope: 'drive',
    domain: size,
    default: 'not set',
    since: v(2, 2),
    does: 'Limits both caches together.',
    costs: 'Memory; what the L2 cache cannot use goes to the refcount cache.',
    source: sizing,
  },
  {
    name: 'cache-clean-interval',
    scope: 'drive',
    domain: { kind: 'number' },
    default: '600',
    since: v(2, 5),
    does: 'Gives back cache memory that was not used for so many seconds; 0 never.',
    costs: 'The first access after a pause reads the tables again.',
    source: options,
  },
  {
    name: 'lazy-refcounts',
    scope: 'drive',
    domain: onOff,
    default: 'as the image says',
    since: v(1, 5),
    does: 'Postpones refcount updates until the image is closed.',
    costs: 'After a crash the whole image is checked when it is opened for writing next.',
    source: options,
  },
  {
    name: 'overlap-check',
    scope: 'drive',
    domain: overlapTemplate,
    default: 'cached',
    since: v(1, 7),
    does: 'Selects what each write is checked against, so that damage is noticed before it spreads.',
    costs: 'Processor time for each write: nothing with none, reads from disk with all.',
    source: 'QEMU block/qcow2-refcount.c, qcow2_check_metadata_overlap',
  },
  {
    name: 'overlap-check.template',
    scope: 'drive',
    domain: overlapTemplate,
    default: 'cached',
    since: v(2, 2),
    does: 'The same as overlap-check.',
    costs: 'As overlap-check.',
    source: options,
  },
  ...overlapCheckNames.map(overlapSwitch),
  {
    name: 'pass-discard-request',
    scope: 'drive',
    domain: onOff,
    default: 'on with discard=unmap, else off',
    since: v(1, 6),
    does: 'Frees space on the host when the guest discards.',
    costs: 'Host I/O for each discard.',
    source: options,
  },
  {
    name: 'pass-discard-snapshot',
    scope: 'drive',
    domain: onOff,
    default: 'on',
    since: v(1, 6),
    does: 'Frees space on the host when a snapshot is deleted.',
    costs: 'Host I/O when a snapshot is deleted.',
    source: options,
  },
  {
    name: 'pass-discard-other',
    scope: 'drive',
    domain: onOff,
    default: 'off',
    since: v(1, 6),
    does: 'Frees space on the host when clusters become unused in other ways.',
    costs: 'Host I/O for freed metadata.',
    source: options,
  },
  {
    name: 'discard-no-unref',
    scope: 'drive',
    domain: onOff,
    default: 'off',
    since: v(8, 1),
    does: 'Keeps discarded clusters in their place in the file, so that it does not fragment.',
    costs: 'The space inside the file is not used for other data.',
    source: 'QEMU qapi/block-core.json, BlockdevOptionsQcow2',
  },
  {
    name: 'discard',
    scope: 'drive',
    domain: {
      kind: 'choice',
      choices: [
        { value: 'ignore', aliases: ['off'] },
        { value: 'unmap', aliases: ['on'] },
      ],
      refusal: () => 'Invalid discard option',
    },
    default: 'ignore',
    since: v(1, 5),
    does: "Lets the guest's discards through to the image.",
    costs: 'Metadata updates for each discard.',
    source: block,
  },
  {
    name: 'detect-zeroes',
    scope: 'drive',
    domain: {
      kind: 'choice',
      choices: [{ value: 'off' }, { value: 'on' }, { value: 'unmap' }],
      refusal: (value) => `invalid parameter value: ${value}`,
    },
    default: 'off',
    since: v(2, 1),
    does: 'Turns writes that are all zero into zero clusters.',
    costs: 'Every written byte is looked at.',
    source: block,
  },
  {
    name: 'cache',
    scope: 'drive',
    domain: {
      kind: 'choice',
      choices: cacheModes.map((value) => (value === 'none' ? { value, aliases: ['off'] } : { value })),
      refusal: () => 'invalid cache option',
    },
    default: 'writeback; qtune measures with none',
    since: v(0, 10),
    does: "Selects whether the host's page cache is used and when writes are flushed.",
    costs: 'writethrough and directsync flush after each write; unsafe loses data when the host fails.',
    source: 'QEMU block.c, bdrv_parse_cache_mode',
  },
  {
    name: 'cache.writeback',
    scope: 'drive',
    domain: onOff,
    default: 'as cache says',
    since: v(2, 6),
    does: 'Off makes each guest write end with a flush.',
    costs: 'As cache.',
    source: block,
  },
  {
    name: 'cache.direct',
    scope: 'drive',
    domain: onOff,
    default: 'as cache says',
    since: v(1, 7),
    does: "On bypasses the host's page cache.",
    costs: 'As cache.',
    source: block,
  },
  {
    name: 'cache.no-flush',
    scope: 'drive',
    domain: onOff,
    default: 'as cache says',
    since: v(1, 7),
    does: 'On never flushes to the disk.',
    costs: 'As cache.',
    source: block,
  },
  {
    name: 'aio',
    scope: 'drive',
    domain: {
      kind: 'choice',
      choices: [{ value: 'threads' }, { value: 'native' }, { value: 'io_uring', since: v(5, 0) }],
      refusal: () => 'invalid aio option',
    },
    default: 'threads',
    since: v(0, 14),
    does: 'Selects how QEMU gives its I/O to the host kernel.',
    costs: 'native needs cache.direct=on (cache=none or directsync); io_uring needs a kernel that allows it.',
    source: 'QEMU block/file-posix.c, raw_open_common',
  },
];
