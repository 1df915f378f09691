import { type CacheSizes, computeCacheSizes } from '../../settings/cache-sizing.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { geometryOf } from '../../settings/resolve.ts';
import type { Journal } from '../../trial/journal-reader.ts';
import { buildCells, type Cell, cellKey } from '../cell.ts';
import type { ComparedCell } from '../comparison.ts';
import { buildReport, type JournalReport, type WorkloadReport } from '../journal-report.ts';
import type { JournalReportRow } from '../journal-report-row.ts';
import type { MeasuredJournal } from '../measured-journal.ts';
import { printable } from '../printable.ts';
import { chartWorkload } from './chart-workload.ts';
import type { ChartPage } from './charts/chart-data.ts';
import { type LatencyPass, medianCurve, percentiles } from './latency-curves.ts';
import { compareVariants, type VariantComparison } from './variant-comparison.ts';

/** A journal with what was folded from its histograms. */
export interface PageInput {
  readonly journal: Journal;
  /** The same for verdicts, with {@link verdictMetrics}. */
  readonly measured: MeasuredJournal;
  readonly latencies: LatencyPass;
}

/** One thing that is measured: a configuration, in one of the journals and by one engine. */
export interface Variant {
  /** Safe to print. */
  readonly name: string;
  readonly journal: number;
  readonly configuration: Configuration;
}

/** A variant under a workload. */
export interface PageCell {
  /** Index into {@link PageModel.variants}. */
  readonly variant: number;
  /** The variant's. */
  readonly name: string;
  readonly row: JournalReportRow;
  readonly trials: Cell;
  /** Whether the others of its workload are compared with it. */
  readonly isBaseline: boolean;
  /** Against the baseline, by name of the metric; empty for the baseline itself. */
  readonly compared: ReadonlyMap<string, ComparedCell>;
  readonly latency: readonly number[] | null;
  /** Null where the settings contradict each other or the disk's size is not known. */
  readonly cache: CacheSizes | null;
}

export interface PageWorkload {
  readonly report: WorkloadReport;
  /** Safe to print. */
  readonly name: string;
  readonly cells: readonly PageCell[];
}

/** Everything that the page says. */
export interface PageModel {
  readonly inputs: readonly PageInput[];
  readonly reports: readonly JournalReport[];
  readonly confidence: number;
  readonly variants: readonly Variant[];
  readonly comparison: VariantComparison;
  readonly workloads: readonly PageWorkload[];
  readonly charts: ChartPage;
  /** Whether it is long enough for the browser to lay out only what is in sight. */
  readonly large: boolean;
}

/** From this number of cells on, a page opens faster where the browser leaves out what is not in sight. */
const largeCellCount = 150;

/** Longest name of a configuration in the page; its middle goes first. */
const longestName = 120;

export function buildPageModel(inputs: readonly PageInput[]): PageModel {
  const journals = inputs.map((input) => input.journal);
  const report = buildReport(journals);
  const comparison = compareVariants(inputs.map((input) => input.measured));
  const variants = new Map<string, Variant & { index: number }>();
  const workloads = new Map<string, { report: WorkloadReport; cells: PageCell[] }>();
  const engines = new Set(
    report.journals.flatMap(({ workloads }) => workloads.flatMap(({ rows }) => rows.map((row) => row.engine))),
  );
  report.journals.forEach((one, journal) => {
    const input = inputs[journal];
    if (!input) return;
    const cells = new Map(
      buildCells(input.journal).map((cell) => [cellKey(cell.workload, cell.configuration.label, cell.engine), cell]),
    );
    for (const workload of one.workloads) {
      let entry = workloads.get(workload.name);
      if (!entry) {
        entry = { report: workload, cells: [] };
        workloads.set(workload.name, entry);
      }
      for (const row of workload.rows) {
        const key = cellKey(workload.name, row.configuration.label, row.engine);
        const trials = cells.get(key);
        if (!trials) continue;
        const variantKey = JSON.stringify([journal, row.configuration.label, row.engine]);
        let variant = variants.get(variantKey);
        if (!variant) {
          const name = nameOf(row, engines.size > 1, journals.length > 1 ? input.journal.path : undefined);
          variant = { name, journal, configuration: row.configuration, index: variants.size };
          variants.set(variantKey, variant);
        }
        entry.cells.push({
          variant: variant.index,
          name: variant.name,
          row,
          trials,
          isBaseline: comparison.baselines.get(workload.name) === row.configuration.label,
          compared: comparison.of(journal, key),
          latency: medianCurve(trials.completed.flatMap((trial) => input.latencies.curves.get(trial.id) ?? [])),
          cache: cacheOf(row.configuration, workload.diskBytes),
        });
      }
    }
  });
  const list = [...variants.values()];
  const pageWorkloads = [...workloads].map(([name, entry]) => ({ ...entry, name: printable(name, longestName) }));
  return {
    inputs,
    reports: report.journals,
    confidence: report.confidence,
    variants: list,
    comparison,
    workloads: pageWorkloads,
    large: pageWorkloads.reduce((sum, workload) => sum + workload.cells.length, 0) >= largeCellCount,
    charts: {
      names: list.map((variant) => variant.name),
      percentiles,
      workloads: pageWorkloads.map((workload) => chartWorkload(workload, list, journals.length > 1)),
    },
  };
}

function nameOf(row: JournalReportRow, withEngine: boolean, path: string | undefined): string {
  const label = printable(row.configuration.label, longestName);
  const engine = withEngine ? ` (${row.engine})` : '';
  return `${label}${engine}${path === undefined ? '' : `, ${printable(path, 60)}`}`;
}

function cacheOf({ create, drive }: Configuration, diskBytes: number): CacheSizes | null {
  if (!(diskBytes > 0)) return null;
  try {
    return computeCacheSizes(geometryOf(diskBytes, create), drive);
  } catch {
    return null; // Settings of a journal from elsewhere, which QEMU would not take.
  }
}
