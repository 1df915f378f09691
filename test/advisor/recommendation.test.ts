import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { priorities } from '../../src/advisor/advice-request.ts';
import { speedRatio, toleranceRatio } from '../../src/advisor/choose.ts';
import { recommend } from '../../src/advisor/recommendation.ts';
import { workloadTraits } from '../../src/advisor/workload-traits.ts';
import { validateConfiguration } from '../../src/settings/validate.ts';
import { adviceRequest, gib, tib, traits } from './requests.ts';

describe('a disk of 2 TiB', () => {
  test('gets subclusters in clusters that the default cache covers', () => {
    const { recommended, baseline, nothingToGain } = recommend(adviceRequest());
    expect(recommended.proposal.settings).toEqual({
      create: { cluster_size: 2 ** 20, extended_l2: true },
      drive: { 'l2-cache-entry-size': 65_536 },
    });
    expect(recommended.proposal.cache.coveredBytes).toBe(2 * tib);
    expect(recommended.proposal.memoryBytes).toBe(36 * 2 ** 20);
    expect(baseline.proposal.cache.coveredBytes).toBe(256 * gib);
    expect(nothingToGain).toBe(false);
  });

  test('without subclusters gets the larger cache, since larger clusters let the file grow too fast', () => {
    const { recommended } = recommend(adviceRequest({ qemu: { major: 4, minor: 2 } }));
    expect('extended_l2' in recommended.proposal.settings.create).toBe(false);
  });

  test('for reads only gets the smallest clusters that the default cache covers', () => {
    const { recommended } = recommend(adviceRequest({ traits: traits('random-read') }));
    expect(recommended.proposal.settings.create).toEqual({ cluster_size: 524_288 });
  });

  test('has a larger cache and larger clusters as alternatives', () => {
    const { alternatives } = recommend(adviceRequest());
    expect(alternatives.map(({ title }) => title)).toEqual(['only a larger cache', 'only larger clusters']);
    expect(alternatives[0]?.proposal.settings).toEqual({ create: {}, drive: { 'l2-cache-size': 256 * 2 ** 20 } });
  });
});

describe('nothing to gain', () => {
  test('is the answer for 100 GiB at the defaults, and the recommendation is the baseline', () => {
    const { nothingToGain, recommended, baseline, alternatives } = recommend(adviceRequest({ diskBytes: 100 * gib }));
    expect(nothingToGain).toBe(true);
    expect(recommended.proposal).toEqual(baseline.proposal);
    expect(alternatives).toHaveLength(2);
  });

  test('is not the answer with a backing file, where subclusters save the copying', () => {
    const { nothingToGain, recommended } = recommend(adviceRequest({ diskBytes: 100 * gib, hasBacking: true }));
    expect(nothingToGain).toBe(false);
    expect(recommended.proposal.settings.create.extended_l2).toBe(true);
  });

  test('is not the answer where the defaults exceed the limit on memory', () => {
    const { nothingToGain, recommended } = recommend(
      adviceRequest({ diskBytes: 100 * gib, memoryLimitBytes: 2 ** 23 }),
    );
    expect(nothingToGain).toBe(false);
    expect(recommended.proposal.memoryBytes).toBeLessThanOrEqual(2 ** 23);
  });
});

test('a database that flushes gets its metadata in advance', () => {
  const { recommended } = recommend(adviceRequest({ diskBytes: 100 * gib, traits: traits('database') }));
  expect(recommended.proposal.settings.create.preallocation).toBe('metadata');
});

test('a limit below the least is refused with the least', () => {
  expect(() => recommend(adviceRequest({ memoryLimitBytes: 70 * 1024 }))).toThrow(
    expect.objectContaining({ code: 'usage', hint: expect.stringContaining('72K') }),
  );
});

test('a disk beyond the default clusters is compared with the smallest that can hold it', () => {
  const { baseline, recommended } = recommend(adviceRequest({ diskBytes: 7 * 1024 * tib }));
  expect(baseline.proposal.geometry.clusterBytes).toBe(131_072);
  expect(recommended.proposal.geometry.diskBytes).toBe(7 * 1024 * tib);
});

test('priority memory never takes more, and space never grows more, than the defaults', () => {
  const memory = recommend(adviceRequest({ priority: 'memory' }));
  expect(memory.recommended.proposal.memoryBytes).toBeLessThan(memory.baseline.proposal.memoryBytes);
  const space = recommend(adviceRequest({ priority: 'space' }));
  expect(space.recommended.proposal.spaceAmplification.value).toBeLessThan(
    space.baseline.proposal.spaceAmplification.value,
  );
  expect(space.recommended.proposal.settings.drive.discard).toBe('unmap');
});

const anyRequest = fc
  .record({
    diskBytes: fc
      .tuple(fc.integer({ min: 20, max: 47 }), fc.double({ min: 1, max: 2, noNaN: true }))
      .map(([power, factor]) => Math.floor((2 ** power * factor) / 512) * 512),
    traits: fc.constantFrom(...workloadTraits),
    hasBacking: fc.boolean(),
    priority: fc.constantFrom(...priorities),
    qemu: fc.constantFrom(undefined, { major: 5, minor: 0 }, { major: 7, minor: 2 }, { major: 11, minor: 1 }),
    // From the least that any disk of this range needs, in powers of two with a fraction.
    memoryLimitBytes: fc.option(
      fc.double({ min: 18, max: 32, noNaN: true }).map((power) => Math.floor(2 ** power)),
      { nil: undefined },
    ),
  })
  .map(({ qemu, memoryLimitBytes, ...rest }) =>
    adviceRequest({ ...rest, ...(qemu ? { qemu } : {}), ...(memoryLimitBytes ? { memoryLimitBytes } : {}) }),
  );

const runs = { numRuns: 150, seed: 20 };

test('the limit on memory holds for everything that is proposed', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { recommended, alternatives } = recommend(request);
      const limit = request.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
      for (const option of [recommended, ...alternatives]) {
        expect(option.proposal.memoryBytes).toBeLessThanOrEqual(limit);
      }
    }),
    runs,
  );
});

test('QEMU of the given version accepts everything that is proposed', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { recommended, baseline, alternatives } = recommend(request);
      for (const { title, proposal } of [recommended, baseline, ...alternatives]) {
        const context = {
          diskBytes: request.diskBytes,
          hasBacking: request.hasBacking,
          ...(request.qemu ? { qemu: request.qemu } : {}),
        };
        validateConfiguration({ label: title, ...proposal.settings }, context);
        validateConfiguration({ label: title, ...proposal.stated }, context);
      }
    }),
    runs,
  );
});

test('under speed the recommendation is predicted to be at least as fast as defaults within the same limit', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      fc.pre(request.priority === 'speed');
      const { recommended, baseline } = recommend(request);
      fc.pre(baseline.proposal.memoryBytes <= (request.memoryLimitBytes ?? Number.POSITIVE_INFINITY));
      expect(recommended.proposal.iops.value).toBeGreaterThanOrEqual(baseline.proposal.iops.value);
    }),
    runs,
  );
});

test('more memory never makes the prediction worse by as much as is noticeable', () => {
  fc.assert(
    fc.property(anyRequest, fc.double({ min: 1, max: 64, noNaN: true }), (request, factor) => {
      fc.pre(request.priority === 'speed' && request.memoryLimitBytes !== undefined);
      const more = { ...request, memoryLimitBytes: Math.floor((request.memoryLimitBytes ?? 0) * factor) };
      const [less, larger] = [recommend(request), recommend(more)].map(({ recommended, baseline }) =>
        speedRatio(recommended.proposal, baseline.proposal),
      );
      expect(larger).toBeGreaterThanOrEqual(
        (less ?? 0) * (1 - toleranceRatio({ speedSource: 'arithmetic' })) * (1 - 1e-12),
      );
    }),
    runs,
  );
});

test('every setting that is stated has a reason with a source, and two alternatives differ from it and from each other', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { recommended, baseline, alternatives } = recommend(request);
      for (const { proposal, reasons } of [recommended, baseline, ...alternatives]) {
        const { create, drive } = proposal.stated;
        expect(new Set(reasons.map(({ setting }) => setting))).toEqual(
          new Set([...Object.keys(create), ...Object.keys(drive)]),
        );
        for (const { because, source } of reasons) expect(because.length * source.length).toBeGreaterThan(0);
      }
      const all = [recommended, ...alternatives].map(({ proposal }) => JSON.stringify(proposal.settings));
      expect(new Set(all).size).toBe(all.length);
      if (request.memoryLimitBytes === undefined) expect(alternatives).toHaveLength(2);
    }),
    runs,
  );
});

test('the same request gives the same answer', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      expect(JSON.stringify(recommend(request))).toBe(JSON.stringify(recommend({ ...request })));
    }),
    { numRuns: 30, seed: 3 },
  );
});
