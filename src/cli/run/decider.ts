import { UsageError } from '../../errors.ts';
import type { RunDecision } from '../../report/run.ts';
import { correctForFamily } from '../../stats/family.ts';
import { compareInterleaved, type SlicedBlock } from '../../stats/interleaved-comparison.ts';
import type { PairedComparison } from '../../stats/paired-comparison.ts';
import { defaultConfidence } from '../../stats/verdict.ts';
import type { Plan } from '../../trial/plan.ts';
import type { TrialRecord } from '../../trial/record.ts';

/** What `--until-decided` is to decide. */
export interface DecisionSettings {
  /** Time for all blocks, milliseconds. */
  readonly budgetMs: number;
  /** Differences below this are none. */
  readonly thresholdRatio: number;
  /** Chance of any false better or worse. */
  readonly errorRate: number;
  /** Label of the configuration that the others are compared with; the first of each workload where absent. */
  readonly base?: string;
}

/**
 * Numbers of blocks after which a run looks whether its comparisons are decided. Four are the fewest that show how much
 * blocks differ; each look costs a little of the power of all, so they grow by a third.
 */
export const defaultLooks: readonly number[] = [4, 5, 7, 9, 12, 16, 21, 28, 37, 50, 67, 90, 120];

/** One side of a comparison: which target, and which of its configurations. */
interface Side {
  readonly target: number;
  readonly label: string;
}

interface Pair {
  readonly workload: string;
  readonly base: Side;
  readonly head: Side;
}

type Decided = PairedComparison & { readonly pair: Pair };
type CompletedTrial = Extract<TrialRecord, { state: 'completed' }>;

/** Watches the IOPS of a run's trials and says which workloads need more blocks. */
export class Decider {
  readonly #pairs: readonly Pair[];
  readonly #looks: ReadonlySet<number>;
  readonly #allLooks: readonly number[];
  readonly #settings: DecisionSettings;
  /** Completed trials by target, workload and configuration, then by block. */
  readonly #trials = new Map<string, Map<number, CompletedTrial>>();
  /** What was found of the workloads that are decided. */
  readonly #decided = new Map<string, readonly Decided[]>();

  /**
   * @param targetCount 1, or 2 where two builds of QEMU are compared configuration by configuration
   * @throws UsageError where there is nothing to compare, or the base is not in the plan
   */
  constructor(plan: Plan, targetCount: number, settings: DecisionSettings) {
    this.#settings = settings;
    this.#allLooks = plan.summary.stopping?.looks ?? [];
    this.#looks = new Set(this.#allLooks);
    this.#pairs = pairsOf(plan, targetCount, settings.base);
  }

  add(target: number, record: TrialRecord): void {
    if (record.state !== 'completed') return;
    const key = keyOf(target, record.workload, record.configuration.label);
    const blocks = this.#trials.get(key) ?? new Map<number, CompletedTrial>();
    this.#trials.set(key, blocks);
    blocks.set(record.block, record);
  }

  /** Whether a block is still needed. Decisions are taken at the planned looks only, and stand. */
  wants(workload: string, block: number): boolean {
    if (this.#looks.has(block) && !this.#decided.has(workload)) {
      const own = this.#compare().filter(({ pair }) => pair.workload === workload);
      if (own.every(({ verdict }) => verdict !== 'inconclusive')) this.#decided.set(workload, own);
    }
    return !this.#decided.has(workload);
  }

  /** Where every comparison stands. */
  decisions(): readonly RunDecision[] {
    const now = this.#compare();
    // What others came to later changes the correction for all, but not what was decided.
    const standing = now.map(
      (one) => this.#decided.get(one.pair.workload)?.find(({ pair }) => pair === one.pair) ?? one,
    );
    return standing.map(({ pair, ratio, low, high, verdict, pairCount, neededPairCount }) => ({
      workload: pair.workload,
      base: pair.base.label,
      head: pair.head.label,
      ratio,
      low,
      high,
      verdict,
      blockCount: pairCount,
      neededBlockCount: neededPairCount,
    }));
  }

  #compare(): readonly Decided[] {
    const compared = this.#pairs.map((pair) => {
      const result = compareInterleaved(this.#blocks(pair), {
        better: 'higher',
        thresholdRatio: this.#settings.thresholdRatio,
        confidence: defaultConfidence,
        seed: 1,
      });
      return { ...result, pair };
    });
    return correctForFamily(compared, { errorRate: this.#settings.errorRate, looks: this.#allLooks });
  }

  #blocks({ workload, base, head }: Pair): readonly SlicedBlock[] {
    const left = this.#trials.get(keyOf(base.target, workload, base.label));
    const right = this.#trials.get(keyOf(head.target, workload, head.label));
    return [...(left ?? [])].flatMap(([block, trial]) => {
      const other = right?.get(block);
      return other === undefined ? [] : [slicedBlock(trial, other)];
    });
  }
}

/** Rates of the slices; of the whole trials where they did not take turns. */
function slicedBlock(base: CompletedTrial, head: CompletedTrial): SlicedBlock {
  if (base.slices !== undefined && base.slices.session === head.slices?.session) {
    const [left, right] = [base.slices, head.slices];
    const rates = (times: readonly number[]): readonly number[] => times.map((ms) => 1 / ms);
    const withoutStalls =
      left.robustMs === undefined || right.robustMs === undefined
        ? {}
        : { withoutStalls: { base: rates(left.robustMs), head: rates(right.robustMs) } };
    return { base: rates(left.driverMs), head: rates(right.driverMs), ...withoutStalls };
  }
  return { base: [base.metrics.iops], head: [head.metrics.iops] };
}

/** Whether there is anything to decide, before anything is measured or written. @throws UsageError as {@link Decider} */
export function checkDecidable(plan: Plan, targetCount: number, { base }: DecisionSettings): void {
  pairsOf(plan, targetCount, base);
}

function pairsOf(plan: Plan, targetCount: number, wanted: string | undefined): readonly Pair[] {
  const first = plan.trials.filter((trial) => trial.block === 0);
  const pairs = plan.summary.workloads.flatMap(({ name, configurations }): readonly Pair[] => {
    const present = new Set(first.filter((trial) => trial.workload === name).map((trial) => trial.configuration));
    const labels = (configurations ?? plan.summary.configurations.map(({ label }) => label)).filter((label) =>
      present.has(label),
    );
    if (targetCount > 1) {
      return labels.map((label) => ({ workload: name, base: { target: 0, label }, head: { target: 1, label } }));
    }
    const base = wanted === undefined ? labels[0] : labels.find((label) => label === wanted);
    if (base === undefined) return [];
    return labels
      .filter((label) => label !== base)
      .map((label) => ({ workload: name, base: { target: 0, label: base }, head: { target: 0, label } }));
  });
  if (pairs.length > 0 || plan.trials.length === 0) return pairs;
  const labels = plan.summary.configurations.map(({ label }) => label);
  if (wanted !== undefined && !labels.includes(wanted)) {
    throw new UsageError(`--base: the plan has no configuration "${wanted}"`, { hint: `It has ${labels.join('; ')}.` });
  }
  throw new UsageError('--until-decided: there is nothing to compare, as there is only one configuration', {
    hint: "Give two or more, e.g. --drive 'l2-cache-size={1M,4M}', or two builds: --qemu DIR --qemu DIR.",
  });
}

function keyOf(target: number, workload: string, label: string): string {
  return JSON.stringify([target, workload, label]);
}
