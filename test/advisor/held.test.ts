import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdviceRequest, HeldSettings } from '../../src/advisor/advice-request.ts';
import { recommend } from '../../src/advisor/recommendation.ts';
import { validateConfiguration } from '../../src/settings/validate.ts';
import { adviceRequest, gib, tib, traits } from './requests.ts';

function holding(held: Partial<HeldSettings>, changes: Partial<AdviceRequest> = {}) {
  return adviceRequest({ held: { create: {}, drive: {}, ...held }, ...changes });
}

describe('settings that are held', () => {
  test('are in every proposal, and the rest is searched', () => {
    const request = holding({ create: { cluster_size: 65_536 }, drive: { cache: 'none', discard: 'unmap' } });
    const { recommended, baseline, alternatives } = recommend(request);
    for (const { proposal } of [recommended, baseline, ...alternatives]) {
      expect(proposal.settings.create.cluster_size).toBe(65_536);
      expect(proposal.settings.drive).toMatchObject({ cache: 'none', discard: 'unmap' });
    }
    expect(recommended.proposal.iops.value).toBeGreaterThan(baseline.proposal.iops.value);
    expect(recommended.reasons.find(({ setting }) => setting === 'discard')?.because).toContain('You hold it');
  });

  test('that come first with larger clusters are compared with the smallest of these', () => {
    const { baseline } = recommend(holding({ drive: { 'l2-cache-entry-size': 131_072 } }));
    expect(baseline.proposal.geometry.clusterBytes).toBe(131_072);
  });

  test.each<[string, HeldSettings, Partial<AdviceRequest>, string]>([
    ['each other', { create: { extended_l2: true, compat: '0.10' }, drive: {} }, {}, 'compatibility level 1.1'],
    ['the host', { create: {}, drive: { cache: 'writeback', aio: 'native' } }, {}, 'requires cache.direct=on'],
    [
      'the disk',
      { create: { cluster_size: 512 }, drive: {} },
      { diskBytes: tib },
      'The image size is too large for file format',
    ],
    ['the format', { create: { cluster_size: 100 }, drive: {} }, {}, 'power of two'],
    ['the backing file', { create: { preallocation: 'full' }, drive: {} }, { hasBacking: true }, 'extended_l2 is on'],
    ['the version', { create: { extended_l2: true }, drive: {} }, { qemu: { major: 4, minor: 2 } }, 'QEMU 5.2'],
    ['the target', { create: {}, drive: { 'l2-cache-entry-size': 4096 } }, { target: 'libvirt' }, 'libvirt cannot'],
    ['a file', { create: { backing_file: 'x' }, drive: {} }, {}, 'no setting to hold'],
    [
      'the caches',
      { create: {}, drive: { 'cache-size': 4096, 'l2-cache-size': 8192 } },
      {},
      'may not exceed cache-size',
    ],
  ])('that contradict %s are refused with the reason', (_, held, changes, text) => {
    expect(() => recommend(holding(held, changes))).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(text) }),
    );
  });

  test('that a larger cluster would make possible on a disk beyond the default ones are not refused', () => {
    const { recommended } = recommend(holding({ create: { extended_l2: true } }, { diskBytes: 7 * 1024 * tib }));
    expect(recommended.proposal.geometry.extendedL2).toBe(true);
  });
});

describe('a target', () => {
  test.each(['libvirt', 'virt-install', 'openstack', 'kubevirt', 'qmp'] as const)(
    '%s gets nothing that it cannot express',
    async (target) => {
      const { targetLimits } = await import('../../src/advisor/commands/target-limits.ts');
      const { create, drive } = targetLimits(target);
      for (const name of ['general', 'database', 'random-write']) {
        const { recommended, alternatives } = recommend(adviceRequest({ target, traits: traits(name) }));
        for (const { proposal } of [recommended, ...alternatives]) {
          for (const setting of Object.keys(proposal.settings.create)) expect(create).toContain(setting);
          for (const setting of Object.keys(proposal.settings.drive)) expect(drive).toContain(setting);
        }
      }
    },
  );
});

describe('an image that exists', () => {
  const image = { create: { cluster_size: 32_768, lazy_refcounts: true }, fileName: 'old.qcow2', hasSnapshots: false };

  test('keeps what it was created with; what a conversion would give is the first alternative, with the command', () => {
    const answer = recommend(adviceRequest({ image, fileName: 'old.qcow2' }));
    const { recommended, baseline, alternatives, commands } = answer;
    expect(recommended.proposal.settings.create).toEqual(image.create);
    expect(baseline.proposal.settings).toEqual({ create: image.create, drive: {} });
    expect(alternatives[0]?.title).toBe('after converting');
    expect(Object.values(commands).join('\n')).toContain('qemu-img convert');
    expect(alternatives[0]?.proposal.settings.create.cluster_size).toBeGreaterThan(32_768);
  });

  test('that is as good as any new one is not to be converted', () => {
    const small = adviceRequest({ diskBytes: 10 * gib, image: { ...image, create: {} } });
    const { nothingToGain, alternatives } = recommend(small);
    expect(nothingToGain).toBe(true);
    expect(alternatives.map(({ title }) => title)).not.toContain('after converting');
  });
});

test('whatever is held, what is proposed has it and QEMU takes it', () => {
  const anyHeld = fc.record(
    {
      cluster_size: fc.constantFrom(4096, 16_384, 65_536, 2 ** 20),
      extended_l2: fc.boolean(),
      lazy_refcounts: fc.boolean(),
      compat: fc.constantFrom('1.1', '0.10'),
      preallocation: fc.constantFrom('off', 'metadata', 'falloc'),
    },
    { requiredKeys: [] },
  );
  const anyDrive = fc.record(
    { 'l2-cache-size': fc.constantFrom(2 ** 20, 2 ** 25), 'l2-cache-entry-size': fc.constantFrom(4096, 65_536) },
    { requiredKeys: [] },
  );
  let answered = 0;
  fc.assert(
    fc.property(anyHeld, anyDrive, fc.boolean(), (create, drive, hasBacking) => {
      const request = holding({ create, drive } as HeldSettings, { diskBytes: 300 * gib, hasBacking });
      let answer: ReturnType<typeof recommend>;
      try {
        answer = recommend(request);
      } catch (error) {
        expect(error).toMatchObject({ code: 'usage' });
        return;
      }
      answered++;
      for (const { title, proposal } of [answer.recommended, answer.baseline, ...answer.alternatives]) {
        expect(proposal.settings.create).toMatchObject(create);
        expect(proposal.settings.drive).toMatchObject(drive);
        validateConfiguration({ label: title, ...proposal.settings }, { diskBytes: request.diskBytes, hasBacking });
      }
    }),
    { numRuns: 120, seed: 4 },
  );
  expect(answered).toBeGreaterThan(30);
});
