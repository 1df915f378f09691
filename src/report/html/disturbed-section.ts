import type { CompletedTrial } from '../cell.ts';
import { formatChange, formatChangeInterval } from '../figures.ts';
import { printable } from '../printable.ts';
import { trialAnchor } from './anchors.ts';
import { escapeHtml } from './charts/escape.ts';
import type { PageInput, PageModel } from './page-model.ts';
import { type HtmlCell, mebibytes, plainNumber, renderTable } from './table.ts';

export interface DoubtfulTrial {
  readonly trial: CompletedTrial;
  /** Whether a later record of the same trial counts in its place. */
  readonly replaced: boolean;
}

/** Completed trials that something outside disturbed, and those that were run again. */
export function doubtfulTrials({ journal, latencies }: PageInput): readonly DoubtfulTrial[] {
  const kept = journal.trials.filter((trial) => trial.state === 'completed' && trial.disturbance?.disturbed);
  return [
    ...latencies.replaced.map((trial) => ({ trial, replaced: true })),
    ...kept.map((trial) => ({ trial: trial as CompletedTrial, replaced: false })), // filtered by state above
  ];
}

export function renderDisturbed(model: PageModel): string {
  const found = model.inputs.flatMap((input, journal) => doubtfulTrials(input).map((one) => ({ ...one, journal })));
  const looked = model.inputs.some(({ journal }) =>
    journal.trials.some((trial) => trial.state === 'completed' && trial.disturbance !== undefined),
  );
  const none = looked
    ? 'No trial was disturbed from outside.'
    : 'These trials were not watched for disturbances from outside.';
  const table = (): string =>
    renderTable({
      caption: 'Disturbed trials, and those that were run again',
      columns: [
        { title: 'trial' },
        { title: 'workload' },
        { title: 'configuration' },
        { title: 'IOPS', numeric: true },
        { title: 'stolen, ms', numeric: true },
        { title: 'waited, ms', numeric: true },
        { title: 'I/O of others, MiB', numeric: true },
        { title: 'throttled, ms', numeric: true },
        { title: 'what became of it' },
      ],
      groups: [
        {
          rows: found.map(({ trial, replaced, journal }) => ({
            cells: [
              idCell(trial.id, journal),
              printable(trial.workload, 60),
              printable(trial.configuration.label, 120),
              plainNumber(trial.metrics.iops),
              plainNumber(trial.disturbance?.stealMs),
              plainNumber(trial.disturbance?.waitMs),
              mebibytes(trial.disturbance?.otherIoBytes),
              plainNumber(trial.disturbance?.throttledMs),
              replaced ? 'run again, does not count' : 'counts',
            ],
          })),
        },
      ],
    });
  return (
    '<section id=disturbed aria-labelledby=disturbed-h><h2 id=disturbed-h>Disturbed trials</h2>\n' +
    `${found.length === 0 ? `<p>${none}</p>\n` : table()}</section>\n${renderConfirmations(model)}`
  );
}

function idCell(id: string, journal: number): HtmlCell {
  const text = escapeHtml(printable(id, 60));
  const anchor = trialAnchor(journal, id);
  return { html: anchor === undefined ? text : `<a href=#${anchor}>${text}</a>` };
}

/** Winners that were run once more without pinning. */
function renderConfirmations({ inputs }: PageModel): string {
  const found = inputs.flatMap(({ journal }) => journal.confirmations);
  if (found.length === 0) return '';
  const rows = found.map(({ workload, base, head, ratio, low, high, confirmed }) => ({
    cells: [
      printable(head, 120),
      printable(base, 120),
      printable(workload, 60),
      formatChange(ratio),
      formatChangeInterval(low, high),
      confirmed ? 'yes' : 'no',
    ],
  }));
  const columns = [
    { title: 'configuration' },
    { title: 'against' },
    { title: 'workload' },
    { title: 'IOPS', numeric: true },
    { title: 'interval', numeric: true },
    { title: 'confirmed' },
  ];
  return (
    '<section id=confirmed aria-labelledby=confirmed-h><h2 id=confirmed-h>On any processor</h2>\n' +
    '<p>Trials are pinned to one processor. These winners were run again without that.</p>\n' +
    `${renderTable({ caption: 'Winners without pinning', columns, groups: [{ rows }] })}</section>\n`
  );
}
