import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildPlan, type Plan } from '../../src/trial/plan.ts';
import { assignShards, type ShardUnitKind, shardPlan } from '../../src/trial/shard.ts';
import { createRequestBlock, Operation, pushRequest } from '../../src/workload/request.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { scriptedConfigurations, scriptedWorkload } from '../helpers/scripted-engine.ts';

/** A workload of so many reads, since costs come from requests. */
function workload(name: string, readCount: number): Workload {
  return scriptedWorkload(name, {
    requestCount: readCount,
    *requests() {
      const block = createRequestBlock();
      for (let index = 0; index < readCount; index++) pushRequest(block, Operation.read, index * 65_536, 4096);
      yield block;
    },
  });
}

function plan(readCounts: readonly number[], repetitions = 3): Plan {
  return buildPlan({
    workloads: readCounts.map((count, index) => workload(`w${index}`, count)),
    configurations: scriptedConfigurations(0, 65_536),
    repetitions,
    seed: 1,
    engine: 'qemu-io',
  });
}

const kinds = fc.constantFrom<ShardUnitKind>('workload', 'block');
const readCounts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 9 });

describe('shards of a plan', () => {
  test('hold each trial once, in the order of the plan, and never part a block', () => {
    fc.assert(
      fc.property(readCounts, fc.integer({ min: 1, max: 12 }), kinds, (counts, count, kind) => {
        const whole = plan(counts);
        const shards = Array.from({ length: count }, (_, index) => shardPlan(whole, { index: index + 1, count }, kind));
        const ids = shards.flatMap((shard) => shard.trials.map(({ id }) => id));
        expect([...ids].sort()).toEqual(whole.trials.map(({ id }) => id).sort());
        const holder = new Map<string, number>();
        for (const [index, shard] of shards.entries()) {
          expect(shard.summary).toBe(whole.summary);
          const places = shard.trials.map(({ id }) => whole.trials.findIndex((trial) => trial.id === id));
          expect(places).toEqual([...places].sort((left, right) => left - right));
          for (const trial of shard.trials) {
            const unit = kind === 'workload' ? trial.workload : `${trial.workload} ${trial.block}`;
            expect(holder.get(unit) ?? index).toBe(index);
            holder.set(unit, index);
          }
        }
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('are the same whichever order the workloads are named in', () => {
    const named = (shards: ReturnType<typeof assignShards>) =>
      shards.map(({ units }) => units.map((unit) => unit.workload));
    const workloads = [workload('a', 10), workload('b', 10), workload('c', 400), workload('d', 30)];
    const input = { configurations: scriptedConfigurations(0), repetitions: 1, seed: 1, engine: 'qemu-io' } as const;
    const turned = buildPlan({ ...input, workloads: [...workloads].reverse() });
    const straight = buildPlan({ ...input, workloads });
    for (const count of [1, 2, 3, 5]) {
      expect(named(assignShards(turned, count, 'workload'))).toEqual(named(assignShards(straight, count, 'workload')));
    }
  });

  test('the longest takes at most 4/3 of the best that is possible', () => {
    fc.assert(
      fc.property(readCounts, fc.integer({ min: 1, max: 4 }), (counts, count) => {
        const shards = assignShards(plan(counts, 1), count, 'workload');
        const costs = shards.flatMap(({ units }) => units.map((unit) => unit.estimatedMs));
        const longest = Math.max(...shards.map((shard) => shard.estimatedMs));
        expect(longest).toBeLessThanOrEqual((4 / 3) * shortestPossible(costs, count) + 1e-6);
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  test('the costliest unit goes first and ties go by name to the lowest shard', () => {
    const [first, second, third] = assignShards(plan([5, 5, 400]), 3, 'workload');
    expect([first, second, third].map((shard) => shard?.units.map((unit) => unit.workload))).toEqual([
      ['w2'],
      ['w0'],
      ['w1'],
    ]);
  });

  test('beyond the number of units are empty', () => {
    const shards = assignShards(plan([5]), 3, 'workload');
    expect(shards.map((shard) => shard.trialCount)).toEqual([6, 0, 0]);
    expect(shardPlan(plan([5]), { index: 3, count: 3 }, 'workload').trials).toEqual([]);
  });

  test('by block a workload is spread over all hosts', () => {
    const shards = assignShards(plan([5], 6), 3, 'block');
    expect(shards.map((shard) => shard.units.map((unit) => unit.block))).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
});

/** By trying every assignment. */
function shortestPossible(
  costs: readonly number[],
  count: number,
  sums: readonly number[] = Array(count).fill(0),
): number {
  const [cost, ...rest] = costs;
  if (cost === undefined) return Math.max(...sums);
  // Shards that have equally much to do are the same; trying one of them is enough.
  const places = sums.flatMap((sum, index) => (sums.indexOf(sum) === index ? [index] : []));
  return Math.min(
    ...places.map((place) =>
      shortestPossible(
        rest,
        count,
        sums.map((sum, index) => (index === place ? sum + cost : sum)),
      ),
    ),
  );
}
