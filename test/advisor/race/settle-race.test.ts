import { expect, test } from 'vitest';
import { type Proposal, propose, withPredictedIops } from '../../../src/advisor/proposal.ts';
import { raceField } from '../../../src/advisor/race/race-field.ts';
import { summarizeRace } from '../../../src/advisor/race/race-summary.ts';
import { type RacedValues, settleRace } from '../../../src/advisor/race/settle-race.ts';
import type { RaceOutcome } from '../../../src/advisor/race/types.ts';
import type { SettingValues } from '../../../src/settings/configuration.ts';
import type { PairedComparison } from '../../../src/stats/paired-comparison.ts';
import { adviceRequest, gib, traits } from '../requests.ts';

const request = adviceRequest({ diskBytes: 500 * gib, traits: traits('database') });

function known(iops: number, create: SettingValues, drive: SettingValues = {}): Proposal {
  return withPredictedIops(propose(request, { create, drive }), { value: iops, low: iops, high: iops });
}

const defaults = known(1000, {});
const predicted = known(1500, { cluster_size: 2 ** 17 });
const faster = known(1400, { cluster_size: 2 ** 18 });
const field = [
  { key: 'default', proposal: defaults },
  { key: 'predicted', proposal: predicted },
  { key: 'faster', proposal: faster },
];
const contenders = { baseline: defaults, recommended: predicted, alternatives: [] };

const outcome: RaceOutcome = {
  ...{ pick: 'faster', winner: 'faster', probability: 0.973, decided: true, modelTrusted: true },
  ...{ racedCount: 3, heatCount: 4, confirmationCount: 5, spentMs: 1234.5, failures: new Map() },
  beliefs: new Map([
    ['default', { logRatio: 0, deviation: 0, count: 4 }],
    ['predicted', { logRatio: Math.log(1.1), deviation: 0.01, count: 2 }],
    ['faster', { logRatio: Math.log(1.2), deviation: 0.02, count: 3 }],
  ]),
};
const values = (rates: readonly number[]): RacedValues => ({ rates, spaceRatios: [1.5, 1.4, 1.6] });
const valuesOf = (key: string): RacedValues => values(key === 'default' ? [900, 1000, 1100] : [1, 2, 3]);

test('the pick of the race is recommended with the ratio that is believed, and the prediction becomes an alternative', () => {
  const settled = settleRace(request, contenders, outcome, field, valuesOf, 'measured');
  expect(settled.recommended.settings).toEqual(faster.settings);
  const [speed, space] = settled.recommended.expected;
  expect(speed).toMatchObject({ metric: 'iops', source: 'measured' });
  expect(speed?.value).toBeCloseTo(1200, 6);
  expect(speed?.low).toBeCloseTo(1200 / Math.exp(1.96 * 0.02), 6);
  expect(space).toMatchObject({
    metric: 'spaceAmplificationRatio',
    source: 'measured',
    value: 1.5,
    low: 1.4,
    high: 1.6,
  });
  expect(settled.recommended.expected.some(({ source }) => source === 'predicted')).toBe(true);
  expect(settled.alternatives.map(({ title }) => title)).toEqual(['by the model']);
  expect(settled.finding).toContain('Measured: 1.20 times');
  expect(settled.finding).toContain(
    'Raced 3 of 3 configurations in 4 heats, until it was decided: with 97 % certainty',
  );
});

test('where the time was up, that is said with what is sure', () => {
  const late = { ...outcome, decided: false, probability: 0.31 };
  expect(settleRace(request, contenders, late, field, valuesOf, 'measured').finding).toContain(
    'until the time was up: that this is as good as the best of them is 31 % certain, and more time makes it surer',
  );
});

test('without a heat the prediction stays as it was, and says so', () => {
  const none = { ...outcome, heatCount: 0, racedCount: 0, pick: 'default' };
  const settled = settleRace(request, contenders, none, field, () => values([]), 'measured');
  expect(settled.recommended.settings).toEqual(predicted.settings);
  expect(settled.recommended.expected.every(({ source }) => source === 'predicted')).toBe(true);
  expect(settled.finding).toContain('The time was too short to measure anything');
});

test('defaults that win are the recommendation, and failures are named', () => {
  const failures = new Map([['predicted', 'qemu-img create failed']]);
  const settled = settleRace(
    request,
    contenders,
    { ...outcome, pick: 'default', failures },
    field,
    valuesOf,
    'measured',
  );
  expect(settled.recommended.settings).toEqual(defaults.settings);
  expect(settled.finding).toContain("QEMU's defaults stay");
  expect(settled.finding).toContain('Out of the race: predicted (qemu-img create failed).');
});

test('the summary has what the document shows', () => {
  const failures = new Map([['predicted', 'it failed']]);
  expect(summarizeRace({ ...outcome, failures }, 240, 0.02, true)).toEqual({
    ...{ candidateCount: 240, racedCount: 3, heatCount: 4, decided: true, certaintyRatio: 0.973, toleranceRatio: 0.02 },
    ...{ modelTrusted: true, spentMs: 1235, failures: [{ configuration: 'predicted', reason: 'it failed' }] },
  });
});

test('the field has what is shown first, some of every shape, the fastest by the model, and nothing twice', () => {
  const many = Array.from({ length: 300 }, (_, at) => known(2000 - at, {}, { 'l2-cache-size': 65_536 * (at + 2) }));
  const slow = known(10, { cluster_size: 2 ** 15 });
  const chosen = raceField(request, [defaults, predicted], [...many, slow, predicted]);
  expect(chosen.slice(0, 2)).toEqual([defaults, predicted]);
  expect(chosen).toHaveLength(240);
  expect(chosen).toContain(slow);
  expect(chosen).toContain(many[0]);
  expect(chosen).not.toContain(many[299]);
  expect(chosen.filter(({ settings }) => settings === predicted.settings)).toHaveLength(1);
});

test('few fresh blocks that lie on the other side of all heats are told beside them', () => {
  const comparison = { ratio: 0.99, low: 0.95, high: 1.03, verdict: 'inconclusive' } as PairedComparison;
  const contrary = { ...outcome, confirmation: { comparison } };
  expect(settleRace(request, contenders, contrary, field, valuesOf, 'measured').finding).toContain(
    "Measured: 1.20 times the defaults' requests per second (95 %: 1.15 to 1.25) by all heats; 0.99 (95 %: 0.95 to 1.03) in 5 fresh blocks, too few for a verdict of their own.",
  );
});
