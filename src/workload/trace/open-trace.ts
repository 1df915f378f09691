import type { FileHandle } from 'node:fs/promises';
import { InputError, InterruptedError, QtuneError, UsageError } from '../../errors.ts';
import type { RecordedRequests } from '../recorded-requests.ts';
import { type Compression, compressionOf, decompressed, truncatedMessage } from './compression/decompress.ts';
import type { ReadPosition } from './compression/file-chunks.ts';
import { traceFormats } from './formats/index.ts';
import type { TraceSurvey } from './survey.ts';
import { readUntilThere, TraceFilter } from './trace-filter.ts';
import type { TraceFormat } from './trace-format.ts';
import type { TraceOptions } from './trace-options.ts';

/** Bytes from which a format is told. */
const headBytes = 64 * 1024;

/** A file that is a trace, with what was told of it from its first bytes. */
export interface RecognisedTrace {
  readonly file: FileHandle;
  /** The file's name for messages. */
  readonly shown: string;
  readonly compression: Compression;
  readonly format: TraceFormat;
}

/** What is found in a trace. */
export interface TraceContent {
  readonly requests: RecordedRequests;
  readonly survey: TraceSurvey;
}

export interface ReadTraceContext {
  /** The disk under test; undefined where the user gives none. */
  readonly diskBytes: number | undefined;
  readonly options: TraceOptions;
  readonly signal?: AbortSignal | undefined;
  /** Is told how much of the file was read, 0 to 1. */
  readonly onProgress?: ((doneRatio: number) => void) | undefined;
}

/**
 * Tells the format of a file from its content, whatever its name.
 * @param forced the format that the user names
 * @returns how it is compressed, and its format if it is a trace
 * @throws InputError for compressed data that are damaged from the start
 */
export async function recogniseTrace(
  file: FileHandle,
  shown: string,
  forced: TraceOptions['format'],
): Promise<{ readonly compression: Compression; readonly format: TraceFormat | undefined }> {
  const magic = new Uint8Array(16);
  const { bytesRead } = await file.read(magic, 0, magic.length, 0);
  const compression = compressionOf(magic.subarray(0, bytesRead));
  if (forced !== undefined) return { compression, format: traceFormats.find(({ name }) => name === forced) };
  const head = await readHead(file, shown, compression);
  return { compression, format: traceFormats.find((format) => format.recognises(head)) };
}

/**
 * Reads a whole trace.
 * @throws InputError with the line or the offset and how many requests were read until there, for anything that is not of
 *   the format, that does not fit the disk, or that ends too early; InterruptedError
 */
export async function readTrace(trace: RecognisedTrace, context: ReadTraceContext): Promise<TraceContent> {
  const { file, shown, compression, format } = trace;
  const { options, diskBytes, signal, onProgress } = context;
  if (options.fit !== 'refuse' && diskBytes === undefined) {
    throw new UsageError(`--fit ${options.fit} needs the disk onto which the requests are to go`, {
      hint: 'Give its size: --disk 100G.',
    });
  }
  const filter = new TraceFilter({
    shown,
    options,
    diskBytes: diskBytes ?? Number.POSITIVE_INFINITY,
    oneDevice: format.name === 'iolog',
  });
  const reader = format.open(filter, options);
  const progress: ReadPosition = { readBytes: 0 };
  const { size: sizeBytes } = await file.stat();
  const bytes = decompressed(file, compression, progress);
  try {
    for (;;) {
      const { done, value } = await bytes.next().catch((error: unknown) => {
        throw damaged(trace, progress, error, ` (${readUntilThere(filter.store.count)})`);
      });
      if (done) break;
      reader.push(value);
      onProgress?.(progress.readBytes / sizeBytes);
      if (signal?.aborted) throw new InterruptedError();
    }
  } finally {
    // Where the reader refuses what it is given: streams of xz wait for each other until each has ended.
    await bytes.return();
  }
  reader.end();
  checkTaken(filter, trace, options);
  return { requests: filter.store.finish(filter.isTimed, filter.mover()), survey: surveyOf(filter, trace, options) };
}

async function readHead(file: FileHandle, shown: string, compression: Compression): Promise<Uint8Array> {
  const head = Buffer.alloc(headBytes);
  const progress: ReadPosition = { readBytes: 0 };
  let filled = 0;
  try {
    for await (const bytes of decompressed(file, compression, progress)) {
      filled += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).copy(head, filled);
      if (filled === headBytes) break;
    }
  } catch (error) {
    if (filled === 0) throw damaged({ shown, compression }, progress, error, '');
  }
  return head.subarray(0, filled);
}

/** The decompressor's refusal as an error of the file; other errors as they are. */
function damaged(
  { shown, compression }: Pick<RecognisedTrace, 'shown' | 'compression'>,
  { readBytes }: ReadPosition,
  error: unknown,
  readSoFar: string,
): unknown {
  if (compression === 'none' || !(error instanceof Error) || error instanceof QtuneError) return error;
  const truncated = error.message === truncatedMessage;
  const what = truncated ? 'end too early' : `are damaged before this place: ${error.message}`;
  return new InputError({ file: shown, offsetBytes: readBytes }, `its ${compression} data ${what}${readSoFar}`, {
    hint: 'Copy or download the file again.',
    cause: error,
  });
}

function checkTaken(filter: TraceFilter, { shown, format }: RecognisedTrace, options: TraceOptions): void {
  const windowed = options.fromMs !== undefined || options.toMs !== undefined;
  if (windowed && !filter.isTimed) {
    throw new InputError({ file: shown }, `a ${format.title} without times has no window`, {
      hint: 'Leave out --from and --to.',
    });
  }
  if (filter.store.count > 0) return;
  const devices = filter.devices();
  if (options.device !== undefined && !devices.some(({ what }) => what === options.device)) {
    const names = devices.slice(0, 5).map(({ what, count }) => `${what} (${count.toLocaleString('en-US')} requests)`);
    throw new InputError({ file: shown }, `it has no requests of a device "${options.device}"`, {
      hint: names.length === 0 ? 'It has no requests at all.' : `It has ${names.join(', ')}.`,
    });
  }
  if (filter.outsideWindowCount > 0) {
    throw new InputError(
      { file: shown },
      `none of its ${filter.outsideWindowCount.toLocaleString('en-US')} requests lies between --from and --to`,
    );
  }
  throw new InputError({ file: shown }, `the ${format.title} has no requests`);
}

function surveyOf(filter: TraceFilter, { compression, format }: RecognisedTrace, options: TraceOptions): TraceSurvey {
  return {
    format: format.name,
    title: format.title,
    compression,
    devices: filter.devices(),
    ...(options.device === undefined ? {} : { device: options.device }),
    skippedCount: filter.skippedCount,
    ...(filter.firstSkipped === undefined ? {} : { firstSkipped: filter.firstSkipped }),
    passedOver: filter.passedOver.list(),
    notes: filter.notes.list(),
    outsideWindowCount: filter.outsideWindowCount,
    movedCount: filter.movedCount,
  };
}
