import { describe, expect, test } from 'vitest';
import type { Disturbance } from '../../src/engine/engine.ts';
import { buildNoiseReport, type NoiseBlock } from '../../src/report/noise.ts';
import { renderNoise } from '../../src/report/noise-text.ts';
import { noiseSchema } from '../../src/report/schemas/noise.ts';
import { blocksNeeded, visibleEffect } from '../../src/stats/power.ts';
import { createRandom } from '../../src/stats/random.ts';
import { normalDraw } from '../helpers/draws.ts';
import { sampleEnvironment, sampleHeader } from '../helpers/trials.ts';

const quiet: Disturbance = { disturbed: false, stealMs: 10, waitMs: 0, otherIoBytes: 0, throttledMs: 0 };
const loud: Disturbance = { disturbed: true, stealMs: 0, waitMs: 250, otherIoBytes: 3_145_728, throttledMs: 0 };

/** Blocks of half a second whose log ratios have the given standard deviation. */
function blocks(count: number, deviation: number, overrides: (index: number) => Partial<NoiseBlock> = () => ({})) {
  const random = createRandom(9);
  return Array.from({ length: count }, (_, index): NoiseBlock => {
    const head = [20 * Math.exp(deviation * normalDraw(random))];
    return { base: [20], head, ms: 500, disturbance: quiet, ...overrides(index) };
  });
}

function report(...all: readonly (readonly NoiseBlock[])[]) {
  return buildNoiseReport({
    environment: sampleEnvironment,
    engine: sampleHeader().engine,
    budgetMs: 30_000,
    workloads: all.map((list, index) => ({
      workload: { name: `w${index}`, title: `workload ${index}` },
      blocks: list,
    })),
    errorRate: 0.01,
    level: 0.002,
    fewestBlocks: 4,
    mostBlocks: 50,
  });
}

describe('the document', () => {
  test('has the noise with its uncertainty, and what it means for runs', () => {
    const document = report(blocks(30, 0.004), blocks(12, 0.03));
    expect(noiseSchema.parse(document)).toEqual(document);
    const [calm, rough] = document.workloads;
    expect(calm?.deviation).toBeGreaterThan(0.003);
    expect(calm?.deviation).toBeLessThan(0.005);
    expect(calm?.deviationLow).toBeLessThan(0.004);
    expect(calm?.deviationHigh).toBeGreaterThan(0.004);
    expect(calm?.low).toBeLessThan(1);
    expect(calm?.high).toBeGreaterThan(1);
    for (const noise of [calm, rough]) {
      const options = { deviation: noise?.deviation ?? 0, level: 0.002 };
      for (const { effectRatio, blockCount, timeMs } of noise?.toFind ?? []) {
        expect(blockCount).toBe(blocksNeeded(effectRatio, options, { fewest: 4 }));
        expect(timeMs).toBe((blockCount ?? 0) * 500);
      }
      expect(noise?.inTime[2]).toEqual({
        timeMs: 60_000,
        blockCount: 120,
        effectRatio: visibleEffect(120, options),
      });
    }
  });

  test('recommends the smallest threshold that all workloads show in a minute', () => {
    expect(report(blocks(30, 0.004)).recommendedThresholdRatio).toBe(0.01);
    expect(report(blocks(30, 0.004), blocks(30, 0.04)).recommendedThresholdRatio).toBe(0.02);
    expect(report(blocks(30, 2)).recommendedThresholdRatio).toBeNull();
  });

  test('a few disturbed blocks are left out, and cost their time', () => {
    const list = blocks(12, 0.004, (index) => (index < 3 ? { disturbance: loud, head: [40] } : {}));
    const document = report(list);
    expect(document.workloads[0]).toMatchObject({
      blockCount: 12,
      usedBlockCount: 9,
      disturbed: { blockCount: 3, waitMs: 750, otherIoBytes: 9_437_184 },
    });
    expect(document.workloads[0]?.blockMs).toBeCloseTo(6000 / 9, 6);
    expect(document.workloads[0]?.deviation).toBeLessThan(0.01);
    expect(document.warnings).toEqual([]);
  });

  test('where most are disturbed all are used, with a warning', () => {
    const document = report(blocks(12, 0.004, (index) => (index < 8 ? { disturbance: loud } : {})));
    expect(document.workloads[0]).toMatchObject({ blockCount: 12, usedBlockCount: 12 });
    expect(document.warnings).toMatchObject([{ code: 'disturbed', subject: 'w0' }]);
  });

  test('times without stalls are what counts, where all blocks have them', () => {
    const withoutStalls = (index: number) => ({ base: [20], head: [20 + 0.001 * (index % 3)] });
    const stalled = blocks(12, 0.5, (index) => ({ withoutStalls: withoutStalls(index) }));
    expect(report(stalled).workloads[0]?.deviation).toBeLessThan(0.001);
    expect(report([...stalled, ...blocks(1, 0.5)]).workloads[0]?.deviation).toBeGreaterThan(0.1);
  });

  test('sides that come out apart are a warning', () => {
    const document = report(blocks(12, 0.004, (index) => ({ head: [21 + 0.01 * index] })));
    expect(document.warnings).toMatchObject([{ code: 'biased' }]);
  });

  test('too few blocks, or none that differ, say nothing and promise nothing', () => {
    for (const list of [blocks(0, 0.1), blocks(1, 0.1), blocks(6, 0)]) {
      const document = report(list);
      expect(noiseSchema.parse(document)).toEqual(document);
      expect(document.workloads[0]).toMatchObject({ deviation: null, deviationLow: null });
      expect(document.recommendedThresholdRatio).toBeNull();
      expect(JSON.stringify(document)).not.toMatch(/NaN|Infinity/);
      expect(renderNoise(document)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

test('the text says all of it', () => {
  const text = renderNoise(
    report(
      blocks(30, 0.004),
      blocks(12, 0.06, (index) => (index < 2 ? { disturbance: loud } : {})),
    ),
  );
  expect(text).toMatch(/^w0: workload 0\nw1: workload 1\n/);
  expect(text).toContain(
    'w1: 2 of 12 blocks were disturbed and are left out, as a run would measure them again: other processes had it for 500 ms; others moved 6 MiB on the disk',
  );
  expect(text).toMatch(/spread from block to block +0\.\d+ % +\d\.\d %/);
  expect(text).toMatch(/ {2}1 % +[\d.]+ s, \d+ blocks +.*\*\n/);
  expect(text).toContain('* `run --until-decided` stops at 50 blocks unless --repetitions allows more');
  expect(text).toMatch(/1 min 00 s +0\.\d+ % +\d/);
  expect(text).toMatch(/Recommended: --threshold \d+%\./);
});
