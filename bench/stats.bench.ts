import type { Bench } from 'tinybench';
import { buildComparison } from '../src/report/comparison.ts';
import { selectMetrics } from '../src/report/metric.ts';
import { bootstrapInterval } from '../src/stats/bootstrap.ts';
import { comparePaired } from '../src/stats/paired-comparison.ts';
import { toSample } from '../src/stats/sample.ts';
import { signedRankInterval } from '../src/stats/signed-rank.ts';
import { around, journalInMemory } from '../test/helpers/journal.ts';

const options = { better: 'higher', thresholdRatio: 0.03, confidence: 0.95, seed: 1 } as const;

/** Statistics of one cell at usual and at large numbers of pairs, and a comparison of whole journals. */
export async function register(bench: Bench): Promise<void> {
  for (const count of [10, 30, 1000]) {
    const base = around(1000, count, 0.05);
    const head = around(990, count, 0.05, 7);
    const pairs = base.map((value, index) => [value, head[index] ?? value] as const);
    const differences = toSample(pairs.map(([one, other]) => Math.log(other / one)));
    if (differences === undefined) continue;
    bench.add(`${count} pairs: signed-rank interval`, () => void signedRankInterval(differences, 0.95));
    if (count <= 50)
      bench.add(`${count} pairs: bootstrap interval`, () => void bootstrapInterval(differences, 0.95, 1));
    bench.add(`${count} pairs: comparison with verdict`, () => void comparePaired(pairs, options));
  }
  const journal = (shift: number) =>
    journalInMemory({
      cells: Array.from({ length: 100 }, (_, index) => ({
        workload: `w${index}`,
        iops: around(1000, 10, 0.05, index + shift),
      })),
    });
  const [left, right] = [journal(0), journal(3)];
  const settings = { metrics: selectMetrics([]), confidence: 0.95, thresholdRatio: 0.03 };
  bench.add('100 cells of 10 repetitions: whole comparison', () => void buildComparison(left, right, settings));
}
