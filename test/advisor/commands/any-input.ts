import fc from 'fast-check';
import type { TargetInput } from '../../../src/advisor/commands/target.ts';
import { propose } from '../../../src/advisor/proposal.ts';
import type { SettingValues } from '../../../src/settings/configuration.ts';
import { adviceRequest, gib } from '../requests.ts';

/** Names of files that a shell, QEMU's option strings, XML, XPath, YAML or virt-install could take for something else. */
const awkwardNames = [
  ...[
    "it's",
    'a b',
    'a,b',
    'a"b',
    'a\\b',
    '-x',
    '--help',
    'a:b',
    'json:{}',
    'nbd:x',
    'file=x',
    '{a,b}',
    '*',
    '~',
    '#x',
  ],
  ...[
    'ü→🙂',
    '100%',
    '%s',
    '<a>&b',
    '&amp;',
    ']]>',
    '--',
    '$(id)',
    '`id`',
    '$HOME',
    'a;b',
    'a=b,c=d',
    '[x]',
    '|',
    "'''",
    '""',
  ],
];

/** Anything that a file may be called and that can be pasted. */
export const fileNames: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...awkwardNames).map((name) => `${name}.qcow2`),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((name) => !/[\p{Cc}\p{Cs}\u2028\u2029\uFFFE\uFFFF/]/u.test(name) && !/^\.{1,2}$/.test(name)),
);

const mib = 2 ** 20;

function created(hasBacking: boolean): fc.Arbitrary<SettingValues> {
  return fc
    .record({
      cluster_size: fc.constantFrom(16, 64, 128, 512, 2048).map((kib) => kib * 1024),
      extended_l2: fc.boolean(),
      preallocation: fc.constantFrom('off', 'metadata'),
      lazy_refcounts: fc.boolean(),
      refcount_bits: fc.constantFrom(8, 16),
    })
    .map(({ preallocation, ...others }) => ({
      ...others,
      // QEMU refuses it on a backing file without subclusters.
      ...(hasBacking && !others.extended_l2 ? {} : { preallocation }),
    }));
}

interface DriveChoice {
  /** Whether `aio=io_uring`, which a container may forbid, and options later than QEMU 7.2 may appear. */
  readonly everything: boolean;
}

function drives({ everything }: DriveChoice): fc.Arbitrary<SettingValues> {
  const some = { requiredKeys: [] };
  return fc
    .record(
      {
        'l2-cache-size': fc.constantFrom(1, 4, 32, 200).map((size) => size * mib),
        'l2-cache-entry-size': fc.constantFrom(512, 4096, 16_384),
        'cache-clean-interval': fc.constantFrom(0, 60, 600),
        'overlap-check': fc.constantFrom('none', 'constant', 'all'),
        'lazy-refcounts': fc.boolean(),
        'pass-discard-snapshot': fc.boolean(),
        cache: fc.constantFrom('none', 'writeback', 'unsafe', 'writethrough'),
        aio: everything ? fc.constantFrom('threads', 'io_uring') : fc.constant('threads'),
        discard: fc.constantFrom('unmap', 'ignore'),
        'detect-zeroes': fc.constantFrom('on', 'unmap'),
        ...(everything ? { 'discard-no-unref': fc.constant(true) } : {}),
      },
      some,
    )
    .map((drive) => {
      const plain: SettingValues = Object.fromEntries(
        Object.entries(drive).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      );
      // QEMU refuses the one without the other.
      return plain['detect-zeroes'] === 'unmap' ? { ...plain, discard: 'unmap' } : plain;
    });
}

/** Something that a recommendation could say, for a file with any name; small disks, so that images with their tables are made fast. */
export function anyInput(choice: DriveChoice): fc.Arbitrary<TargetInput> {
  return fc.boolean().chain((hasBacking) =>
    fc
      .record({ fileName: fileNames, create: created(hasBacking), drive: drives(choice), sectors: fc.nat(2047) })
      .map(({ fileName, create, drive, sectors }) => {
        const request = adviceRequest({ diskBytes: gib + sectors * 512, hasBacking, fileName });
        return { request, proposal: propose(request, { create, drive }) };
      }),
  );
}
