import { describe, expect, test } from 'vitest';
import { baselineProposal } from '../../../src/advisor/candidates.ts';
import { type ProposalSettings, propose } from '../../../src/advisor/proposal.ts';
import { recommend } from '../../../src/advisor/recommendation.ts';
import { risksOf } from '../../../src/advisor/risks/index.ts';
import type { Risk } from '../../../src/advisor/risks/risk.ts';
import { renderRecommendation } from '../../../src/report/recommendation.ts';
import { recommendationDocument } from '../../../src/report/recommendation-json.ts';
import { adviceRequest, gib, tib, traits } from '../requests.ts';

function risks(
  settings: Partial<ProposalSettings>,
  changes: Parameters<typeof adviceRequest>[0] = {},
): readonly Risk[] {
  const request = adviceRequest({ diskBytes: tib, ...changes });
  const proposal = propose(request, { create: {}, drive: {}, ...settings });
  return risksOf({ request, proposal, baseline: baselineProposal(request) });
}

const of = (list: readonly Risk[], kind: Risk['kind'], setting?: string) =>
  list.find((risk) => risk.kind === kind && (setting === undefined || risk.settings.includes(setting)));

test("QEMU's defaults risk nothing that QEMU's defaults do not", () => {
  expect(risks({})).toEqual([]);
});

describe('a power cut', () => {
  test('a larger cache holds more changed tables back, to the byte', () => {
    const risk = of(risks({ drive: { 'l2-cache-size': 128 * 2 ** 20 } }), 'power-cut');
    expect(risk).toMatchObject({
      effect: 'worse',
      settings: ['l2-cache-size'],
      recommendedBytes: 128 * 2 ** 20 + 4 * 65_536,
      baselineBytes: 32 * 2 ** 20 + 4 * 65_536,
    });
  });

  test('a cache beyond all tables of the disk holds no more than these', () => {
    const risk = of(risks({ drive: { 'l2-cache-size': 2 ** 30 } }), 'power-cut');
    expect(risk?.recommendedBytes).toBe(128 * 2 ** 20 + 4 * 65_536);
  });

  test('a guest that flushes leaves as much as its writes between two flushes change', () => {
    const settings = { drive: { 'l2-cache-size': 128 * 2 ** 20 - 4096 } };
    const flushing = of(risks(settings, { traits: traits('database') }), 'power-cut');
    // Three writes of one entry of 4 KiB and one refcount block each.
    expect(flushing?.because).toContain('flushes every 2.5 writes, which leaves 204 KiB of it at most');
    expect(of(risks(settings), 'power-cut')?.because).toContain('never flushes');
  });

  test('reads change nothing, preallocated clusters neither', () => {
    expect(
      of(risks({ drive: { 'l2-cache-size': 2 ** 27 } }, { traits: traits('random-read') }), 'power-cut'),
    ).toBeUndefined();
    const preallocated = risks({ create: { preallocation: 'metadata' } });
    expect(of(preallocated, 'power-cut')).toMatchObject({ effect: 'better', recommendedBytes: 0 });
    expect(of(preallocated, 'discard', 'preallocation')?.because).toContain('discard-no-unref=on');
  });

  test('lazy refcounts mean a check of all tables, wherever they are switched on', () => {
    for (const settings of [{ create: { lazy_refcounts: true } }, { drive: { 'lazy-refcounts': true } }]) {
      const risk = of(risks(settings), 'power-cut');
      expect(risk?.effect).toBe('worse');
      expect(risk?.recommendedBytes).toBeGreaterThan(128 * 2 ** 20);
    }
    expect(risks({ create: { lazy_refcounts: true }, drive: { 'lazy-refcounts': false } })).toEqual([]);
  });

  test('unsafe loses everything, directsync nothing', () => {
    expect(of(risks({ drive: { cache: 'unsafe' } }), 'power-cut', 'cache')?.effect).toBe('worse');
    expect(of(risks({ drive: { cache: 'directsync' } }), 'power-cut', 'cache')?.effect).toBe('better');
    expect(risks({ drive: { cache: 'none' } })).toEqual([]);
  });
});

describe('who else reads the image', () => {
  test.each([
    [{ extended_l2: true }, 'extended_l2', '5.2'],
    [{ compression_type: 'zstd' }, 'compression_type', '5.1'],
    [{ data_file: 'd.raw' }, 'data_file', '4.0'],
    [{ refcount_bits: 64 }, 'refcount_bits', '2.3'],
  ])('%o needs a version', (create, setting, version) => {
    expect(of(risks({ create }), 'compatibility', setting)?.because).toContain(`QEMU before ${version}`);
  });

  test('a known version that is new enough is not named again', () => {
    const risk = of(risks({ create: { extended_l2: true } }, { qemu: { major: 9, minor: 0 } }), 'compatibility');
    expect(risk?.because).toMatch(/^An older QEMU/);
  });
});

describe('what is done with the disk later', () => {
  test('large clusters: copies after a snapshot, units of a trim', () => {
    const list = risks({ create: { cluster_size: 2 ** 21 } });
    expect(of(list, 'snapshot')).toMatchObject({ effect: 'worse', recommendedBytes: 2 ** 21, baselineBytes: 65_536 });
    expect(of(list, 'discard')).toMatchObject({ effect: 'worse', recommendedBytes: 2 ** 21 });
    expect(of(risks({ create: { cluster_size: 2 ** 21 } }, { traits: traits('database') }), 'discard')).toBeUndefined();
  });

  test('small ones are better there', () => {
    expect(of(risks({ create: { cluster_size: 16_384 } }), 'snapshot')?.effect).toBe('better');
  });

  test('trims break the order of the file unless the places are kept', () => {
    expect(of(risks({ drive: { discard: 'unmap' } }), 'discard')?.because).toContain('pieces');
    expect(of(risks({ drive: { discard: 'unmap', 'discard-no-unref': true } }), 'discard')).toBeUndefined();
  });

  test('checks that are off are named', () => {
    const risk = of(risks({ drive: { 'overlap-check': 'constant' } }), 'damage');
    expect(risk?.because).toContain('active-l2, refcount-block, inactive-l1');
  });

  test('memory in both directions', () => {
    expect(of(risks({ drive: { 'l2-cache-size': 2 ** 27 } }), 'memory')?.effect).toBe('worse');
    expect(of(risks({ drive: { 'l2-cache-size': 2 ** 20 } }), 'memory')?.effect).toBe('better');
  });
});

test('an image that exists brings what it was created with into both sides', () => {
  const image = { create: { extended_l2: true }, fileName: 'a.qcow2', hasSnapshots: false };
  const request = adviceRequest({ diskBytes: tib, image });
  const baseline = propose(request, { create: image.create, drive: {} });
  const proposal = propose(request, { create: image.create, drive: { 'l2-cache-size': 2 ** 28 } });
  expect(of(risksOf({ request, proposal, baseline }), 'compatibility')).toBeUndefined();
});

test('text and JSON have them; where the defaults stay there are none', () => {
  const recommendation = recommend(adviceRequest());
  expect(recommendation.risks.length).toBeGreaterThan(0);
  expect(renderRecommendation(recommendation, 80)).toContain('Risks against the defaults\n');
  expect(recommendationDocument(recommendation).risks).toEqual(recommendation.risks);
  const small = recommend(adviceRequest({ diskBytes: 20 * gib, traits: traits('boot') }));
  expect(small.nothingToGain).toBe(true);
  expect(small.risks).toEqual([]);
});
