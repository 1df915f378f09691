import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrialMetrics } from '../../src/engine/engine.ts';
import type { Configuration } from '../../src/settings/configuration.ts';
import type { Journal } from '../../src/trial/journal-reader.ts';
import type { HeaderRecord, JournalRecord, PlanSummary, ResumeRecord, TrialRecord } from '../../src/trial/record.ts';
import { completedTrial, sampleHeader, sampleMetrics } from './trials.ts';

export interface CellPlan {
  readonly workload?: string;
  readonly configuration?: Configuration;
  /** IOPS of each repetition; latencies follow from them. */
  readonly iops: readonly number[];
  readonly metrics?: Partial<TrialMetrics> | ((repetition: number) => Partial<TrialMetrics>);
  readonly engine?: TrialRecord['engine'];
}

export interface JournalPlan {
  readonly cells: readonly CellPlan[];
  readonly header?: Partial<HeaderRecord>;
  readonly plan?: Partial<PlanSummary>;
  /** What every workload of the plan says beside its name. */
  readonly workload?: Partial<PlanSummary['workloads'][number]>;
  readonly resumes?: readonly ResumeRecord[];
  /** Trials beyond those of the cells. */
  readonly trials?: readonly TrialRecord[];
  /** Start of the first trial; each later one starts a second after the one before. */
  readonly startMs?: number;
}

export function configuration(drive: Configuration['drive'] = {}, create: Configuration['create'] = {}): Configuration {
  const parts = [...Object.entries(create), ...Object.entries(drive)].map(([key, value]) => `${key}=${value}`);
  return { label: parts.join(' ') || 'default', create, drive };
}

/** Values around a middle: the same spread in the same irregular order on every call, `share` of the middle at most. */
export function around(middle: number, count: number, share = 0.01, shift = 0): number[] {
  return Array.from({ length: count }, (_, index) => middle * (1 + share * Math.sin(12.9898 * (index + 1 + shift))));
}

/** The records of a journal whose trials ran block by block, as `qtune run` orders them. */
export function journalRecords(plan: JournalPlan): JournalRecord[] {
  const started = plan.startMs ?? Date.UTC(2026, 0, 2, 3, 4, 5);
  const blocks = Math.max(0, ...plan.cells.map((cell) => cell.iops.length));
  const trials: TrialRecord[] = [];
  for (let block = 0; block < blocks; block++) {
    plan.cells.forEach((cell, index) => {
      const iops = cell.iops[block];
      if (iops === undefined) return;
      const extra = typeof cell.metrics === 'function' ? cell.metrics(block) : cell.metrics;
      trials.push(
        completedTrial({
          id: `${index}-${block}`.padStart(16, '0'),
          workload: cell.workload ?? 'l2-cache-20g',
          configuration: cell.configuration ?? configuration({ 'l2-cache-size': 1_048_576 }),
          engine: cell.engine ?? 'qemu-io',
          repetition: block,
          block,
          startedAt: new Date(started + 1000 * trials.length).toISOString(),
          metrics: sampleMetrics(iops, { histograms: {}, ...extra }),
        }),
      );
    });
  }
  const all = [...trials, ...(plan.trials ?? [])];
  const [first] = sampleHeader().plan.workloads;
  const workloads = [...new Set(all.map((trial) => trial.workload))].map((name) => ({
    ...first,
    name,
    ...plan.workload,
  }));
  const configurations = [...new Map(all.map((trial) => [trial.configuration.label, trial.configuration])).values()];
  const header = sampleHeader({ startedAt: new Date(started - 5000).toISOString(), ...plan.header });
  return [
    {
      ...header,
      plan: {
        ...header.plan,
        repetitions: blocks,
        trialCount: all.length,
        workloads: workloads as PlanSummary['workloads'],
        configurations,
        ...plan.plan,
      },
    },
    ...(plan.resumes ?? []),
    ...all,
  ];
}

export function journalText(plan: JournalPlan): string {
  return `${journalRecords(plan)
    .map((record) => JSON.stringify(record))
    .join('\n')}\n`;
}

/** The same as what reading the file would give. */
export function journalInMemory(plan: JournalPlan, path = 'journal.ndjson'): Journal {
  const [header, ...rest] = journalRecords(plan);
  if (header?.type !== 'header') throw new Error('a journal begins with its header');
  return {
    path,
    header,
    trials: rest.filter((record) => record.type === 'trial'),
    resumes: rest.filter((record) => record.type === 'resume'),
    confirmations: rest.filter((record) => record.type === 'confirmation'),
    shards: rest.filter((record) => record.type === 'shard'),
    warnings: [],
    wholeBytes: 0,
    tornBytes: 0,
  };
}

export interface JournalDirectory {
  readonly path: string;
  write(name: string, content: JournalPlan | string): string;
  remove(): void;
}

/** A directory of its own for journals that a test hands to the command line. */
export function journalDirectory(): JournalDirectory {
  const path = mkdtempSync(join(tmpdir(), 'qtune-journals-'));
  return {
    path,
    write(name, content) {
      writeFileSync(join(path, name), typeof content === 'string' ? content : journalText(content));
      return name;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
