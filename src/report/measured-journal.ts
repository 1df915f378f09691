import type { EngineName } from '../engine/engine.ts';
import type { Configuration } from '../settings/configuration.ts';
import { type Journal, type JournalFrame, readFigures, replaces } from '../trial/journal-reader.ts';
import type { TrialRecord, TrialSlices } from '../trial/record.ts';
import { figuresOf, type HostIoFigures, type TrialFigures } from '../trial/scan/trial-figures.ts';
import { GrowingColumn } from './growing-column.ts';
import { IdIndex } from './id-index.ts';
import type { MeasuredCell } from './measured-cell.ts';
import type { Metric } from './metric.ts';
import { SliceStore } from './slice-store.ts';

/** A journal as cells of columns, for comparisons. */
export interface MeasuredJournal extends JournalFrame {
  /** In the order of the plan, those that the plan does not name last. */
  readonly cells: readonly MeasuredCell[];
  /** Trials in the journal, each counted once, and those of them that were completed. */
  readonly recordedCount: number;
  readonly completedCount: number;
}

/**
 * Reads a journal of any length for a comparison of some metrics. Two records of one trial count once: the last completed
 * one.
 * @throws InputError see `readJournal`
 */
export async function readMeasured(path: string, metrics: readonly Metric[]): Promise<MeasuredJournal> {
  const table = new TrialTable(metrics);
  return table.finish(await readFigures(path, (trial) => table.add(trial)));
}

/** The same of a journal in memory. */
export function measureJournal(journal: Journal, metrics: readonly Metric[]): MeasuredJournal {
  const table = new TrialTable(metrics);
  for (const trial of journal.trials) table.add(figuresOf(trial));
  const { trials: _, ...frame } = journal;
  return table.finish(frame);
}

interface CellBuilder {
  readonly index: number;
  readonly workload: string;
  readonly configuration: Configuration;
  readonly engine: EngineName;
  hostIo: HostIoFigures | undefined;
  first: string;
  last: string;
  startsKnown: boolean;
}

const states = ['completed', 'failed', 'timed-out', 'aborted', 'skipped'] as const satisfies TrialRecord['state'][];

class TrialTable {
  private readonly metrics: readonly Metric[];
  private readonly rows = new IdIndex();
  private readonly cellList: CellBuilder[] = [];
  private readonly cells = new Map<string, Map<string, CellBuilder[]>>();
  private readonly cellOf = new GrowingColumn();
  private readonly stateOf = new GrowingColumn();
  private readonly blocks = new GrowingColumn();
  private readonly repetitions = new GrowingColumn();
  private readonly disturbances = new GrowingColumn();
  private readonly values: readonly GrowingColumn[];
  private readonly slices: SliceStore | undefined;

  constructor(metrics: readonly Metric[]) {
    this.metrics = metrics;
    this.values = metrics.map(() => new GrowingColumn());
    this.slices = metrics.some((metric) => metric.readSlice !== undefined) ? new SliceStore() : undefined;
  }

  add(trial: TrialFigures): void {
    const row = this.rows.numberOf(trial.id);
    if (row === this.cellOf.length) this.addRow();
    else if (!replaces(trial.state, states[this.stateOf.at(row)] ?? 'failed')) return;
    const cell = this.cellFor(trial);
    this.cellOf.set(row, cell.index);
    this.stateOf.set(row, states.indexOf(trial.state));
    this.blocks.set(row, trial.block);
    this.repetitions.set(row, trial.repetition);
    noteStart(cell, trial.startedAt);
    if (trial.state !== 'completed') return;
    // Once disturbed stays said, although the second record takes the first one's place.
    if (trial.disturbed) this.disturbances.set(row, 1);
    if (cell.hostIo === undefined && trial.metrics.hostIo) cell.hostIo = { ...trial.metrics.hostIo };
    for (let index = 0; index < this.metrics.length; index++) {
      this.values[index]?.set(row, this.metrics[index]?.read(trial.metrics) ?? Number.NaN);
    }
    this.slices?.set(row, trial.slices);
  }

  private addRow(): void {
    this.cellOf.push(0);
    this.stateOf.push(0);
    this.blocks.push(0);
    this.repetitions.push(0);
    this.disturbances.push(0);
    for (const column of this.values) column.push(Number.NaN);
    this.slices?.grow();
  }

  private cellFor({ workload, configuration, engine }: TrialFigures): CellBuilder {
    let byLabel = this.cells.get(workload);
    if (byLabel === undefined) {
      byLabel = new Map();
      this.cells.set(workload, byLabel);
    }
    let candidates = byLabel.get(configuration.label);
    if (candidates === undefined) {
      candidates = [];
      byLabel.set(configuration.label, candidates);
    }
    const known = candidates.find((cell) => cell.engine === engine);
    if (known) return known;
    const index = this.cellList.length;
    const times = { first: '', last: '', startsKnown: true };
    const cell = { index, workload, configuration, engine, hostIo: undefined, ...times };
    candidates.push(cell);
    this.cellList.push(cell);
    return cell;
  }

  finish(frame: JournalFrame): MeasuredJournal {
    const recordedCount = this.rows.size;
    const { workloads, configurations } = frame.header.plan;
    const workloadRank = rankOf(workloads.map((workload) => workload.name));
    const configurationRank = rankOf(configurations.map((configuration) => configuration.label));
    const cells = this.rowsByCell(recordedCount)
      .map((rows, index) => this.measuredCell(index, rows))
      .sort(
        (left, right) =>
          workloadRank(left.workload) - workloadRank(right.workload) ||
          configurationRank(left.configuration.label) - configurationRank(right.configuration.label),
      );
    const completedCount = cells.reduce((sum, cell) => sum + cell.completedCount, 0);
    return { ...frame, cells, recordedCount, completedCount };
  }

  /** The rows of each cell in the order of block and repetition. */
  private rowsByCell(rowCount: number): Int32Array[] {
    const counts = new Int32Array(this.cellList.length);
    for (let row = 0; row < rowCount; row++) {
      const cell = this.cellOf.at(row);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const groups = Array.from(counts, (count) => new Int32Array(count));
    counts.fill(0);
    for (let row = 0; row < rowCount; row++) {
      const cell = this.cellOf.at(row);
      const group = groups[cell];
      if (group) group[counts[cell] ?? 0] = row;
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const order = (left: number, right: number): number =>
      this.blocks.at(left) - this.blocks.at(right) || this.repetitions.at(left) - this.repetitions.at(right);
    return groups.map((rows) => rows.sort(order));
  }

  private measuredCell(index: number, rows: Int32Array): MeasuredCell {
    const { workload, configuration, engine, hostIo, first, last, startsKnown } = this.cellList[index] as CellBuilder;
    const completed = rows.filter((row) => this.stateOf.at(row) === 0);
    return {
      workload,
      configuration,
      engine,
      hostIo,
      completedCount: completed.length,
      blocks: this.blocks.gather(completed),
      repetitions: this.repetitions.gather(completed),
      values: (metric) => {
        const column = this.values[this.metrics.indexOf(metric)];
        if (column === undefined) throw new RangeError(`the journal was not read for ${metric.name}`);
        return column.gather(completed);
      },
      slices: (place): TrialSlices | undefined => this.slices?.get(completed[place] ?? -1),
      incompleteStates: [...rows].flatMap((row) => {
        const state = states[this.stateOf.at(row)] ?? 'failed';
        return state === 'completed' ? [] : [state];
      }),
      disturbedCount: completed.reduce((sum, row) => sum + this.disturbances.at(row), 0),
      span: startsKnown ? { first, last } : { first: '', last: '' },
    };
  }
}

function noteStart(cell: CellBuilder, startedAt: string): void {
  if (startedAt === '') cell.startsKnown = false;
  if (cell.first === '' || startedAt < cell.first) cell.first = startedAt;
  if (startedAt > cell.last) cell.last = startedAt;
}

function rankOf(names: readonly string[]): (name: string) => number {
  const ranks = new Map(names.map((name, index) => [name, index]));
  return (name) => ranks.get(name) ?? names.length;
}
