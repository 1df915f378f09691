import type { CompletedTrial, IncompleteTrial } from '../cell.ts';
import { totalHostIoCount } from '../metric.ts';
import { printable } from '../printable.ts';
import { trialAnchor, trialsAnchor } from './anchors.ts';
import { doubtfulTrials } from './disturbed-section.ts';
import type { PageModel, PageWorkload } from './page-model.ts';
import { type HtmlRow, mebibytes, microseconds, plainNumber, renderTable } from './table.ts';

/** Every trial by its id, grouped by configuration: what each figure above was made from. */
export function renderTrials(model: PageModel): string {
  const doubtful = model.inputs.map((input) => new Set(doubtfulTrials(input).map(({ trial }) => trial.id)));
  const tables = model.workloads.map(
    (workload, index) =>
      `<div${model.large ? ' class=lazy' : ''}>${renderWorkloadTrials(model, workload, index, doubtful)}</div>\n`,
  );
  return (
    '<section id=trials aria-labelledby=trials-h><h2 id=trials-h>Trials</h2>\n' +
    `<p>What the figures above are made from; ids are those of the journal. Times are seconds from the start of the run.</p>\n${tables.join('')}</section>\n`
  );
}

function renderWorkloadTrials(
  { variants, inputs }: PageModel,
  { name, cells }: PageWorkload,
  index: number,
  doubtful: readonly ReadonlySet<string>[],
): string {
  const traced = cells.some((cell) => cell.trials.completed.some((trial) => trial.metrics.hostIo));
  return renderTable({
    caption: `Trials: ${name}`,
    columns: [
      { title: 'trial' },
      { title: 'block', numeric: true },
      { title: 'at, s', numeric: true },
      { title: 'IOPS', numeric: true },
      { title: '50 %, µs', numeric: true },
      { title: '99 %, µs', numeric: true },
      { title: 'allocated, MiB', numeric: true },
      ...(traced ? [{ title: 'host I/O', numeric: true }] : []),
      { title: 'remark' },
    ],
    groups: cells.map((cell) => {
      const journal = variants[cell.variant]?.journal ?? 0;
      const startedAt = inputs[journal]?.journal.header.startedAt ?? '';
      const rowOf = (trial: CompletedTrial | IncompleteTrial, rest: readonly string[]): HtmlRow => {
        // Only these are led to one by one; an anchor for each of thousands would weigh something.
        const anchor = doubtful[journal]?.has(trial.id) ? trialAnchor(journal, trial.id) : undefined;
        const at = secondsBetween(startedAt, trial.startedAt);
        return {
          ...(anchor === undefined ? {} : { id: anchor }),
          cells: [printable(trial.id, 60), String(trial.block), at, ...rest],
        };
      };
      return {
        id: trialsAnchor(index, cell.variant),
        variant: cell.variant,
        heading: cell.name,
        rows: [
          ...cell.trials.completed.map((trial) => rowOf(trial, figuresOf(trial, traced))),
          ...cell.trials.incomplete.map((trial) =>
            rowOf(trial, [...blanks(traced), `${trial.state}: ${printable(trial.reason, 300)}`]),
          ),
        ],
      };
    }),
  });
}

function figuresOf({ metrics, disturbance }: CompletedTrial, traced: boolean): readonly string[] {
  return [
    plainNumber(metrics.iops),
    microseconds(metrics.latencyMs.p50),
    microseconds(metrics.latencyMs.p99),
    mebibytes(metrics.allocatedBytes),
    ...(traced ? [plainNumber(totalHostIoCount(metrics.hostIo))] : []),
    disturbance?.disturbed ? 'disturbed' : '',
  ];
}

function blanks(traced: boolean): readonly string[] {
  return new Array<string>(traced ? 5 : 4).fill('');
}

function secondsBetween(from: string, to: string): string {
  return plainNumber(Math.round((Date.parse(to) - Date.parse(from)) / 100) / 10);
}
