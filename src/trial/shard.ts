import { UsageError } from '../errors.ts';
import { estimatePlan } from './estimate.ts';
import type { Plan } from './plan.ts';
import type { PlannedTrial, ShardPosition } from './record.ts';

/** More parts than anybody has hosts for; a typing error should not become a plan of empty shards. */
export const maximumShardCount = 10_000;

/**
 * What stays in one piece when a plan is spread over hosts. `workload`: all configurations and all repetitions of a
 * workload run on one host, so that every comparison of its cells, within a journal or with another run's, is between
 * measurements of one host. `block`: one repetition of all configurations; the host then differs between blocks, which
 * only hosts of one kind can excuse, and `merge` refuses others.
 */
export type ShardUnitKind = 'workload' | 'block';

/** A piece of a plan that is never split. */
export interface ShardUnit {
  readonly workload: string;
  /** Absent for all blocks of the workload. */
  readonly block?: number;
  readonly trialCount: number;
  /** By the rough cost model, which is the same on every host; milliseconds. */
  readonly estimatedMs: number;
}

/** What one host runs. */
export interface ShardAssignment {
  /** Counted from 1. */
  readonly index: number;
  readonly units: readonly ShardUnit[];
  readonly trialCount: number;
  readonly estimatedMs: number;
}

/**
 * Spreads a plan over hosts: units in order of falling cost, each to the shard with the least to do so far, so that the
 * longest shard takes at most 4/3 of the best possible; ties go by the unit's name, then to the lower shard. Every host
 * comes to the same answer, since costs depend on the plan alone. Shards beyond the number of units are empty.
 *
 * @param count number of shards, 1 to {@link maximumShardCount}
 * @source Graham, "Bounds on multiprocessing timing anomalies", SIAM J. Appl. Math. 17 (1969): longest processing time first
 */
export function assignShards(plan: Plan, count: number, kind: ShardUnitKind): readonly ShardAssignment[] {
  const shards = Array.from({ length: count }, (_, position) => ({
    index: position + 1,
    units: [] as ShardUnit[],
    trialCount: 0,
    estimatedMs: 0,
  }));
  const byCost = [...unitsOf(plan, kind)].sort(
    (left, right) => right.estimatedMs - left.estimatedMs || byName(left, right),
  );
  for (const unit of byCost) {
    const least = shards.reduce((best, shard) => (shard.estimatedMs < best.estimatedMs ? shard : best));
    least.units.push(unit);
    least.trialCount += unit.trialCount;
    least.estimatedMs += unit.estimatedMs;
  }
  for (const shard of shards) shard.units.sort(byName);
  return shards;
}

/**
 * The part of a plan that one shard runs: its trials in the plan's order, under the summary and hash of the whole plan.
 * @throws UsageError where the plan is a part already
 */
export function shardPlan(plan: Plan, position: ShardPosition, kind: ShardUnitKind): Plan {
  if (plan.shard) throw new UsageError('--shard: the plan is a part already');
  const own = assignShards(plan, position.count, kind)[position.index - 1];
  const mine = new Set(own?.units.map((unit) => unitKey(unit.workload, unit.block)));
  const trials = plan.trials.filter((trial) => mine.has(unitKey(trial.workload, blockOf(trial, kind))));
  return { ...plan, trials, shard: position };
}

function unitsOf(plan: Plan, kind: ShardUnitKind): readonly ShardUnit[] {
  const groups = new Map<string, PlannedTrial[]>();
  for (const trial of plan.trials) {
    const group = groups.get(trial.workload);
    if (group) group.push(trial);
    else groups.set(trial.workload, [trial]);
  }
  return [...groups].flatMap(([workload, trials]): ShardUnit[] => {
    // Not with the second replay for host I/O: a host that runs without it must come to the same answer.
    const estimate = estimatePlan({ ...plan, trials }, { traceHostIo: false });
    if (kind === 'workload') return [{ workload, trialCount: trials.length, estimatedMs: estimate.totalMs }];
    const blocks = new Map<number, { trialCount: number; estimatedMs: number }>();
    for (const trial of trials) {
      const block = blocks.get(trial.block) ?? { trialCount: 0, estimatedMs: 0 };
      block.trialCount += 1;
      block.estimatedMs += estimate.trialMs(trial);
      blocks.set(trial.block, block);
    }
    return [...blocks].map(([block, sums]) => ({ workload, block, ...sums }));
  });
}

function blockOf(trial: PlannedTrial, kind: ShardUnitKind): number | undefined {
  return kind === 'block' ? trial.block : undefined;
}

function unitKey(workload: string, block: number | undefined): string {
  return JSON.stringify([workload, block ?? null]);
}

/** By code units, which are the same everywhere, not by the host's language. */
function byName(left: ShardUnit, right: ShardUnit): number {
  if (left.workload !== right.workload) return left.workload < right.workload ? -1 : 1;
  return (left.block ?? 0) - (right.block ?? 0);
}
