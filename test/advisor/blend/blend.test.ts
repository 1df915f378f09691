import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdviceRequest } from '../../../src/advisor/advice-request.ts';
import { partRequests } from '../../../src/advisor/blend/blend.ts';
import { blendProposals, type PartProposal } from '../../../src/advisor/blend/blend-proposals.ts';
import { blendTraits } from '../../../src/advisor/blend/blend-traits.ts';
import { speedRatio } from '../../../src/advisor/choose.ts';
import { arithmeticProspect } from '../../../src/advisor/outlook.ts';
import { propose, withPredictedIops } from '../../../src/advisor/proposal.ts';
import { workloadTraits } from '../../../src/advisor/workload-traits.ts';
import { arithmeticAnswer } from '../answers.ts';
import { adviceRequest, tib, traits } from '../requests.ts';

function blended(weights: Readonly<Record<string, number>>, isRobust = false, diskBytes = 2 * tib): AdviceRequest {
  const parts = Object.entries(weights).map(([name, weight]) => ({ traits: traits(name), weight }));
  return adviceRequest({ diskBytes, traits: blendTraits(parts, diskBytes), blend: { parts, isRobust } });
}

const rate = fc.double({ min: 1, max: 1e6, noNaN: true });

describe('one configuration under several workloads', () => {
  const parts = fc.array(fc.record({ head: rate, base: rate, share: fc.double({ min: 0.01, max: 1, noNaN: true }) }), {
    minLength: 2,
    maxLength: 5,
  });
  const proposal = propose(adviceRequest(), { create: {}, drive: {} });
  const of = (values: readonly { readonly value: number; readonly share: number }[], isRobust: boolean) => {
    const list = values.map(({ value, share }) => ({
      share,
      proposal: withPredictedIops(proposal, { value, low: value / 2, high: value * 3 }),
    }));
    return blendProposals(list as unknown as [PartProposal, ...PartProposal[]], isRobust);
  };
  const sides = (drawn: readonly { readonly head: number; readonly base: number; readonly share: number }[]) => {
    const total = drawn.reduce((sum, { share }) => sum + share, 0);
    const side = (name: 'head' | 'base') => drawn.map((part) => ({ value: part[name], share: part.share / total }));
    return { head: side('head'), base: side('base'), total };
  };

  test('is to the defaults as the weighted geometric mean of the ratios', () => {
    fc.assert(
      fc.property(parts, (drawn) => {
        const { head, base, total } = sides(drawn);
        const wanted = drawn.reduce((sum, part) => sum + (part.share / total) * Math.log(part.head / part.base), 0);
        expect(Math.log(speedRatio(of(head, false), of(base, false)))).toBeCloseTo(wanted, 9);
      }),
    );
  });

  test('robust: is to the defaults as the worst of the ratios', () => {
    fc.assert(
      fc.property(parts, (drawn) => {
        const { head, base } = sides(drawn);
        const worst = Math.min(...drawn.map((part) => part.head / part.base));
        expect(speedRatio(of(head, true), of(base, true)) / worst).toBeCloseTo(1, 9);
      }),
    );
  });

  test('twice as fast here and half as fast there is as fast', () => {
    const values = (first: number, second: number) => [
      { value: first, share: 0.5 },
      { value: second, share: 0.5 },
    ];
    expect(speedRatio(of(values(200, 5), false), of(values(100, 10), false))).toBeCloseTo(1, 12);
  });
});

test('weights count in proportion', () => {
  const settings = (request: AdviceRequest) => arithmeticAnswer(request).recommended.proposal;
  expect(settings(blended({ database: 6, 'random-read': 2 }))).toEqual(
    settings(blended({ database: 3, 'random-read': 1 })),
  );
  expect(partRequests(blended({ database: 3, boot: 1 })).map(({ share }) => share)).toEqual([0.75, 0.25]);
});

test('a workload that weighs next to nothing changes nothing', () => {
  const alone = arithmeticProspect(adviceRequest({ traits: traits('random-read') }));
  const beside = arithmeticProspect(blended({ 'random-read': 1e6, 'sequential-read': 1e-3 }));
  const settings = alone.candidates.proposals.map((proposal) => proposal.settings);
  const speeds = (prospect: typeof alone) => prospect.outlook.predict(settings).map(({ iops }) => iops.value);
  const [one, other] = [speeds(alone), speeds(beside)];
  expect(other.every((value, index) => Math.abs(value / (one[index] as number) - 1) < 1e-6)).toBe(true);
});

test('the robust pick does not serve the worst workload worse than the pick of the mean does', () => {
  const word = fc.constantFrom(...workloadTraits.map(({ name }) => name));
  fc.assert(
    fc.property(word, word, fc.integer({ min: 1, max: 9 }), (first, second, weight) => {
      fc.pre(first !== second);
      const worst = (isRobust: boolean) => {
        const request = blended({ [first]: weight, [second]: 1 }, isRobust);
        const { recommended, baseline } = arithmeticAnswer(request);
        const { outlook } = arithmeticProspect(request);
        const defaults = outlook.predictParts(baseline.proposal.settings);
        const picks = outlook.predictParts(recommended.proposal.settings);
        return Math.min(...picks.map((pick, index) => speedRatio(pick, defaults[index] as typeof pick)));
      };
      // Of what arithmetic does not tell apart, the cheaper one is taken.
      expect(worst(true)).toBeGreaterThan(0.89 * worst(false));
    }),
    { numRuns: 40 },
  );
});

test('the answer tells what each workload gets, in the order given', () => {
  const { workloads } = arithmeticAnswer(blended({ 'random-read': 3, 'backup-target': 1 }));
  expect(workloads?.map(({ name, weightRatio }) => [name, weightRatio])).toEqual([
    ['random-read', 0.75],
    ['backup-target', 0.25],
  ]);
  expect((workloads?.[0]?.recommended.value ?? 0) / (workloads?.[0]?.baseline.value ?? 1)).toBeGreaterThan(2);
  expect(arithmeticAnswer(adviceRequest()).workloads).toBeUndefined();
});
