import { canonicalJson } from '../canonical-json.ts';
import { orderWorkloads } from '../plan-order.ts';
import type { PlanSummary, TrialRecord } from '../record.ts';
import { trialId } from '../trial-id.ts';

/** Larger plans are no plans: a header is untrusted, and its numbers decide how much memory is taken. */
const maximumTrialCount = 20_000_000;

/** Formats that a user's backing file may have; a header has its name only. */
const backingFormats = ['qcow2', 'raw'] as const;

/** Where a trial is in its plan. */
export interface PlanPlace {
  /** A number for each trial of the plan, from 0. */
  readonly trial: number;
  /** Position in the run of its block of its workload, from 0. */
  readonly group: number;
  /** Position of its workload in the header. */
  readonly workload: number;
}

interface Row {
  /** Position in the header. */
  readonly index: number;
  readonly name: string;
  readonly hash: string | undefined;
  readonly repetitions: number;
  /** Number of its first trial. */
  readonly firstTrial: number;
  /** By label: its position and how it is written. */
  readonly configurations: ReadonlyMap<string, { readonly index: number; readonly text: string }>;
  /** By block. */
  readonly groups: Uint32Array;
}

/** The trials of a plan as its header tells them, found by record without a list of a million ids. */
export class PlanLayout {
  readonly trialCount: number;
  /** Blocks of workloads. */
  readonly groupCount: number;
  readonly #plan: PlanSummary;
  readonly #rows: ReadonlyMap<string, Row>;
  readonly #backing: readonly (string | undefined)[];

  /** @throws RangeError where the plan contradicts itself, with what is wrong in a few words */
  constructor(plan: PlanSummary) {
    this.#plan = plan;
    this.#backing = plan.backing === undefined ? [undefined] : backingFormats;
    const rows = readRows(plan);
    this.trialCount = countTrials(plan, rows);
    this.groupCount = placeGroups(plan.seed, rows);
    this.#rows = new Map(rows.map((row) => [row.name, row]));
  }

  /** Where a trial belongs; why it is none of the plan, in a few words. */
  find(record: TrialRecord): PlanPlace | string {
    const row = this.#rows.get(record.workload);
    if (!row) return 'its workload is not in the plan';
    const { label, create, drive } = record.configuration;
    const configuration = row.configurations.get(label);
    if (!configuration) return 'its configuration is not in the plan';
    if (!isSameJson(JSON.stringify([create, drive]), configuration.text)) {
      return `"${label}" has other settings in the plan`;
    }
    const { block } = record;
    const group = row.groups[block];
    if (group === undefined || record.repetition !== block) return 'its repetition is not in the plan';
    if (record.engine !== this.#plan.engine)
      return `its engine is ${record.engine}, and the plan's ${this.#plan.engine}`;
    if (!this.#hasId(record, row)) return 'its id is not the one that the plan gives it';
    const trial = row.firstTrial + block * row.configurations.size + configuration.index;
    return { trial, group, workload: row.index };
  }

  /** The trials of each block of each workload, in the order of the header: what can be there and what is missing. */
  *groups(): Generator<{
    readonly workload: string;
    readonly block: number;
    readonly first: number;
    readonly end: number;
  }> {
    for (const row of this.#rows.values()) {
      const size = row.configurations.size;
      for (let block = 0; block < row.repetitions; block++) {
        const first = row.firstTrial + block * size;
        yield { workload: row.name, block, first, end: first + size };
      }
    }
  }

  #hasId(record: TrialRecord, { hash }: Row): boolean {
    if (hash === undefined) return true; // A journal of another program need not say.
    const { configuration, engine, repetition } = record;
    const identity = { workloadHash: hash, configuration, engine, repetition };
    return this.#backing.some(
      (backingFormat) =>
        record.id === trialId({ ...identity, ...(backingFormat === undefined ? {} : { backingFormat }) }),
    );
  }
}

/** The cheap question first: qtune writes both alike. */
function isSameJson(text: string, other: string): boolean {
  return text === other || canonicalJson(JSON.parse(text)) === canonicalJson(JSON.parse(other));
}

function readRows(plan: PlanSummary): Row[] {
  const known = new Map(plan.configurations.map((entry) => [entry.label, entry]));
  let firstTrial = 0;
  const rows = plan.workloads.map((entry, index): Row => {
    const labels = entry.configurations ?? [...known.keys()];
    const repetitions = entry.repetitions ?? plan.repetitions;
    const configurations = new Map(
      labels.map((label, position) => {
        const settings = known.get(label);
        if (!settings) throw new RangeError(`the plan has no configuration "${label}"`);
        return [label, { index: position, text: JSON.stringify([settings.create, settings.drive]) }];
      }),
    );
    if (configurations.size < labels.length)
      throw new RangeError(`the plan has a configuration of ${entry.name} twice`);
    const row = { index, name: entry.name, hash: entry.hash, repetitions, firstTrial, configurations };
    firstTrial += repetitions * configurations.size;
    if (!Number.isSafeInteger(firstTrial) || repetitions < 0 || firstTrial > maximumTrialCount) {
      throw new RangeError(`the plan has more than ${maximumTrialCount} trials`);
    }
    return { ...row, groups: new Uint32Array(repetitions) };
  });
  if (new Set(rows.map((row) => row.name)).size < rows.length) throw new RangeError('the plan has a workload twice');
  return rows;
}

function countTrials(plan: PlanSummary, rows: readonly Row[]): number {
  const count = rows.reduce((sum, row) => sum + row.repetitions * row.configurations.size, 0);
  if (count !== plan.trialCount || count === 0) {
    throw new RangeError(`the plan says that it has ${plan.trialCount} trials, and lists ${count}`);
  }
  return count;
}

/** As `buildPlan` lays blocks out: every workload's block 0, then every block 1. */
function placeGroups(seed: number, rows: readonly Row[]): number {
  let group = 0;
  const blockCount = Math.max(...rows.map((row) => row.repetitions));
  for (let block = 0; block < blockCount; block++) {
    const here = rows.filter((row) => block < row.repetitions);
    for (const row of orderWorkloads(here, (one) => one.name, { seed, block })) row.groups[block] = group++;
  }
  return group;
}
