import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { driveNode } from '../../src/settings/blockdev.ts';
import { cacheFlags } from '../../src/settings/cache-mode.ts';
import { definitionsOf, unknownOption } from '../../src/settings/catalogue.ts';
import type { Configuration } from '../../src/settings/configuration.ts';
import type { SettingDefinition } from '../../src/settings/definition.ts';
import { buildConfigurations } from '../../src/settings/matrix.ts';
import { isAtLeast, type QemuVersion } from '../../src/settings/qemu-version.ts';
import { validateConfiguration } from '../../src/settings/validate.ts';
import { type Answer, answerOf, type Oracle, oracles, run, seededPicker, twoAtATime } from './qemu-oracle.ts';

// Opening an image in `qemu-io` of every QEMU at hand against the catalogue.

const diskBytes = 1024 ** 3;
/** Images that the options are tried on, by name. */
const images: Readonly<Record<string, string>> = {
  usual: 'cluster_size=64K',
  small: 'cluster_size=512',
  large: 'cluster_size=2M,extended_l2=on',
  old: 'compat=0.10',
};
/** `qemu-io` has no `-drive`: these are given in other ways, or not at all. */
const definitions = [...definitionsOf('drive').values()].filter(({ name }) => name !== 'cache.writeback');

function samples({ name, domain }: SettingDefinition): readonly string[] {
  switch (domain.kind) {
    case 'switch':
      return name === 'lazy-refcounts'
        ? ['on', 'off', 'yes', 'no', 'true', 'n', 'On', '0', '']
        : ['on', 'off', 'maybe'];
    case 'choice':
      return [...domain.choices.flatMap(({ value, aliases }) => [value, ...(aliases ?? [])]), 'nonsense', ''];
    case 'number':
      return ['0', '1', '600', '4294967295', '4294967296', '-1', '0x10', '010', '1.5', '1M', ''];
    case 'size':
      return name === 'l2-cache-entry-size'
        ? ['512', '1K', '4K', '64K', '128K', '2M', '4M', '0', '256', '3000', '1.5K', 'x', '']
        : ['0', '1', '1000', '128K', '1.5M', '32M', 'x', '-1', '1Q', ''];
    default:
      return [];
  }
}

function cases(): readonly { readonly image: string; readonly list: string }[] {
  const on = (image: string) => (list: string) => ({ image, list });
  const single = definitions.flatMap((definition) => samples(definition).map((value) => `${definition.name}=${value}`));
  const rules = [
    'lazy-refcounts',
    'nolazy-refcounts',
    'l2-cache-sise=1M',
    'l2-cache-size=1,l2-cache-size=2M',
    'cache-size=1M,l2-cache-size=1M',
    'cache-size=1M,l2-cache-size=2M',
    'cache-size=1M,refcount-cache-size=2M',
    'cache-size=1M,l2-cache-size=512K,refcount-cache-size=256K',
    'cache-size=0,l2-cache-size=0',
    'cache-size=2T,refcount-cache-size=1M,l2-cache-entry-size=512',
    'overlap-check=all,overlap-check.template=all',
    'overlap-check=all,overlap-check.template=none',
    'overlap-check.template=constant,overlap-check.active-l2=on,overlap-check.main-header=off',
    'detect-zeroes=unmap,discard=unmap',
    'detect-zeroes=unmap,discard=ignore',
    'detect-zeroes=unmap,discard=on',
    'aio=native,cache=writeback',
    'aio=native,cache=none',
    'aio=native,cache=directsync',
    'aio=native,cache=writeback,cache.direct=on',
    'aio=io_uring,cache=unsafe',
    'discard-no-unref=on,lazy-refcounts=on',
  ];
  const pick = seededPicker(7);
  const combined = Array.from({ length: 60 }, () => {
    const names = new Set<SettingDefinition>();
    while (names.size < 3) {
      const definition = definitions[pick(definitions.length)];
      if (definition) names.add(definition);
    }
    const list = [...names]
      .map((definition) => {
        const good =
          definition.domain.kind === 'switch'
            ? ['on', 'off', 'yes']
            : samples(definition).filter((value) => /^(\d+[KM]?|[a-z_]{4,})$/.test(value) && value !== 'nonsense');
        return `${definition.name}=${good[pick(good.length)]}`;
      })
      .join(',');
    return { image: Object.keys(images)[pick(4)] ?? 'usual', list };
  });
  return [
    ...single.map(on('usual')),
    ...rules.flatMap((list) => Object.keys(images).map((image) => ({ image, list }))),
    ...['512', '1K', '64K', '2M'].flatMap((entry) =>
      Object.keys(images).map((image) => ({ image, list: `l2-cache-entry-size=${entry}` })),
    ),
    // Larger clusters make fewer tables, and QEMU then fails for want of memory only.
    { image: 'small', list: 'refcount-cache-size=5T' },
    ...combined,
  ];
}

function configurationOf(image: string, list: string): Configuration | undefined {
  return buildConfigurations([images[image] ?? ''], [list])[0];
}

function ours(image: string, list: string, qemu: QemuVersion): Answer {
  try {
    const configuration = configurationOf(image, list);
    if (!configuration) return 'no configuration';
    validateConfiguration(configuration, { diskBytes, hasBacking: false, qemu });
    return undefined;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return `${error.message}\n${error.hint ?? ''}`;
  }
}

/** The list as `qemu-io` takes it: `aio` goes to the file node, `cache` to `-t`, and what `-drive` leaves out is `none`. */
function command(image: string, list: string): readonly string[] {
  let mode = list.includes('cache.') ? 'writeback' : 'none';
  const rest = list.split(',').flatMap((option) => {
    const [name, value = ''] = option.split('=');
    if (name === 'cache') mode = value;
    return name === 'cache' ? [] : name === 'aio' ? [`file.aio=${value}`] : [option];
  });
  const options = ['driver=qcow2', 'file.driver=file', `file.filename=${image}.qcow2`, ...rest].join(',');
  return ['-t', mode, '-d', 'ignore', '--image-opts', options, '-c', 'length'];
}

let directory = '';
let tools: readonly Oracle[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-drive-'));
  tools = await oracles();
  const first = tools[0];
  if (!first) return;
  for (const [name, options] of Object.entries(images)) {
    const made = ['create', '-q', '-f', 'qcow2', '-o', options, `${name}.qcow2`, String(diskBytes)];
    expect(await run(join(first.bin, 'qemu-img'), made, directory)).toMatchObject({ ok: true });
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** QEMU's texts differ between `-drive` and `qemu-io` for these two; that both refuse is compared. */
const wordedElsewhere = /^(cache|aio)=/;

describe('opening an image', () => {
  test('agrees with the catalogue in every QEMU: what is accepted, and why not', async (context) => {
    if (tools.length === 0) return context.skip('no QEMU on this machine');
    const tried = cases();
    const differences: string[] = [];
    for (const qemu of tools) {
      const tooNew = definitions
        .filter(({ since }) => !isAtLeast(qemu.version, since))
        .map(({ name }) => unknownOption('drive', name));
      const theirs = await twoAtATime(tried, async ({ image, list }) => {
        // One image open for writing at a time, hence one name a case is not needed: the lock is not taken.
        return answerOf(await run(join(qemu.bin, 'qemu-io'), unlocked(command(image, list)), directory));
      });
      tried.forEach(({ image, list }, index) => {
        const [mine, answer] = [ours(image, list, qemu.version), theirs[index]];
        const loose =
          wordedElsewhere.test(list) ||
          list.includes('=-') ||
          mine?.includes(' needs QEMU ') === true ||
          (answer !== undefined && tooNew.includes(answer));
        const agree =
          answer === undefined ? mine === undefined : mine !== undefined && (loose || mine.includes(answer));
        if (!agree) differences.push(`${qemu.name} ${image} --drive ${list}\n  QEMU:  ${answer}\n  qtune: ${mine}`);
      });
    }
    expect(differences).toEqual([]);
  });

  test('takes the node that qtune makes of each list that it accepts', async (context) => {
    const newest = tools.at(-1);
    if (!newest) return context.skip('no QEMU on this machine');
    const accepted = cases().filter(({ image, list }) => ours(image, list, newest.version) === undefined);
    expect(accepted.length).toBeGreaterThan(100);
    const answers = await twoAtATime(accepted, async ({ image, list }) => {
      const { qcow2, cache, aio, discard, detectZeroes } = driveNode(configurationOf(image, list)?.drive ?? {});
      const { direct, noFlush } = cacheFlags(cache ?? 'none');
      const modes = { direct, 'no-flush': noFlush };
      const file = { driver: 'file', filename: `${image}.qcow2`, locking: 'off', cache: modes, ...(aio && { aio }) };
      const node = {
        driver: 'qcow2',
        file,
        cache: modes,
        ...(discard && { discard }),
        ...(detectZeroes && { 'detect-zeroes': detectZeroes }),
        ...qcow2,
      };
      return answerOf(
        await run(
          join(newest.bin, 'qemu-io'),
          ['-d', 'ignore', `json:${JSON.stringify(node)}`, '-c', 'length'],
          directory,
        ),
      );
    });
    expect(
      accepted.flatMap((one, index) => (answers[index] === undefined ? [] : [{ ...one, says: answers[index] }])),
    ).toEqual([]);
  });
});

function unlocked(args: readonly string[]): readonly string[] {
  return args.map((arg) => (arg.startsWith('driver=qcow2,') ? `${arg},file.locking=off` : arg));
}
