import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { EnvironmentError, InputError, UsageError } from '../errors.ts';
import { closest } from '../settings/suggest.ts';
import { looksLikeFioJob } from './fio-job/job-file.ts';
import { parseFioJob } from './fio-job/load-fio-job.ts';
import { loadRecording } from './load-recording.ts';
import { loadTrace } from './load-trace.ts';
import { type ParameterValues, parseProfile } from './parse-profile.ts';
import type { ParameterValue, Profile } from './profile.ts';
import { readShipped, shippedNames } from './shipped-profiles.ts';
import { type ReadTraceContext, recogniseTrace } from './trace/open-trace.ts';
import { defaultTraceOptions, type TraceOptions } from './trace/trace-options.ts';

/** One line of `qtune workload list`. */
export interface ProfileSummary {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly diskBytes: number;
  /** Names and default values of what `NAME:parameter=value` can change. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly hasExperiment: boolean;
  /** Whether its requests are a recording's, and not drawn from patterns. */
  readonly isRecorded: boolean;
}

/** `name` or `name:key=value,key=value` of a shipped profile. */
const namePattern = /^([a-z0-9][a-z0-9-]*)(?::(.*))?$/;

/** Longer files than this are not read as YAML. */
const maximumProfileBytes = 256 * 1024;

/**
 * Loads a workload by the name of a shipped profile (`postmark`, or `postmark:number=2000` to change its parameters),
 * or from a file: a YAML profile, a fio job file, or a trace of any format, which its content tells, plain or compressed. A
 * shipped name goes before a file of the same name; `./postmark` is the file.
 *
 * @param cwd where relative file names start
 * @param diskBytes the disk that the user gives, so that a recording past its end is refused with the line
 * @param options how a trace is read; a profile in YAML has no use for them
 * @param signal stops the reading of a long trace
 * @param onProgress is told how much of a trace was read, 0 to 1
 * @throws UsageError for a name that is neither @throws InputError with file and line for a file that cannot be used
 */
export async function loadProfile(
  nameOrFile: string,
  cwd: string,
  diskBytes?: number,
  options: TraceOptions = defaultTraceOptions,
  signal?: AbortSignal,
  onProgress?: (doneRatio: number) => void,
): Promise<Profile> {
  const context: ReadTraceContext = { diskBytes, options, signal, onProgress };
  const names = await shippedNames();
  const [, name = '', parameterText] = namePattern.exec(nameOrFile) ?? [];
  if (names.includes(name)) {
    const given = parseParameters(nameOrFile, parameterText);
    const { file, text } = await readShipped(name);
    const profile = { ...parseProfile(file, text, name, given), name: nameOrFile };
    return profile.kind === 'patterns' ? profile : loadRecording(profile, file, file, context);
  }
  return loadFile(nameOrFile, resolve(cwd, nameOrFile), names, context);
}

/** All shipped profiles in the order of their names. */
export async function listProfiles(): Promise<readonly ProfileSummary[]> {
  return Promise.all(
    (await shippedNames()).map(async (name): Promise<ProfileSummary> => {
      const { file, text } = await readShipped(name);
      const { title, source, diskBytes, parameters, experiment, kind } = parseProfile(file, text, name);
      const hasExperiment = experiment !== undefined;
      return { name, title, source, diskBytes, parameters, hasExperiment, isRecorded: kind === 'recording' };
    }),
  );
}

function parseParameters(given: string, text: string | undefined): ParameterValues {
  const values: Record<string, string> = Object.create(null);
  for (const part of text === undefined ? [] : text.split(',')) {
    const [, key, value] = /^([A-Za-z]\w*)=(.+)$/.exec(part) ?? [];
    if (key === undefined || value === undefined) {
      throw new UsageError(`"${given}": "${part}" is not a parameter`, { hint: 'Write NAME:key=value,key=value.' });
    }
    if (Object.hasOwn(values, key)) throw new UsageError(`"${given}": the parameter "${key}" is there twice`);
    values[key] = value;
  }
  return values;
}

async function loadFile(
  shown: string,
  path: string,
  names: readonly string[],
  context: ReadTraceContext,
): Promise<Profile> {
  const failed = (error: unknown): never => {
    throw openError(error, shown, names);
  };
  // Looked at before it is opened: opening a pipe waits for its other end, and a device has no end.
  const status = await stat(path).catch(failed);
  if (!status.isFile()) {
    const kind = status.isDirectory() ? 'a directory' : 'no regular file';
    throw new InputError({ file: shown }, `it is ${kind}, not a workload`);
  }
  const file = await open(path, 'r').catch(failed);
  try {
    const { compression, format } = await recogniseTrace(file, shown, context.options.format);
    if (format !== undefined) return await loadTrace({ file, shown, compression, format }, context);
    const text = status.size > maximumProfileBytes ? '' : await file.readFile('utf8');
    if (compression !== 'none' || status.size > maximumProfileBytes || text.includes('\0')) {
      const inside = compression === 'none' ? '' : `inside of its ${compression} data `;
      throw new InputError({ file: shown }, `${inside}it is no trace of a format that qtune knows, nor a profile`, {
        hint: 'Say with --format what it is.',
      });
    }
    if (looksLikeFioJob(text)) return parseFioJob(text, shown, basename(shown));
    const profile = parseProfile(shown, text, basename(shown).replace(/\.ya?ml$/, ''));
    return profile.kind === 'patterns' ? profile : await loadRecording(profile, shown, path, context);
  } finally {
    await file.close();
  }
}

function openError(error: unknown, shown: string, names: readonly string[]): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') {
    const [, name = shown] = namePattern.exec(shown) ?? [];
    const meant = closest(name, names);
    return new UsageError(`there is no workload "${shown}", neither with qtune nor as a file`, {
      hint: `${meant ? `Did you mean ${meant}? ` : ''}See \`qtune workload list\`.`,
    });
  }
  if (code === 'EACCES') return new InputError({ file: shown }, 'it may not be read', { cause: error });
  return new EnvironmentError(`${shown}: cannot be opened (${code})`, { cause: error });
}
