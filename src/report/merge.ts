import type { JournalMerge } from '../trial/merge/merge-journals.ts';
import { formatCount } from '../units/rate.ts';
import type { Warning } from '../warnings.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';

/** What `qtune merge` says. */
export interface MergeReport {
  readonly schema: 'qtune.merge/1';
  readonly output: string;
  readonly planHash: string;
  readonly shardCount: number;
  readonly recordCount: number;
  readonly trialCount: number;
  readonly completedCount: number;
  readonly missingShards: readonly number[];
  readonly missingTrialCount: number;
  readonly partial: boolean;
  readonly interruptionCount: number;
  readonly shards: readonly {
    readonly index: number;
    readonly path: string;
    readonly startedAt: string;
    readonly qemu: string | null;
    readonly fingerprint: string;
    readonly recordCount: number;
    readonly completedCount: number;
    readonly workloads: readonly string[];
  }[];
  readonly duplicates: readonly string[];
  readonly warnings: readonly Warning[];
}

/** @param shown a path as the user may read it */
export function buildMergeReport(
  merge: JournalMerge,
  result: { readonly output: string; readonly recordCount: number },
  shown: (path: string) => string,
): MergeReport {
  const { header, headers, journals } = merge;
  return {
    schema: 'qtune.merge/1',
    ...result,
    planHash: header.plan.hash,
    shardCount: headers.shardCount,
    trialCount: header.plan.trialCount,
    completedCount: journals.reduce((sum, journal) => sum + journal.completedCount, 0),
    missingShards: headers.missingShards,
    missingTrialCount: merge.missingTrialCount,
    partial: header.partial !== undefined,
    interruptionCount: merge.interruptionCount,
    shards: journals.map(({ header: { path, raw, shard }, recordCount, completedCount, workloads }) => ({
      index: shard.index,
      path: shown(path),
      startedAt: raw.startedAt,
      qemu: raw.environment.qemu ?? null,
      fingerprint: raw.environment.fingerprint,
      recordCount,
      completedCount,
      workloads,
    })),
    duplicates: headers.duplicates.map(shown),
    warnings: warnings(merge, shown),
  };
}

export function renderMerge(report: MergeReport): string {
  const table = renderTable(
    [
      { title: 'shard', align: 'right' },
      { title: 'journal' },
      { title: 'completed', align: 'right' },
      { title: 'workloads' },
    ],
    report.shards.map(({ index, path, completedCount, workloads }) => [
      `${index}/${report.shardCount}`,
      printable(path),
      String(completedCount),
      workloads.length === 0 ? 'none' : workloads.map((name) => printable(name, 60)).join(', '),
    ]),
  );
  const missing = report.partial ? `, ${formatCount(report.missingTrialCount)} of the plan are missing` : '';
  const notes = report.warnings.map(({ subject, message, hint }, index) => {
    return `${index === 0 ? '\n' : ''}[${index + 1}] ${printable(subject)}: ${printable(message, 300)}${hint ? ` ${hint}` : ''}\n`;
  });
  return [
    table,
    `\n${formatCount(report.completedCount)} completed trials${missing}; journal: ${report.output}\n`,
    ...notes,
  ].join('');
}

function warnings(merge: JournalMerge, shown: (path: string) => string): readonly Warning[] {
  const found: Warning[] = [];
  const { headers, interruptionCount, leftOutCount, missingTrialCount } = merge;
  if (headers.missingShards.length > 0 || missingTrialCount > 0) {
    const shards = headers.missingShards.length > 0 ? `shard ${headers.missingShards.join(', ')} and ` : '';
    found.push({ code: 'partial', subject: 'missing', message: `${shards}${missingTrialCount} trials of the plan` });
  }
  for (const path of headers.duplicates) {
    found.push({ code: 'duplicate', subject: shown(path), message: 'is a copy of another journal, and was left out' });
  }
  if (interruptionCount > 0) {
    const aborted = leftOutCount > 0 ? `, with ${leftOutCount} aborted trials that were run again` : '';
    found.push({
      code: 'interrupted',
      subject: 'the runs',
      message: `${interruptionCount} interruptions are not in the result${aborted}`,
    });
  }
  for (const { header, tornBytes, unknownCount } of merge.journals) {
    if (tornBytes > 0) {
      const message = `the last line is not whole (${tornBytes} bytes), and was left out`;
      found.push({ code: 'torn-line', subject: shown(header.path), message });
    }
    if (unknownCount > 0) {
      const message = `${unknownCount} records of a type that this qtune does not know are at the end of the result`;
      found.push({ code: 'unknown-records', subject: shown(header.path), message });
    }
  }
  return found;
}
