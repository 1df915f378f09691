import { describe, expect, test } from 'vitest';
import { Decider, type DecisionSettings } from '../../src/cli/run/decider.ts';
import { createRandom } from '../../src/stats/random.ts';
import { buildPlan, type Plan, type PlanInput } from '../../src/trial/plan.ts';
import { normalDraw } from '../helpers/draws.ts';
import { scriptedConfigurations, scriptedWorkload } from '../helpers/scripted-engine.ts';
import { completedTrial, sampleMetrics } from '../helpers/trials.ts';

const looks = [4, 6, 9];
const settings: DecisionSettings = { budgetMs: 1000, thresholdRatio: 0.01, errorRate: 0.01 };
const [plain, large, huge] = ['default', 'cluster_size=64K', 'cluster_size=128K'] as const;

function planOf(overrides: Partial<PlanInput> = {}): Plan {
  return buildPlan({
    workloads: [scriptedWorkload('reads'), scriptedWorkload('writes')],
    configurations: scriptedConfigurations(0, 65_536),
    repetitions: 9,
    seed: 1,
    engine: 'qemu-io',
    looks,
    ...overrides,
  });
}

interface Cell {
  readonly workload: string;
  readonly label: string;
  readonly target?: number;
  /** Gain in rate over 20 ms a slice. */
  readonly gain?: number;
  /** Standard deviation from block to block. */
  readonly deviation?: number;
}

/** Blocks of three slices each, from the given one on. */
function feed(decider: Decider, from: number, to: number, cells: readonly Cell[]): void {
  for (const { workload, label, target = 0, gain = 0, deviation = 0.002 } of cells) {
    for (let block = from; block < to; block++) {
      const random = createRandom(block * 31 + workload.length + 1000 * target + 7 * label.length);
      const ms = (20 * Math.exp(deviation * normalDraw(random))) / (1 + gain);
      const slices = { session: `${workload} ${block}`, driverMs: [ms, ms * 1.1, ms] };
      decider.add(target, completedTrial({ workload, block, configuration: { label, create: {}, drive: {} }, slices }));
    }
  }
}

/** Verdicts by workload and head. */
function verdicts(decider: Decider): Readonly<Record<string, string>> {
  return Object.fromEntries(decider.decisions().map((one) => [`${one.workload}: ${one.head}`, one.verdict]));
}

describe('stopping', () => {
  test('is thought about at looks only', () => {
    const decider = new Decider(planOf({ workloads: [scriptedWorkload('reads')] }), 1, settings);
    const cells = [
      { workload: 'reads', label: plain },
      { workload: 'reads', label: large, gain: 0.3 },
    ];
    const wanted: boolean[] = [];
    for (let block = 0; block < 7; block++) {
      wanted.push(decider.wants('reads', block));
      feed(decider, block, block + 1, cells);
    }
    expect(wanted).toEqual([true, true, true, true, false, false, false]);
  });

  test('a workload that is decided stays so, whatever comes', () => {
    const decider = new Decider(planOf({ workloads: [scriptedWorkload('reads')] }), 1, settings);
    feed(decider, 0, 4, [
      { workload: 'reads', label: plain },
      { workload: 'reads', label: large, gain: 0.3 },
    ]);
    expect(decider.wants('reads', 4)).toBe(false);
    feed(decider, 4, 6, [
      { workload: 'reads', label: plain, deviation: 3 },
      { workload: 'reads', label: large, deviation: 3 },
    ]);
    expect(decider.wants('reads', 6)).toBe(false);
    expect(decider.decisions()).toMatchObject([{ verdict: 'better', blockCount: 4, neededBlockCount: null }]);
  });

  test('each workload stops for itself', () => {
    const decider = new Decider(planOf(), 1, settings);
    feed(decider, 0, 4, [
      { workload: 'reads', label: plain },
      { workload: 'reads', label: large, gain: 0.3 },
      { workload: 'writes', label: plain, deviation: 0.2 },
      { workload: 'writes', label: large, deviation: 0.2 },
    ]);
    expect([decider.wants('reads', 4), decider.wants('writes', 4)]).toEqual([false, true]);
    expect(verdicts(decider)).toEqual({ [`reads: ${large}`]: 'better', [`writes: ${large}`]: 'inconclusive' });
    expect(decider.decisions()[1]?.neededBlockCount).toBeGreaterThan(4);
  });

  test('same is a decision too', () => {
    const decider = new Decider(planOf({ workloads: [scriptedWorkload('reads')] }), 1, settings);
    feed(decider, 0, 4, [
      { workload: 'reads', label: plain, deviation: 0.0005 },
      { workload: 'reads', label: large, deviation: 0.0005 },
    ]);
    expect(decider.wants('reads', 4)).toBe(false);
    expect(verdicts(decider)).toEqual({ [`reads: ${large}`]: 'same' });
  });

  test('fewer blocks than the first look decide nothing', () => {
    const decider = new Decider(planOf({ workloads: [scriptedWorkload('reads')] }), 1, settings);
    expect(decider.decisions()).toMatchObject([{ verdict: 'inconclusive', ratio: null, low: null, blockCount: 0 }]);
    feed(decider, 0, 2, [
      { workload: 'reads', label: plain },
      { workload: 'reads', label: large, gain: 0.3 },
    ]);
    expect(decider.decisions()).toMatchObject([{ verdict: 'inconclusive', blockCount: 2, neededBlockCount: 3 }]);
  });
});

describe('what is compared', () => {
  const all = scriptedConfigurations(0, 65_536, 131_072);
  const plan = planOf({ workloads: [scriptedWorkload('reads')], configurations: all });
  const cells = [
    { workload: 'reads', label: plain },
    { workload: 'reads', label: large, gain: 0.3 },
    { workload: 'reads', label: huge, gain: 0.6 },
  ];

  test('every configuration with the first one', () => {
    const decider = new Decider(plan, 1, settings);
    feed(decider, 0, 6, cells);
    expect(decider.decisions().map(({ base, head }) => [base, head])).toEqual([
      [plain, large],
      [plain, huge],
    ]);
    expect(decider.decisions()[1]?.ratio).toBeCloseTo(1.6, 1);
  });

  test('or with the base that was named', () => {
    const decider = new Decider(plan, 1, { ...settings, base: huge });
    feed(decider, 0, 6, cells);
    expect(verdicts(decider)).toEqual({ [`reads: ${plain}`]: 'worse', [`reads: ${large}`]: 'worse' });
    expect(decider.decisions()[0]?.base).toBe(huge);
  });

  test('two builds configuration by configuration', () => {
    const decider = new Decider(planOf({ workloads: [scriptedWorkload('reads')] }), 2, settings);
    feed(decider, 0, 6, [
      { workload: 'reads', label: plain },
      { workload: 'reads', label: large },
      { workload: 'reads', label: plain, target: 1, gain: 0.2 },
      { workload: 'reads', label: large, target: 1, gain: -0.2 },
    ]);
    expect(decider.decisions().map(({ base, head, verdict }) => [base, head, verdict])).toEqual([
      [plain, plain, 'better'],
      [large, large, 'worse'],
    ]);
  });

  test('one configuration is enough for two builds', () => {
    const one = planOf({ workloads: [scriptedWorkload('reads')], configurations: scriptedConfigurations(0) });
    expect(new Decider(one, 2, settings).decisions()).toHaveLength(1);
    expect(() => new Decider(one, 1, settings)).toThrow('there is nothing to compare');
  });

  test('a base that the plan does not have is refused with those that it has', () => {
    const make = () => new Decider(plan, 1, { ...settings, base: 'nothing' });
    expect(make).toThrow('--base: the plan has no configuration "nothing"');
    expect(make).toThrow(expect.objectContaining({ hint: `It has ${plain}; ${large}; ${huge}.` }));
  });

  test('whole trials where slices did not take turns with each other', () => {
    const decider = new Decider(planOf({ workloads: [scriptedWorkload('reads')] }), 1, settings);
    for (let block = 0; block < 4; block++) {
      for (const [label, iops] of [
        [plain, 1000 + block],
        [large, 1300 - block],
      ] as const) {
        // Slices that would say the opposite, of two sessions.
        const slices = { session: `${label} ${block}`, driverMs: [label === plain ? 1 : 99] };
        const configuration = { label, create: {}, drive: {} };
        decider.add(
          0,
          completedTrial({ workload: 'reads', block, configuration, metrics: sampleMetrics(iops), slices }),
        );
      }
    }
    expect(decider.decisions()).toMatchObject([{ verdict: 'better', blockCount: 4 }]);
    expect(decider.decisions()[0]?.ratio).toBeCloseTo(1.3, 1);
  });

  test('trials that failed, and blocks that one side lacks, are no evidence', () => {
    const decider = new Decider(planOf({ workloads: [scriptedWorkload('reads')] }), 1, settings);
    feed(decider, 0, 6, [{ workload: 'reads', label: plain }]);
    feed(decider, 0, 5, [{ workload: 'reads', label: large }]);
    const {
      metrics: _m,
      cpus: _c,
      command: _o,
      warnings: _w,
      ...base
    } = completedTrial({
      workload: 'reads',
      block: 5,
      configuration: { label: large, create: {}, drive: {} },
    });
    decider.add(0, { ...base, state: 'failed', reason: 'no' });
    expect(decider.decisions()[0]?.blockCount).toBe(5);
  });

  test('a block that was measured again counts once, by its last run', () => {
    const decider = new Decider(planOf({ workloads: [scriptedWorkload('reads')] }), 1, settings);
    feed(decider, 0, 5, [
      { workload: 'reads', label: plain },
      { workload: 'reads', label: large, gain: 9 },
    ]);
    feed(decider, 0, 5, [{ workload: 'reads', label: large, gain: 0.5 }]);
    expect(decider.decisions()[0]).toMatchObject({ blockCount: 5, verdict: 'better' });
    expect(decider.decisions()[0]?.ratio).toBeCloseTo(1.5, 1);
  });
});

describe('two comparisons', () => {
  /** What becomes of the first, given the second at its look and, where there is one, its later blocks. */
  function first(gain: number, second: Partial<Cell>, later?: Partial<Cell>) {
    const decider = new Decider(planOf(), 1, settings);
    const writes = (extra: Partial<Cell>): readonly Cell[] => [
      { workload: 'writes', label: plain },
      { workload: 'writes', label: large, ...extra },
    ];
    feed(decider, 0, 4, [
      { workload: 'reads', label: plain, deviation: 0.004 },
      { workload: 'reads', label: large, deviation: 0.004, gain },
      ...writes(second),
    ]);
    const isDecided = !decider.wants('reads', 4);
    if (later) feed(decider, 0, 6, writes(later));
    return { isDecided, verdict: decider.decisions()[0]?.verdict };
  }
  const clear = { gain: 0.5 };
  const unclear = { deviation: 0.3 };
  const gains = Array.from({ length: 400 }, (_, index) => 0.011 + index * 0.0002);
  /** Enough evidence for one comparison, and too little for one of two. */
  const marginal = gains.find((gain) => first(gain, clear).isDecided && !first(gain, unclear).isDecided) ?? 0;

  test('need more evidence than one, unless the other one is clear', () => {
    expect(marginal).toBeGreaterThan(0);
    expect(first(marginal, clear).verdict).toBe('better');
    expect(first(marginal, unclear).verdict).toBe('inconclusive');
  });

  test('what was decided stands when the other one turns out unclear', () => {
    expect(first(marginal, clear, unclear)).toEqual({ isDecided: true, verdict: 'better' });
  });
});
