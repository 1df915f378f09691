import { defaultLooks } from '../../src/cli/run/decider.ts';
import { defaultErrorRate } from '../../src/stats/family.ts';
import { compareInterleaved } from '../../src/stats/interleaved-comparison.ts';
import { interleavedThresholdRatio } from '../../src/stats/verdict.ts';
import { upperBound } from './binomial.ts';
import type { BlockRecord } from './block-record.ts';
import type { BlockedRecord } from './record-blocked.ts';
import { type Design, type ReplayedRun, replayRuns, slicedBlock } from './replay-runs.ts';

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

/** What is to be shown: the loss, the time for it and the threshold to show it with. */
const goals: Readonly<
  Record<string, readonly { loss: number; budgetMs: number; threshold: number; wanted: number }[]>
> = {
  'cached-reads': [
    { loss: 0.05, budgetMs: 30_000, threshold: interleavedThresholdRatio, wanted: 0.99 },
    { loss: 0.03, budgetMs: 30_000, threshold: interleavedThresholdRatio, wanted: 0.95 },
    { loss: 0.01, budgetMs: 60_000, threshold: 0.005, wanted: 0.8 },
    { loss: 0.01, budgetMs: 60_000, threshold: interleavedThresholdRatio, wanted: 0.8 },
  ],
  'flushed-writes': [{ loss: 0.05, budgetMs: 60_000, threshold: interleavedThresholdRatio, wanted: 0.95 }],
};

/** Markdown of everything that a recording shows. */
export function analyse(title: string, blocks: readonly BlockRecord[], blocked: readonly BlockedRecord[]): string {
  const [first] = blocks;
  if (first === undefined) return `## ${title}\n\nno blocks\n`;
  const zeros = first.losses.flatMap((loss, side) => (loss === 0 ? [side] : []));
  const secondsPerPair = (mean(blocks.map((block) => block.ms)) * 2) / first.losses.length / 1000;
  const disturbed = blocks.filter((block) => block.disturbed === true).length;
  const lines = [
    `## ${title}`,
    '',
    `${blocks.length} blocks of ${first.losses.length} sides; ${secondsPerPair.toFixed(2)} s a block for two sides, new images and processes included; ${percent(disturbed / blocks.length)} of the blocks were disturbed.`,
    '',
    ...falseAlarms(blocks, zeros),
    ...power(blocks, zeros, first),
    ...coverage(blocks, zeros, first),
    ...precision(
      blocks,
      zeros,
      secondsPerPair,
      blocked.filter(({ workload }) => workload === first.workload),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function design(overrides: Partial<Design>): Design {
  return {
    thresholdRatio: interleavedThresholdRatio,
    errorRate: defaultErrorRate,
    looks: defaultLooks,
    budgetMs: 60_000,
    ...overrides,
  };
}

/** Pairs of equal sides that share no measurement. */
function nullPairs(zeros: readonly number[]): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let index = 0; index + 1 < zeros.length; index += 2) pairs.push([zeros[index] ?? 0, zeros[index + 1] ?? 0]);
  return pairs;
}

function falseAlarms(blocks: readonly BlockRecord[], zeros: readonly number[]): readonly string[] {
  const rows = [
    ['default: threshold 1 %, until decided', design({})],
    ['threshold 0.5 %, until decided', design({ thresholdRatio: 0.005 })],
    ['threshold 1 %, 6 blocks', design({ looks: [6] })],
    ['threshold 0.01 %, 10 blocks: significance alone', design({ thresholdRatio: 0.0001, looks: [10] })],
  ] as const;
  return [
    '### Equal configurations',
    '',
    '| design | comparisons | same | better or worse | 95 % upper bound | inconclusive | median time |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(([name, one]) => {
      const runs = nullPairs(zeros).flatMap((pair) => replayRuns(blocks, pair, one));
      const wrong = count(runs, 'better') + count(runs, 'worse');
      const bound = percent(upperBound(wrong, runs.length, 0.05));
      return `| ${name} | ${runs.length} | ${count(runs, 'same')} | ${wrong} (${percent(wrong / runs.length)}) | ${bound} | ${count(runs, 'inconclusive')} | ${seconds(runs)} |`;
    }),
    '',
  ];
}

function power(blocks: readonly BlockRecord[], zeros: readonly number[], first: BlockRecord): readonly string[] {
  const rows = (goals[first.workload] ?? []).flatMap(({ loss, budgetMs, threshold, wanted }, index) => {
    const head = first.losses.indexOf(loss);
    const base = zeros[index % Math.max(1, zeros.length)];
    if (head < 0 || base === undefined) return [];
    const one = design({ budgetMs, thresholdRatio: threshold });
    const runs = replayRuns(blocks, [base, head], one);
    const found = count(runs, 'worse') / runs.length;
    const truth = longRun(blocks, base, head);
    const fixed = fixedBlocks(blocks, [base, head], one, found);
    const used = mean(runs.map((run) => run.blockCount));
    const saved = fixed === undefined ? 'more than 120' : `${fixed} (${percent(used / fixed, 0)} of it)`;
    return [
      `| ${percent(loss, 0)}, threshold ${percent(threshold)} | ${percent(1 - Math.exp(truth.estimate), 2)} ± ${percent(1.96 * truth.error, 2)} | ${runs.length} | ${percent(found)} (${percent(wanted, 0)} within ${budgetMs / 1000} s) | ${count(runs, 'better')} | ${count(runs, 'same')}, ${count(runs, 'inconclusive')} | ${seconds(runs)} | ${used.toFixed(1)}, ${saved} |`,
    ];
  });
  if (rows.length === 0) return [];
  return [
    '### Losses that were injected',
    '',
    'The loss that the whole recording shows is the truth: a request that is made twice costs a little less the second time. The last column has the mean number of blocks that a run took until it was decided, and the fixed number that has the same power at the same error rate.',
    '',
    '| requests made twice | loss of IOPS in the long run | runs | called worse (wanted) | called better | same, inconclusive | median time | blocks, and in a fixed design |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

/** The fewest blocks with which a design of fixed size finds the loss as often; undefined where 120 are not enough. */
function fixedBlocks(
  blocks: readonly BlockRecord[],
  sides: readonly [number, number],
  { thresholdRatio, errorRate }: Design,
  wanted: number,
): number | undefined {
  for (let size = 3; size <= 120; size++) {
    // Windows overlap here, or there would be too few of them to count.
    let found = 0;
    let windows = 0;
    for (let start = 0; start + size <= blocks.length; start += Math.max(1, Math.floor(size / 4))) {
      const [run] = replayRuns(blocks.slice(start, start + size), sides, {
        thresholdRatio,
        errorRate,
        looks: [size],
        budgetMs: Number.POSITIVE_INFINITY,
      });
      if (run === undefined) continue;
      windows += 1;
      if (run.verdict === 'worse') found += 1;
    }
    if (windows > 0 && found / windows >= wanted) return size;
  }
  return undefined;
}

function coverage(blocks: readonly BlockRecord[], zeros: readonly number[], first: BlockRecord): readonly string[] {
  const pairs = [
    ...nullPairs(zeros),
    ...first.losses.flatMap((loss, side): (readonly [number, number])[] => (loss > 0 ? [[zeros[0] ?? 0, side]] : [])),
  ];
  const rows = [
    ...[4, 6, 10, 20].map((size) => [`${size} blocks`, design({ looks: [size], budgetMs: 1e9 })] as const),
    ['until decided', design({})] as const,
  ];
  return [
    '### 95 % intervals that contain the long-run ratio',
    '',
    '| design | intervals | contain it |',
    '|---|---|---|',
    ...rows.map(([name, one]) => {
      let contained = 0;
      let total = 0;
      for (const [base, head] of pairs) {
        const isNull = first.losses[base] === first.losses[head];
        const truth = isNull ? 0 : longRun(blocks, base, head).estimate;
        for (const run of replayRuns(blocks, [base, head], one)) {
          total += 1;
          if (run.logLow <= truth && run.logHigh >= truth) contained += 1;
        }
      }
      return `| ${name} | ${total} | ${percent(contained / total)} |`;
    }),
    '',
  ];
}

function precision(
  blocks: readonly BlockRecord[],
  zeros: readonly number[],
  secondsPerPair: number,
  blocked: readonly BlockedRecord[],
): readonly string[] {
  const values = nullPairs(zeros).map(([base, head]) => blocks.map((block) => blockRatio(block, base, head)));
  const sd = mean(values.map(deviation));
  const own = errorAfter100(sd, secondsPerPair);
  const lines = [
    '### Precision at equal seconds',
    '',
    '| design | spread of its estimate of the log ratio of equal sides | time of one | standard error after 100 s | as precise as these slices | false alarms |',
    '|---|---|---|---|---|---|',
    `| slices that take turns, one block | ${percent(sd, 2)} | ${secondsPerPair.toFixed(2)} s | ${percent(own, 3)} | 1 | |`,
  ];
  for (const pinned of [true, false]) {
    const records = blocked.filter((record) => record.pinned === pinned);
    if (records.length < 5) continue;
    const spread = deviation(records.map(({ base, head }) => Math.log(median(head) / median(base))));
    const time = mean(records.map(({ ms }) => ms)) / 1000;
    const error = errorAfter100(spread, time);
    const alarms = records.filter(({ base, head }) => mannWhitneyCalls(base, head)).length;
    lines.push(
      `| ten trials of one side, then ten of the other, ${pinned ? 'pinned' : 'not pinned'} | ${percent(spread, 2)} | ${time.toFixed(1)} s | ${percent(error, 2)} | 1/${(error / own).toFixed(1)} | ${alarms} of ${records.length} by Mann–Whitney at 5 % |`,
    );
  }
  return [...lines, '', ...restarts(blocks, zeros, sd), ''];
}

/** What new processes and images add to the noise of the slices. */
function restarts(blocks: readonly BlockRecord[], zeros: readonly number[], sd: number): readonly string[] {
  const within = nullPairs(zeros).flatMap(([base, head]) => blocks.map((block) => withinVariance(block, base, head)));
  const slices = Math.sqrt(mean(within));
  const between = Math.sqrt(Math.max(0, sd ** 2 - slices ** 2));
  return [
    `Of the ${percent(sd, 2)} between blocks the slices within a block explain ${percent(slices, 2)} (standard error of their mean, at its root mean square). New processes and images add ${between === 0 ? 'nothing that can be seen' : percent(between, 2)}.`,
  ];
}

/** Of the mean of a block's slices, from their spread. */
function withinVariance(block: BlockRecord, base: number, head: number): number {
  const one = slicedBlock(block, base, head);
  const { base: left, head: right } = one.withoutStalls ?? one;
  const ratios = Array.from(left, (rate, index) => Math.log((right[index] ?? Number.NaN) / rate));
  return deviation(ratios) ** 2 / ratios.length;
}

function errorAfter100(spread: number, seconds: number): number {
  return spread / Math.sqrt(100 / seconds);
}

/** Whether a two-sided Mann–Whitney test of ten values a side is below 5 %: U at most 23. @source its tables */
function mannWhitneyCalls(base: readonly number[], head: readonly number[]): boolean {
  let wins = 0;
  for (const left of base) for (const right of head) wins += right > left ? 1 : right === left ? 0.5 : 0;
  return Math.min(wins, base.length * head.length - wins) <= 23;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const half = Math.floor(sorted.length / 2);
  return ((sorted[half] ?? 0) + (sorted[sorted.length - 1 - half] ?? 0)) / 2;
}

/** The mean of all blocks' log ratios and its standard error. */
export function longRun(
  blocks: readonly BlockRecord[],
  base: number,
  head: number,
): { readonly estimate: number; readonly error: number } {
  const values = blocks.map((block) => blockRatio(block, base, head));
  return { estimate: mean(values), error: deviation(values) / Math.sqrt(values.length) };
}

function blockRatio(block: BlockRecord, base: number, head: number): number {
  const one = slicedBlock(block, base, head);
  const { ratio } = compareInterleaved([one], { better: 'higher', thresholdRatio: 0, confidence: 0.95, seed: 1 });
  return Math.log(ratio ?? Number.NaN);
}

function count(runs: readonly ReplayedRun[], verdict: ReplayedRun['verdict']): number {
  return runs.filter((run) => run.verdict === verdict).length;
}

function seconds(runs: readonly ReplayedRun[]): string {
  const sorted = runs.map((run) => run.ms).sort((left, right) => left - right);
  return `${((sorted[Math.floor(sorted.length / 2)] ?? 0) / 1000).toFixed(1)} s`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}
