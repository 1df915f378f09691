import { InputError, type InputPosition } from '../errors.ts';
import type { Warning } from '../warnings.ts';
import type { LineBatch } from './line-reader.ts';
import { parseJournalLine } from './parse-record.ts';
import type { ConfirmationRecord, HeaderRecord, JournalRecord, ResumeRecord, ShardRecord } from './record.ts';

/** A journal without its trials. */
export interface JournalFrame {
  readonly path: string;
  readonly header: HeaderRecord;
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

/** One pass over the lines of a journal: checks the order of records and keeps all but the trials. */
export class JournalPass {
  private readonly path: string;
  private header: HeaderRecord | undefined;
  private readonly resumes: ResumeRecord[] = [];
  private readonly confirmations: ConfirmationRecord[] = [];
  private readonly shards: ShardRecord[] = [];
  private unknownCount = 0;
  private wholeBytes = 0;
  private tornBytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether the journal's first record was read. */
  get begun(): boolean {
    return this.header !== undefined;
  }

  /** To be called after the last line of each batch. */
  endBatch({ endBytes, tornBytes }: LineBatch): void {
    this.tornBytes = tornBytes;
    if (tornBytes === 0) this.wholeBytes = endBytes;
  }

  /**
   * Reads the index-th line of a batch. Undefined for a record of an unknown type.
   * @throws InputError with file and line where it is no record or stands where it may not
   */
  read({ bytes, ends, firstLine }: LineBatch, index: number): JournalRecord | undefined {
    const position = { file: this.path, line: firstLine + index };
    const start = index === 0 ? 0 : (ends[index - 1] ?? 0) + 1;
    // Line by line: parsing the slices of one large decoded text was measured to be an eighth slower.
    const record = parseJournalLine(bytes.toString('utf8', start, ends[index]), position);
    if (record === undefined) this.unknownCount += 1;
    else this.keep(record, position);
    return record;
  }

  private keep(record: JournalRecord, position: InputPosition): void {
    if (this.header === undefined) {
      if (record.type !== 'header') {
        throw new InputError(position, 'the first record is not a journal header', {
          hint: 'Name a journal that `qtune run` wrote.',
        });
      }
      this.header = record;
    } else if (record.type === 'header') {
      throw new InputError(position, 'a second header: two journals were joined', {
        hint: 'Keep each journal in a file of its own, or join those of `qtune run --shard` with `qtune merge`.',
      });
    } else if (record.type === 'resume') this.resumes.push(record);
    else if (record.type === 'confirmation') this.confirmations.push(record);
    else if (record.type === 'shard') this.shards.push(record);
  }

  /** @throws InputError where there was no header */
  finish(): JournalFrame {
    const { path, header, resumes, confirmations, shards, wholeBytes, tornBytes } = this;
    if (header === undefined) {
      throw new InputError({ file: path }, tornBytes > 0 ? 'its only line is not whole' : 'the journal has no header');
    }
    return { path, header, resumes, confirmations, shards, warnings: this.warnings(), wholeBytes, tornBytes };
  }

  private warnings(): readonly Warning[] {
    const { path, header, tornBytes, unknownCount } = this;
    const warnings: Warning[] = [];
    if (header?.partial !== undefined) {
      const { missingShards, missingTrialCount } = header.partial;
      const shards = missingShards.length > 0 ? `shard ${missingShards.slice(0, 10).join(', ')} and ` : '';
      warnings.push({
        code: 'partial',
        subject: path,
        message: `was merged without ${shards}${missingTrialCount} trials of its plan`,
      });
    }
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
}
