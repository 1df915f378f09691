import { InputError, type InputPosition } from '../../errors.ts';
import type { TrialRecord } from '../record.ts';
import { hostDifference, type MeasuringHost } from './measuring-host.ts';
import type { PlanLayout } from './plan-layout.ts';
import { RecordIndex } from './record-index.ts';

/** Where a record's line is, its newline included. */
export interface RecordPlace {
  readonly file: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What a plan's journals lack. */
export interface MissingTrials {
  readonly count: number;
  /** The first of them, for a message. */
  readonly first?: { readonly workload: string; readonly block: number };
}

/**
 * Everything that is known of the journals after they were read: a few bytes a record and a trial of the plan.
 *
 * The order of the result: the blocks of each workload as the plan runs them, within a block the order in which its records
 * were written; then confirmations in the plan's order of workloads, then records of unknown types.
 */
export class MergeState {
  readonly index = new RecordIndex();
  /** Times that a run was interrupted and went on; nothing of that is in the result. */
  interruptionCount = 0;
  /** Records of trials that an interruption hit, and that were run again later. */
  leftOutCount = 0;
  readonly #layout: PlanLayout;
  readonly #workloads: readonly string[];
  /** By trial: the journal that has it, counted from 1; 0 for none. */
  readonly #owner: Uint16Array;
  /** By trial: its last record if that was aborted, counted from 1. */
  readonly #aborted: Uint32Array;
  /** By trial: 1 where it has a result. */
  readonly #completed: Uint8Array;
  /** By workload: where its completed trials ran. */
  readonly #hosts = new Map<string, MeasuringHost>();
  /** Workloads of which a merged journal says where they ran. */
  readonly #placed = new Set<string>();
  readonly #paths: readonly string[];

  constructor(layout: PlanLayout, workloads: readonly string[], paths: readonly string[]) {
    this.#layout = layout;
    this.#workloads = workloads;
    this.#paths = paths;
    this.#owner = new Uint16Array(layout.trialCount);
    this.#aborted = new Uint32Array(layout.trialCount);
    this.#completed = new Uint8Array(layout.trialCount);
  }

  /**
   * @returns whether this completed the trial, which a second completed record of it does not
   * @throws InputError where it is none of the plan's trials, is in two journals, or ran on another host than its like
   */
  addTrial(record: TrialRecord, host: MeasuringHost, place: RecordPlace, position: InputPosition): boolean {
    const found = this.#layout.find(record);
    if (typeof found === 'string') {
      throw new InputError(position, `this trial is not of the plan: ${found}`, {
        hint: 'Name journals that one and the same `qtune run` wrote.',
      });
    }
    const owner = this.#owner[found.trial] ?? 0;
    if (owner !== 0 && owner !== place.file + 1) {
      throw new InputError(position, `this trial (${record.id}) is in ${this.#paths[owner - 1]} too`, {
        hint: 'Each trial is of one shard. Name the journals of one run, each once.',
      });
    }
    this.#owner[found.trial] = place.file + 1;
    this.#checkHost(record, host, position);
    const entry = this.index.add(found.group, place.file, place.offsetBytes, place.lengthBytes);
    const aborted = this.#aborted[found.trial] ?? 0;
    if (aborted !== 0) {
      this.index.leaveOut(aborted - 1);
      this.leftOutCount += 1;
    }
    this.#aborted[found.trial] = record.state === 'aborted' ? entry + 1 : 0;
    const isFirst = record.state === 'completed' && this.#completed[found.trial] === 0;
    if (isFirst) this.#completed[found.trial] = 1;
    return isFirst;
  }

  /** @returns false for a workload that is not in the plan */
  addConfirmation(workload: string, place: RecordPlace): boolean {
    const index = this.#workloads.indexOf(workload);
    if (index === -1) return false;
    this.index.add(this.#layout.groupCount + index, place.file, place.offsetBytes, place.lengthBytes);
    return true;
  }

  addUnknown(place: RecordPlace): void {
    this.index.add(this.rankCount - 1, place.file, place.offsetBytes, place.lengthBytes);
  }

  /** Every rank that the records of {@link index} have is below this. */
  get rankCount(): number {
    return this.#layout.groupCount + this.#workloads.length + 1;
  }

  /** Says where workloads ran, for a journal that was merged before. */
  place(workloads: readonly string[], host: MeasuringHost): void {
    for (const workload of workloads) {
      this.#hosts.set(workload, host);
      this.#placed.add(workload);
    }
  }

  /** Where each workload ran that has a completed trial, in the plan's order. */
  hosts(): readonly { readonly workload: string; readonly host: MeasuringHost }[] {
    return this.#workloads.flatMap((workload) => {
      const host = this.#hosts.get(workload);
      return host ? [{ workload, host }] : [];
    });
  }

  /**
   * Trials that no journal has, or has as interrupted only.
   * @param mayStop whether a workload may end before the plan's last block, as `--until-decided` does
   */
  missing(mayStop: boolean): MissingTrials {
    let count = 0;
    let first: MissingTrials['first'];
    const reached = mayStop ? this.#lastBlocks() : undefined;
    for (const { workload, block, first: from, end } of this.#layout.groups()) {
      if (reached !== undefined && block > (reached.get(workload) ?? 0)) continue;
      for (let trial = from; trial < end; trial++) {
        if (this.#owner[trial] !== 0 && this.#aborted[trial] === 0) continue;
        count += 1;
        first ??= { workload, block };
      }
    }
    return { count, ...(first ? { first } : {}) };
  }

  #lastBlocks(): ReadonlyMap<string, number> {
    const last = new Map<string, number>();
    for (const { workload, block, first, end } of this.#layout.groups()) {
      if (this.#owner.subarray(first, end).some((owner) => owner !== 0)) last.set(workload, block);
    }
    return last;
  }

  #checkHost({ workload, state }: TrialRecord, host: MeasuringHost, position: InputPosition): void {
    if (state !== 'completed' || this.#placed.has(workload)) return;
    const known = this.#hosts.get(workload);
    if (known === undefined) {
      this.#hosts.set(workload, host);
      return;
    }
    if (known === host) return;
    const difference = hostDifference(known, host);
    if (difference === undefined) return;
    const where = known.path === host.path ? 'earlier in this journal' : `in ${known.path}`;
    throw new InputError(position, `${workload} was measured on another host ${where}: ${difference}`, {
      hint: 'What is compared has to be measured on one host: run that workload again, whole, on one of them.',
    });
  }
}
