import { InputError } from '../errors.ts';
import type { Warning } from '../warnings.ts';
import { type LineBatch, readLineBatches } from './line-reader.ts';
import { parseJournalLine } from './parse-record.ts';
import type {
  ConfirmationRecord,
  HeaderRecord,
  JournalRecord,
  ResumeRecord,
  ShardRecord,
  TrialRecord,
} from './record.ts';

export { parseJournalLine } from './parse-record.ts';

/** A whole journal in memory. */
export interface Journal {
  readonly path: string;
  readonly header: HeaderRecord;
  /** In the order in which they ended; one a trial: the last record of an id, a completed one preferred. */
  readonly trials: readonly TrialRecord[];
  readonly resumes: readonly ResumeRecord[];
  readonly confirmations: readonly ConfirmationRecord[];
  /** Of a merged journal: hosts other than the header's. See `environmentOf`. */
  readonly shards: readonly ShardRecord[];
  readonly warnings: readonly Warning[];
  /** Length of the whole lines, bytes. */
  readonly wholeBytes: number;
  /** Length of a last line without its newline, which a killed run may leave; 0 where there is none. */
  readonly tornBytes: number;
}

export interface JournalReadOptions {
  /** Forgets histograms and command lines at once, most of a record's memory; comparisons do not need them. */
  readonly compact?: boolean;
}

/** What a pass over the lines gives besides the records; final once the pass has ended. */
interface Pass {
  headerSeen: boolean;
  unknownCount: number;
  wholeBytes: number;
  tornBytes: number;
}

/**
 * The trials of a journal one by one in the order of the file, repeated ids included, for those who keep little of each.
 * Memory for one chunk of the file, whatever its length.
 * @throws InputError see {@link readJournal}
 */
export async function* readTrials(path: string): AsyncGenerator<TrialRecord, void, undefined> {
  const pass = newPass();
  for await (const batch of readLineBatches(path)) {
    for (const record of records(path, batch, pass)) {
      if (record.type === 'trial') yield record;
    }
  }
  finish(path, pass);
}

/**
 * Reads a whole journal. A last line without its newline is what a killed run leaves: it is left out with a warning, as
 * are records of unknown types.
 *
 * @throws InputError with file and line where the first record is no header, a line is no record, a second header shows
 *   that two journals were joined, or the schema is a newer one
 */
export async function readJournal(path: string, options: JournalReadOptions = {}): Promise<Journal> {
  const pass = newPass();
  const trials = new Map<string, TrialRecord>();
  const resumes: ResumeRecord[] = [];
  const confirmations: ConfirmationRecord[] = [];
  const shards: ShardRecord[] = [];
  let header: HeaderRecord | undefined;
  for await (const batch of readLineBatches(path)) {
    for (const record of records(path, batch, pass)) {
      if (record.type === 'header') header = record;
      else if (record.type === 'resume') resumes.push(record);
      else if (record.type === 'confirmation') confirmations.push(record);
      else if (record.type === 'shard') shards.push(record);
      else keep(trials, options.compact === true ? compacted(record) : record);
    }
  }
  finish(path, pass);
  if (header === undefined) throw new InputError({ file: path }, 'the journal has no header');
  const { wholeBytes, tornBytes } = pass;
  const kept = { path, header, trials: [...trials.values()], resumes, confirmations, shards };
  return { ...kept, warnings: describe(path, pass), wholeBytes, tornBytes };
}

function newPass(): Pass {
  return { headerSeen: false, unknownCount: 0, wholeBytes: 0, tornBytes: 0 };
}

function* records(path: string, batch: LineBatch, pass: Pass): Generator<JournalRecord, void, undefined> {
  if (batch.tornBytes > 0) {
    pass.tornBytes = batch.tornBytes;
    return;
  }
  for (const [index, text] of batch.lines.entries()) {
    const position = { file: path, line: batch.firstLine + index };
    const record = parseJournalLine(text, position);
    if (record === undefined) {
      pass.unknownCount += 1;
    } else if (pass.headerSeen === (record.type === 'header')) {
      throw pass.headerSeen
        ? new InputError(position, 'a second header: two journals were joined', {
            hint: 'Keep each journal in a file of its own.',
          })
        : new InputError(position, 'the first record is not a journal header', {
            hint: 'Name a journal that `qtune run` wrote.',
          });
    } else {
      pass.headerSeen = true;
      yield record;
    }
  }
  pass.wholeBytes = batch.endBytes;
}

function finish(path: string, { headerSeen, tornBytes }: Pass): void {
  if (!headerSeen) {
    throw new InputError({ file: path }, tornBytes > 0 ? 'its only line is not whole' : 'the journal has no header');
  }
}

/** The later record of a trial replaces the earlier one, unless it would hide a completed one. */
function keep(trials: Map<string, TrialRecord>, record: TrialRecord): void {
  const known = trials.get(record.id);
  if (known?.state === 'completed' && record.state !== 'completed') return;
  if (known) trials.delete(record.id);
  trials.set(record.id, record);
}

/** Changes the record in place: it was just parsed and nobody else has it, and copies would double the work of reading. */
function compacted(record: TrialRecord): TrialRecord {
  if (record.state !== 'completed') return record;
  Object.assign(record.metrics, { histograms: {} });
  return Object.assign(record, { command: [] });
}

function describe(path: string, { unknownCount, tornBytes }: Pass): readonly Warning[] {
  const warnings: Warning[] = [];
  if (tornBytes > 0) {
    warnings.push({
      code: 'torn-line',
      subject: path,
      message: `the last line is not whole (${tornBytes} bytes): the run was cut off in it, and it does not count`,
      hint: 'Go on with the same `qtune run` and --resume.',
    });
  }
  if (unknownCount > 0) {
    const noun = unknownCount === 1 ? 'record' : 'records';
    warnings.push({
      code: 'unknown-records',
      subject: path,
      message: `${unknownCount} ${noun} of a type that this qtune does not know left out`,
    });
  }
  return warnings;
}
