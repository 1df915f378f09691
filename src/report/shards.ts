import type { PlanSummary, ShardPosition } from '../trial/record.ts';
import type { ShardAssignment, ShardUnitKind } from '../trial/shard.ts';
import { formatDuration } from '../units/duration.ts';
import { renderTable } from './table.ts';

/** What `qtune run --list-shard` says. */
export interface ShardListReport extends ShardPosition {
  readonly schema: 'qtune.run/1';
  readonly kind: 'shards';
  readonly plan: PlanSummary;
  readonly shardBy: ShardUnitKind;
  readonly shards: readonly ShardAssignment[];
}

/** A line for each shard, the one that was asked for with a mark. */
export function renderShards(report: ShardListReport): string {
  const { plan, count, index, shards } = report;
  const rows = shards.map((shard) => [
    `${shard.index === index ? '>' : ' '} ${shard.index}/${count}`,
    String(shard.trialCount),
    shard.trialCount === 0 ? '' : formatDuration(shard.estimatedMs),
    describeUnits(shard) || 'nothing',
  ]);
  const table = renderTable(
    [{ title: '  shard' }, { title: 'trials', align: 'right' }, { title: 'about', align: 'right' }, { title: 'runs' }],
    rows,
  );
  return `${plan.trialCount} trials, plan ${plan.hash.slice(0, 8)}, by ${report.shardBy}\n\n${table}\nNothing was run (--list-shard).\n`;
}

/** `database, vdi (blocks 0 2 5)`. */
function describeUnits({ units }: ShardAssignment): string {
  const blocks = new Map<string, number[]>();
  for (const { workload, block } of units) {
    const list = blocks.get(workload) ?? [];
    if (block !== undefined) list.push(block);
    blocks.set(workload, list);
  }
  return [...blocks]
    .map(([workload, list]) => (list.length === 0 ? workload : `${workload} (blocks ${list.join(' ')})`))
    .join(', ');
}
