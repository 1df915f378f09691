import type { EngineName } from '../engine/engine.ts';
import { UsageError } from '../errors.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Workload } from '../workload/workload.ts';
import { canonicalJson, contentHash } from './canonical-json.ts';
import { orderConfigurations, orderWorkloads } from './plan-order.ts';
import type { PlannedTrial, PlanSummary, ShardPosition } from './record.ts';
import { trialId, workloadHash } from './trial-id.ts';

/** The user's own backing file. */
export interface PlanBacking {
  /** As typed; this is what a journal shows. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly format: string;
}

/** What is to be measured; a function where it is not the same for every workload. */
export interface PlanInput {
  readonly workloads: readonly Workload[];
  readonly configurations: readonly Configuration[] | ((workload: Workload) => readonly Configuration[]);
  /** At least 1. */
  readonly repetitions: number | ((workload: Workload) => number);
  /** Decides the order of trials and nothing else. */
  readonly seed: number;
  readonly engine: EngineName;
  readonly backing?: PlanBacking;
  /** Numbers of blocks after which the run looks whether it may stop; repetitions are then the most. */
  readonly looks?: readonly number[];
  /** Published figures by workload name, carried into the journal's header for reports. */
  readonly published?: ReadonlyMap<string, unknown>;
}

/** A matrix of trials in the order in which they run. */
export interface Plan {
  readonly summary: PlanSummary;
  readonly trials: readonly PlannedTrial[];
  readonly backing?: PlanBacking;
  /** Present where `trials` are only a part of the plan. */
  readonly shard?: ShardPosition;
  /** @throws RangeError for a name that is not in the plan */
  workload(name: string): Workload;
  /** @throws RangeError for a label that is not in the plan */
  configuration(label: string): Configuration;
}

interface Row {
  readonly workload: Workload;
  readonly hash: string;
  readonly configurations: readonly Configuration[];
  readonly repetitions: number;
}

/**
 * Lays out the trials of workloads × configurations × repetitions.
 *
 * Block r of a workload holds each of its configurations once. Blocks of different workloads alternate: every workload's
 * block 0, then every block 1. Within a block the order is random; block 2k+1 is block 2k backwards, so that over each two
 * blocks every configuration ran before every other one as often as after it: the later trial of a pair is a little
 * slower on many machines, and this cancels it. Order is a function of the seed and of the trials' ids, not of the order
 * of options. One configuration's repetitions in a row, the usual habit, lets slow drift of the machine pass for a
 * difference: up to 41 % false alarms at a nominal 5 % where this order kept to 5 %.
 *
 * @throws UsageError for an empty plan, two workloads of one name, a configuration given twice
 * @source Abedi and Brecht, "Conducting repeatable experiments in highly variable cloud computing environments", ICPE 2017
 */
export function buildPlan(input: PlanInput): Plan {
  const configurations = new Map<string, Configuration>();
  const rows = input.workloads.map((workload): Row => {
    const given = typeof input.configurations === 'function' ? input.configurations(workload) : input.configurations;
    const repetitions = typeof input.repetitions === 'function' ? input.repetitions(workload) : input.repetitions;
    return {
      workload,
      hash: workloadHash(workload),
      repetitions,
      configurations: given.map((entry) => register(configurations, entry, workload)),
    };
  });
  const workloads = new Map(rows.map((row) => [row.workload.name, row.workload]));
  checkRows(rows, workloads);

  const trials = orderTrials(rows, input);
  const repetitions = Math.max(...rows.map((row) => row.repetitions));
  const summary: PlanSummary = {
    hash: planHash(trials, input),
    seed: input.seed,
    repetitions,
    engine: input.engine,
    trialCount: trials.length,
    workloads: rows.map((row) => summarizeRow(row, repetitions, configurations.size, input.published)),
    configurations: [...configurations.values()],
    ...(input.backing ? { backing: input.backing.name } : {}),
    ...(input.looks ? { stopping: { looks: input.looks } } : {}),
  };
  return {
    summary,
    trials,
    ...(input.backing ? { backing: input.backing } : {}),
    workload: (name) => lookUp(workloads, name),
    configuration: (label) => lookUp(configurations, label),
  };
}

/** Adds a configuration under a label that no other settings have. */
function register(known: Map<string, Configuration>, entry: Configuration, workload: Workload): Configuration {
  const same = (other: Configuration): boolean =>
    canonicalJson([other.create, other.drive]) === canonicalJson([entry.create, entry.drive]);
  const holder = known.get(entry.label);
  // Two profiles may shorten their labels to the same words; the later one then says which workload it is for.
  const label = holder === undefined || same(holder) ? entry.label : `${workload.name}: ${entry.label}`;
  const registered = known.get(label) ?? { ...entry, label };
  if (!same(registered)) throw new UsageError(`two configurations are called "${label}"`);
  known.set(label, registered);
  return registered;
}

function checkRows(rows: readonly Row[], workloads: ReadonlyMap<string, Workload>): void {
  if (rows.length === 0) throw new UsageError('there is no workload to run');
  if (workloads.size < rows.length) {
    const names = rows.map((row) => row.workload.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    throw new UsageError(`the workload "${twice}" is there twice`, { hint: 'Name each workload once.' });
  }
  for (const { workload, configurations, repetitions } of rows) {
    if (configurations.length === 0) throw new UsageError(`the workload "${workload.name}" has no configuration`);
    if (!Number.isSafeInteger(repetitions) || repetitions < 1)
      throw new UsageError(`the workload "${workload.name}" has ${repetitions} repetitions; it needs at least 1`);
    const seen = new Map<string, string>();
    for (const { label, create, drive } of configurations) {
      const other = seen.get(canonicalJson([create, drive]));
      if (other !== undefined) {
        const names = other === label ? `"${label}" is there twice` : `"${label}" and "${other}" are the same`;
        throw new UsageError(`the configuration ${names}`, { hint: 'Give each combination of settings once.' });
      }
      seen.set(canonicalJson([create, drive]), label);
    }
  }
}

function orderTrials(rows: readonly Row[], input: PlanInput): PlannedTrial[] {
  const blockCount = Math.max(...rows.map((row) => row.repetitions));
  const trials: PlannedTrial[] = [];
  for (let block = 0; block < blockCount; block++) {
    const here = rows.filter((row) => block < row.repetitions);
    for (const row of orderWorkloads(here, (one) => one.workload.name, { seed: input.seed, block })) {
      for (const configuration of orderConfigurations(row.configurations, row.workload.name, {
        seed: input.seed,
        block,
      })) {
        trials.push({
          id: trialId({
            workloadHash: row.hash,
            configuration,
            engine: input.engine,
            repetition: block,
            ...(input.backing ? { backingFormat: input.backing.format } : {}),
          }),
          workload: row.workload.name,
          configuration: configuration.label,
          repetition: block,
          block,
        });
      }
    }
  }
  return trials;
}

function planHash(trials: readonly PlannedTrial[], { engine, seed, backing, looks }: PlanInput): string {
  const cells = trials.map(({ id, workload, configuration }) => [id, workload, configuration]);
  return contentHash({ engine, seed, backingFormat: backing?.format, looks, cells });
}

function summarizeRow(
  { workload, hash, configurations, repetitions }: Row,
  planRepetitions: number,
  configurationCount: number,
  published: ReadonlyMap<string, unknown> | undefined,
): PlanSummary['workloads'][number] {
  const figures = published?.get(workload.name);
  return {
    name: workload.name,
    title: workload.title,
    source: workload.source,
    diskBytes: workload.diskBytes,
    seed: workload.seed,
    requestCount: workload.requestCount,
    warmUpCount: workload.warmUpCount,
    hash,
    ...(configurations.length < configurationCount
      ? { configurations: configurations.map((configuration) => configuration.label) }
      : {}),
    ...(repetitions === planRepetitions ? {} : { repetitions }),
    ...(figures === undefined ? {} : { published: figures }),
  };
}

function lookUp<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name);
  if (value === undefined) throw new RangeError(`the plan has no "${name}"`);
  return value;
}
