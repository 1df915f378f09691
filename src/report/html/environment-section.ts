import { formatBytes } from '../../units/bytes.ts';
import { formatDuration } from '../../units/duration.ts';
import type { JournalReport } from '../journal-report.ts';
import { describeLoadGenerator } from '../load-generator.ts';
import { printable } from '../printable.ts';
import { escapeHtml } from './charts/escape.ts';
import type { PageInput, PageModel } from './page-model.ts';

/** What the trials ran on, and every doubt about them. */
export function renderEnvironment(model: PageModel): string {
  const journals = model.reports.map((report, index) => renderJournal(model, report, index));
  return `<section id=environment aria-labelledby=environment-h><h2 id=environment-h>Environment</h2>\n${journals.join('')}</section>\n`;
}

function renderJournal({ reports, inputs }: PageModel, report: JournalReport, index: number): string {
  const { journal, environment, engine } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['journal', printable(journal.path)],
    ['started', printable(journal.startedAt, 40)],
    ['resumed', report.resumedAt.map((time) => printable(time, 40)).join(', ')],
    [
      'trials',
      `${journal.completedCount} of ${journal.trialCount} completed, ${report.repetitions} repetitions, seed ${journal.seed}`,
    ],
    [
      'engine',
      `${engine.name} ${printable(engine.version, 40)}, cache=${printable(engine.cache, 20)}, aio=${printable(engine.aio, 20)}`,
    ],
    ['costs', engine.costs ? `${printable(engine.costs.name, 60)}: ${printable(engine.costs.source, 200)}` : ''],
    ['processors', engine.name === 'simulated' ? '' : engine.cpus.join(', ') || 'any'],
    ['load', describeLoadGenerator(engine) ?? ''],
    ['a command outside the driver', engine.name === 'qemu-io' ? formatDuration(engine.overheadMs) : ''],
    ['QEMU', printable(environment.qemu ?? '')],
    ['kernel', printable(environment.kernel)],
    ['CPU', environment.cpuModel === '' ? '' : `${environment.cpuCount} × ${printable(environment.cpuModel)}`],
    ['memory', environment.memoryBytes > 0 ? formatBytes(environment.memoryBytes) : ''],
    [
      'file system',
      [environment.fileSystem, environment.mountOptions]
        .filter((text) => text !== '')
        .map((text) => printable(text))
        .join(', '),
    ],
    ['free at the start', environment.freeBytes > 0 ? formatBytes(environment.freeBytes) : ''],
    ['backing file', report.backing === null ? '' : printable(report.backing)],
    [
      'qtune, Node',
      [environment.qtuneVersion, environment.nodeVersion]
        .filter((text) => text !== '')
        .map((text) => printable(text, 40))
        .join(', '),
    ],
    ['plan', printable(journal.planHash, 64)],
    ['host', printable(journal.fingerprint, 64)],
  ];
  const heading = reports.length > 1 ? `<h3>Journal ${index + 1}</h3>\n` : '';
  const list = facts.filter(([, value]) => value !== '').map(([name, value]) => `<dt>${name}<dd>${escapeHtml(value)}`);
  return `${heading}<dl>${list.join('')}</dl>\n${renderCaveats(report, inputs[index])}`;
}

function renderCaveats(report: JournalReport, input: PageInput | undefined): string {
  const replaced = input?.latencies.replaced.length ?? 0;
  const items = [
    ...(report.missingCount > 0 ? [`${report.missingCount} planned trials have not been run.`] : []),
    ...(report.incomplete.length > 0
      ? [`${report.incomplete.length} trials were not completed; the table of trials says why.`]
      : []),
    ...(replaced > 0
      ? [`${replaced} completed ${replaced === 1 ? 'trial was' : 'trials were'} run again; the later record counts.`]
      : []),
    ...report.warnings.map(({ subject, message, trialCount }) => {
      const who = trialCount > 1 ? `${trialCount} trials` : printable(subject);
      return `${who}: ${printable(message, 400)}`;
    }),
  ];
  if (items.length === 0) return '';
  return `<h3>Caveats</h3>\n<ul>${items.map((item) => `<li>${escapeHtml(item)}`).join('')}</ul>\n`;
}
