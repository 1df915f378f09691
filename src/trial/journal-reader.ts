import { type JournalFrame, JournalPass } from './journal-pass.ts';
import { readLineBatches } from './line-reader.ts';
import type { TrialRecord } from './record.ts';
import { figuresOf, type TrialFigures } from './scan/trial-figures.ts';
import { TrialScanner } from './scan/trial-scanner.ts';

export type { JournalFrame } from './journal-pass.ts';
export { parseJournalLine } from './parse-record.ts';

/** A whole journal in memory. */
export interface Journal extends JournalFrame {
  /** In the order in which they ended; one a trial: the last record of an id, a completed one preferred. */
  readonly trials: readonly TrialRecord[];
}

export interface JournalReadOptions {
  /** Forgets histograms and command lines at once, most of a record's memory. */
  readonly compact?: boolean;
}

/**
 * The trials of a journal one by one in the order of the file, repeated ids included, for those who keep little of each.
 * Memory for one chunk of the file, whatever its length.
 * @throws InputError see {@link readJournal}
 */
export async function* readTrials(path: string): AsyncGenerator<TrialRecord, void, undefined> {
  const pass = new JournalPass(path);
  for await (const batch of readLineBatches(path)) {
    for (const index of batch.ends.keys()) {
      const record = pass.read(batch, index);
      if (record?.type === 'trial') yield record;
    }
    pass.endBatch(batch);
  }
  pass.finish();
}

/**
 * Reads a whole journal. A last line without its newline is what a killed run leaves: it is left out with a warning, as
 * are records of unknown types.
 *
 * @throws InputError with file and line where the first record is no header, a line is no record, a second header shows
 *   that two journals were joined, or the schema is a newer one
 */
export async function readJournal(path: string, options: JournalReadOptions = {}): Promise<Journal> {
  const pass = new JournalPass(path);
  const trials = new Map<string, TrialRecord>();
  for await (const batch of readLineBatches(path)) {
    for (const index of batch.ends.keys()) {
      const record = pass.read(batch, index);
      if (record?.type === 'trial') keep(trials, options.compact === true ? compacted(record) : record);
    }
    pass.endBatch(batch);
  }
  return { ...pass.finish(), trials: [...trials.values()] };
}

/**
 * Reads a journal of which only the trials' figures are wanted, at several times the speed and with memory for one chunk
 * of the file. `take` gets each trial in the order of the file, repeated ids included.
 *
 * @throws InputError see {@link readJournal}
 */
export async function readFigures(path: string, take: (trial: TrialFigures) => void): Promise<JournalFrame> {
  const pass = new JournalPass(path);
  const scanner = new TrialScanner();
  for await (const batch of readLineBatches(path)) {
    let start = 0;
    for (const [index, end] of batch.ends.entries()) {
      const figures = pass.begun ? scanner.scan(batch.bytes, start, end) : undefined;
      start = end + 1;
      if (figures !== undefined) take(figures);
      else {
        const record = pass.read(batch, index);
        if (record?.type === 'trial') take(figuresOf(record));
      }
    }
    pass.endBatch(batch);
  }
  return pass.finish();
}

/** Whether a later record of a trial takes an earlier one's place: always, unless it would hide a completed one. */
export function replaces(later: TrialRecord['state'], earlier: TrialRecord['state']): boolean {
  return later === 'completed' || earlier !== 'completed';
}

function keep(trials: Map<string, TrialRecord>, record: TrialRecord): void {
  const known = trials.get(record.id);
  if (known && !replaces(record.state, known.state)) return;
  if (known) trials.delete(record.id);
  trials.set(record.id, record);
}

/** Changes the record in place: it was just parsed and nobody else has it, and copies would double the work of reading. */
function compacted(record: TrialRecord): TrialRecord {
  if (record.state !== 'completed') return record;
  Object.assign(record.metrics, { histograms: {} });
  return Object.assign(record, { command: [] });
}
