import { describe, expect, test } from 'vitest';
import type { AdviceRequest } from '../../../src/advisor/advice-request.ts';
import { arithmeticCandidates } from '../../../src/advisor/candidates.ts';
import { recommend } from '../../../src/advisor/recommendation.ts';
import { paretoFront, thinnedFront } from '../../../src/advisor/space/front.ts';
import { roleOf } from '../../../src/advisor/space/roles.ts';
import { spaceSummary } from '../../../src/advisor/space/summary.ts';
import { catalogue } from '../../../src/settings/catalogue.ts';
import { adviceRequest, gib, traits } from '../requests.ts';

const search = { byModel: true, comparedCount: 1, frontCount: 1 };

function steps(changes: Partial<AdviceRequest> = {}): Readonly<Record<string, number>> {
  const summary = spaceSummary(adviceRequest(changes), search);
  return Object.fromEntries(summary.steps.map(({ name, count }) => [name, count]));
}

describe('the space', () => {
  test('has a part for every setting of the catalogue, and a reason for all that is not searched whole', () => {
    for (const { scope, name } of catalogue) {
      const role = roleOf(adviceRequest(), scope, name);
      expect(role, `${scope} ${name}`).toBeDefined();
      if (role?.role !== 'searched' || role.tried) expect(role?.because?.length).toBeGreaterThan(10);
    }
  });

  test('becomes smaller at each step, and stays a whole number', () => {
    for (const changes of [{}, { memoryLimitBytes: 2 ** 24 }, { target: 'libvirt' as const }, { hasBacking: true }]) {
      const counts = spaceSummary(adviceRequest(changes), search).steps.map(({ count }) => count);
      expect(counts.every((count) => Number.isSafeInteger(count) && count > 0)).toBe(true);
      expect(counts.slice(0, -2)).toEqual(counts.slice(0, -2).toSorted((a, b) => b - a));
    }
  });

  test('contains what is compared', () => {
    for (const workload of ['general', 'database', 'random-read']) {
      const changes = { diskBytes: 500 * gib, traits: traits(workload) };
      const { proposals } = arithmeticCandidates(adviceRequest(changes));
      expect(steps(changes).distinct).toBeGreaterThanOrEqual(proposals.length);
    }
  });

  test('is smaller for a QEMU without subclusters, for a target with fewer words and for an image that exists', () => {
    const image = { create: { cluster_size: 131_072 }, fileName: 'disk.qcow2', hasSnapshots: false };
    expect(steps({ qemu: { major: 5, minor: 1 } }).valid).toBeLessThan(steps().valid ?? 0);
    expect(steps({ target: 'libvirt' }).open).toBeLessThan(steps().valid ?? 0);
    expect(steps({ image }).distinct).toBeLessThan((steps().distinct ?? 0) / 10);
  });

  test('says that lazy refcounts are searched where the workload allocates and flushes, and why not elsewhere', () => {
    const role = (name: string) => roleOf(adviceRequest({ traits: traits(name) }), 'create', 'lazy_refcounts')?.role;
    expect(role('database')).toBe('searched');
    expect(role('random-read')).toBe('same-io');
  });
});

describe('the front', () => {
  const request = adviceRequest({ diskBytes: 500 * gib });
  const { baseline, proposals } = arithmeticCandidates(request);
  const front = paretoFront(request, baseline, [baseline, ...proposals]);
  const axes = front.map(({ proposal }) => [
    -proposal.iops.value,
    proposal.memoryBytes,
    proposal.spaceAmplification.value,
  ]);
  const beats = (a: readonly number[], b: readonly number[]) => a.every((value, at) => value <= (b[at] ?? 0));

  test('has no point that another one beats, and none is missing', () => {
    expect(front.length).toBeGreaterThan(3);
    for (const [at, a] of axes.entries()) {
      expect(axes.every((b, other) => other === at || !beats(b, a))).toBe(true);
    }
    for (const proposal of proposals) {
      const own = [-proposal.iops.value, proposal.memoryBytes, proposal.spaceAmplification.value];
      expect(axes.some((point) => beats(point, own))).toBe(true);
    }
  });

  test('as it is shown has few points, all of them of the front, the pick near one of them', () => {
    const shown = thinnedFront(front, 8);
    expect(shown.length).toBeLessThanOrEqual(8);
    for (const point of shown) expect(front).toContain(point);
    const pick = recommend(request).recommended.proposal;
    const near = front.some(
      ({ proposal }) => proposal.iops.value >= pick.iops.value * 0.9 && proposal.memoryBytes <= pick.memoryBytes,
    );
    expect(near).toBe(true);
  });
});
