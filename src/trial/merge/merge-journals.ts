import { InputError, InterruptedError } from '../../errors.ts';
import type { HeaderRecord, ShardRecord } from '../record.ts';
import { type MergeJournal, type ScannedJournal, scanJournal } from './journal-scan.ts';
import { isSameHost, type MeasuringHost } from './measuring-host.ts';
import { type JournalHeader, type MergeHeaders, readMergeHeaders } from './merge-headers.ts';
import { MergeState } from './merge-state.ts';
import { PlanLayout } from './plan-layout.ts';
import { RecordCopier } from './record-copier.ts';

export interface MergeOptions {
  /** Merges although shards or trials are missing; the header then says so. */
  readonly allowPartial: boolean;
  readonly signal: AbortSignal;
}

/** What was found in one journal. */
export interface MergedJournal extends ScannedJournal {
  readonly header: JournalHeader;
  /** With a completed trial in it. */
  readonly workloads: readonly string[];
}

/** A merge that is checked and may be written. */
export interface JournalMerge {
  readonly header: HeaderRecord;
  readonly headers: MergeHeaders;
  readonly journals: readonly MergedJournal[];
  readonly hosts: readonly ShardRecord[];
  readonly missingTrialCount: number;
  readonly interruptionCount: number;
  readonly leftOutCount: number;
  /** The lines of the result in order, newlines included; a buffer is good until the next one is asked for. */
  lines(): AsyncGenerator<Buffer, void, undefined>;
}

/**
 * Joins the journals of a plan's shards. The result is what a single uninterrupted run of the plan would have written, had
 * it taken the same samples: the header of the first shard with trials, less its `shard`; every record as it is, byte for
 * byte, in the order in which the plan runs them. Of interruptions nothing is left: resume records go, and so do aborted
 * records of trials that were run again. Where shards had other hosts, or the same one with other free space, a `shard`
 * record after the header says which and for what; everything in one workload was measured on one host, or there is no
 * result. Memory: some 30 bytes a record, whatever is in it.
 *
 * @throws InputError where the journals are not the shards of one plan, each once and whole; InterruptedError
 */
export async function mergeJournals(paths: readonly string[], options: MergeOptions): Promise<JournalMerge> {
  const headers = await readMergeHeaders(paths);
  const { journals: inputs, shardCount, missingShards } = headers;
  const [first] = inputs;
  if (!first) throw new RangeError('there is no journal to merge');
  if (missingShards.length > 0 && !options.allowPartial) {
    throw new InputError({ file: first.path }, `of ${shardCount} shards ${describeShards(missingShards)}`, {
      hint: 'Add what is missing, or merge what there is with --allow-partial.',
    });
  }
  const layout = layOut(first);
  const files = inputs.map(({ path }) => path);
  const names = first.raw.plan.workloads.map(({ name }) => name);
  const state = new MergeState(layout, names, files);
  const scanned: { readonly journal: MergeJournal; readonly counts: ScannedJournal }[] = [];
  for (const [file, { path, raw, shard }] of inputs.entries()) {
    const { environment, engine, startedAt } = raw;
    const journal = { path, file, host: { shard, path, startedAt, environment, engine } };
    scanned.push({ journal, counts: await scanJournal(journal, state, options.signal) });
  }
  const missing = state.missing(first.raw.plan.stopping !== undefined);
  if (missing.first && !options.allowPartial) {
    const { workload, block } = missing.first;
    throw new InputError(
      { file: first.path },
      `${missing.count} of ${layout.trialCount} trials of the plan are in no journal, the first in block ${block} of ${workload}`,
      { hint: 'Go on with the unfinished shard and --resume, or merge what there is with --allow-partial.' },
    );
  }
  const partial = missing.count > 0 || missingShards.length > 0;
  const main = (scanned.find(({ counts }) => counts.completedCount > 0) ?? scanned[0])?.journal.host;
  const hosts = main ? otherHosts(main, state) : [];
  const header = mergedHeader(inputs, main, partial ? { missingShards, missingTrialCount: missing.count } : undefined);
  return {
    header,
    headers,
    hosts,
    journals: scanned.map(({ counts, journal }, index) => ({
      ...counts,
      header: inputs[index] ?? first,
      workloads: state.hosts().flatMap(({ workload, host }) => (host.path === journal.path ? [workload] : [])),
    })),
    missingTrialCount: missing.count,
    interruptionCount: state.interruptionCount,
    leftOutCount: state.leftOutCount,
    async *lines() {
      for (const record of [header, ...hosts]) yield Buffer.from(`${JSON.stringify(record)}\n`);
      const copier = new RecordCopier(files);
      try {
        for (const place of state.index.inOrder(state.rankCount)) {
          if (options.signal.aborted) throw new InterruptedError();
          yield await copier.read(place);
        }
      } finally {
        await copier.close();
      }
    },
  };
}

function layOut({ path, raw }: JournalHeader): PlanLayout {
  try {
    return new PlanLayout(raw.plan);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError({ file: path, line: 1 }, error.message, { cause: error });
  }
}

/** The header of the first shard that measured something. */
function mergedHeader(
  inputs: readonly JournalHeader[],
  main: MeasuringHost | undefined,
  partial: HeaderRecord['partial'],
): HeaderRecord {
  const source = inputs.find(({ path }) => path === main?.path) ?? inputs[0];
  if (!source) throw new RangeError('there is no journal to merge');
  const { shard: _, ...header } = source.raw;
  const startedAt = inputs.map(({ raw }) => raw.startedAt).reduce((least, one) => (one < least ? one : least));
  return { ...header, startedAt, ...(partial ? { partial } : {}) };
}

/** Hosts of which the header does not tell the truth to the letter, each with what ran there. */
function otherHosts(main: MeasuringHost, state: MergeState): readonly ShardRecord[] {
  const groups: { readonly host: MeasuringHost; readonly workloads: string[] }[] = [];
  for (const { workload, host } of state.hosts()) {
    if (isSameHost(host, main)) continue;
    const group = groups.find(({ host: one }) => one.shard.index === host.shard.index && isSameHost(one, host));
    if (group) group.workloads.push(workload);
    else groups.push({ host, workloads: [workload] });
  }
  return groups
    .sort((left, right) => left.host.shard.index - right.host.shard.index)
    .map(({ host: { shard, startedAt, environment, engine }, workloads }) => ({
      type: 'shard',
      index: shard.index,
      count: shard.count,
      startedAt,
      environment,
      engine,
      workloads,
    }));
}

function describeShards(missing: readonly number[]): string {
  const shown = missing.slice(0, 10).join(', ');
  const more = missing.length > 10 ? ` and ${missing.length - 10} more` : '';
  return missing.length === 1 ? `number ${shown} is missing` : `the numbers ${shown}${more} are missing`;
}
