import { InputError, InterruptedError } from '../../errors.ts';
import { JournalPass } from '../journal-pass.ts';
import { type LineBatch, readLineBatches } from '../line-reader.ts';
import type { JournalRecord } from '../record.ts';
import type { MeasuringHost } from './measuring-host.ts';
import type { MergeState } from './merge-state.ts';

/** A journal of the merge, after a look at its header. */
export interface MergeJournal {
  readonly path: string;
  /** Its position among the journals, in the order of shards. */
  readonly file: number;
  readonly host: MeasuringHost;
}

/** What one journal had. */
export interface ScannedJournal {
  /** Records of trials; one that was disturbed or failed and ran again has several. */
  readonly recordCount: number;
  /** Trials with a result. */
  readonly completedCount: number;
  readonly unknownCount: number;
  readonly tornBytes: number;
}

/**
 * Reads a journal once and notes where each record goes.
 * @throws InputError where a line is no record, is not of the plan or contradicts another journal; InterruptedError
 */
export async function scanJournal(
  journal: MergeJournal,
  state: MergeState,
  signal: AbortSignal,
): Promise<ScannedJournal> {
  const { path, file } = journal;
  const pass = new JournalPass(path);
  const counts = { recordCount: 0, completedCount: 0, unknownCount: 0, tornBytes: 0 };
  let host = journal.host;
  for await (const batch of readLineBatches(path)) {
    if (signal.aborted) throw new InterruptedError();
    counts.tornBytes = batch.tornBytes;
    for (let index = 0; index < batch.ends.length; index++) {
      const record = pass.read(batch, index);
      const place = { file, ...placeOf(batch, index) };
      const position = { file: path, line: batch.firstLine + index };
      if (record === undefined) {
        counts.unknownCount += 1;
        state.addUnknown(place);
      } else if (record.type === 'trial') {
        counts.recordCount += 1;
        if (state.addTrial(record, host, place, position)) counts.completedCount += 1;
      } else if (record.type === 'resume') {
        host = { ...journal.host, ...rawHost(batch, index), startedAt: record.resumedAt };
        state.interruptionCount += 1;
      } else if (record.type === 'shard') {
        const { index: shard, count, startedAt, workloads } = record;
        state.place(workloads, { shard: { index: shard, count }, path, startedAt, ...rawHost(batch, index) });
      } else if (record.type === 'confirmation') {
        if (!state.addConfirmation(record.workload, place)) {
          throw new InputError(position, 'a confirmation of a workload that is not in the plan');
        }
      }
    }
  }
  return counts;
}

/** Where a line is in its file, its newline included. */
function placeOf(batch: LineBatch, index: number): { readonly offsetBytes: number; readonly lengthBytes: number } {
  const start = index === 0 ? 0 : (batch.ends[index - 1] ?? 0) + 1;
  const end = (batch.ends[index] ?? 0) + 1;
  return { offsetBytes: batch.endBytes - batch.bytes.length + start, lengthBytes: end - start };
}

/** As it was written: reading fills in what is not there, and brings keys into another order. */
function rawHost(batch: LineBatch, index: number): Pick<MeasuringHost, 'environment' | 'engine'> {
  const { environment, engine } = rawRecord(batch, index);
  return { environment, engine };
}

/** The record of a line that was found good, as it was written. */
export function rawRecord(batch: LineBatch, index: number): Extract<JournalRecord, { environment: unknown }> {
  const start = index === 0 ? 0 : (batch.ends[index - 1] ?? 0) + 1;
  return JSON.parse(batch.bytes.toString('utf8', start, batch.ends[index]));
}
