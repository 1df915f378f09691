import { InputError } from '../../errors.ts';
import { renderShards, type ShardListReport } from '../../report/shards.ts';
import type { Plan } from '../../trial/plan.ts';
import type { HeaderRecord, ShardPosition } from '../../trial/record.ts';
import { assignShards, shardPlan } from '../../trial/shard.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import type { RunSettings } from './settings.ts';
import { autoShard } from './shard-auto.ts';

/** The part of the plan that `--shard` asks for; the whole plan without it. @throws UsageError see {@link autoShard} */
export function selectShard(plan: Plan, settings: RunSettings, env: Host['env']): Plan {
  const position = positionOf(settings, env);
  return position === undefined ? plan : shardPlan(plan, position, settings.shardBy);
}

/** Prints who runs what, for `--list-shard`. */
export function listShards(plan: Plan, settings: RunSettings, host: Host): ExitCode {
  const position = positionOf(settings, host.env) ?? { index: 1, count: 1 };
  const report: ShardListReport = {
    schema: 'qtune.run/1',
    kind: 'shards',
    plan: plan.summary,
    ...position,
    shardBy: settings.shardBy,
    shards: assignShards(plan, position.count, settings.shardBy),
  };
  if (settings.json) printJson(host, report);
  else host.stdout.write(renderShards(report));
  return ExitCode.ok;
}

/** Two parts of one plan on the same disk do not meet. */
export function defaultJournalName({ summary, shard }: Plan, build?: number): string {
  const side = build === undefined ? '' : `-qemu-${build}`;
  const part = shard === undefined ? '' : `-${shard.index}-of-${shard.count}`;
  return `qtune-${summary.hash.slice(0, 8)}${side}${part}.ndjson`;
}

/** @throws InputError where the journal to go on with is of another part of the plan, or was merged */
export function checkSameShard({ shard }: Plan, { shard: there, partial }: HeaderRecord, name: string): void {
  if (partial !== undefined) {
    throw new InputError({ file: name, line: 1 }, 'this journal was merged from shards of which some are missing', {
      hint: 'Run the missing shards, then merge all of them again.',
    });
  }
  if (there?.index === shard?.index && there?.count === shard?.count) return;
  throw new InputError({ file: name, line: 1 }, `this journal is of ${write(there)}, and this run of ${write(shard)}`, {
    hint: 'Give the --shard it was begun with, or write another journal with --out FILE.',
  });
}

function positionOf({ shard }: RunSettings, env: Host['env']): ShardPosition | undefined {
  return shard === 'auto' ? autoShard(env) : shard;
}

function write(shard: ShardPosition | undefined): string {
  return shard === undefined ? 'a whole plan' : `shard ${shard.index}/${shard.count}`;
}
