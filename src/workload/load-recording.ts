import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import { InputError } from '../errors.ts';
import type { RecordedProfile, RecordingProfile } from './profile.ts';
import { type ReadTraceContext, readTrace, recogniseTrace } from './trace/open-trace.ts';

/**
 * A YAML profile whose requests are a trace that lies beside it, with its requests.
 *
 * @param file the profile's own file for messages
 * @param path where that is
 * @throws InputError for a recording that is not there, or not beneath the profile's directory, or no trace
 */
export async function loadRecording(
  { kind: _, recording, parameters: __, ...profile }: RecordingProfile,
  file: string,
  path: string,
  { diskBytes = profile.diskBytes, ...context }: ReadTraceContext,
): Promise<RecordedProfile> {
  const inside = normalize(recording);
  if (inside.startsWith('/') || inside.split('/')[0] === '..') {
    throw new InputError({ file }, `recording: "${recording}" is not beneath the directory of the profile`);
  }
  const tracePath = join(dirname(path), inside);
  const shown = basename(recording);
  const failed = (error: unknown): never => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new InputError({ file }, `recording: "${recording}" cannot be opened (${code})`, { cause: error });
  };
  const status = await stat(tracePath).catch(failed);
  if (!status.isFile()) throw new InputError({ file }, `recording: "${recording}" is no regular file`);
  const trace = await open(tracePath, 'r').catch(failed);
  try {
    const { compression, format } = await recogniseTrace(trace, shown, context.options.format);
    if (format === undefined) throw new InputError({ file }, `recording: "${recording}" is no trace that qtune knows`);
    const content = await readTrace({ file: trace, shown, compression, format }, { diskBytes, ...context });
    return { ...profile, ...content, kind: 'recorded' };
  } finally {
    await trace.close();
  }
}
