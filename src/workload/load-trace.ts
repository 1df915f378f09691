import { basename } from 'node:path';
import type { RecordedProfile } from './profile.ts';
import { type ReadTraceContext, type RecognisedTrace, readTrace } from './trace/open-trace.ts';

const mebibyte = 1024 * 1024;

/**
 * A recording as a workload. The disk ends with the last request, rounded up to whole MiB, unless the user gives one.
 * A recording that only reads meets an image whose clusters are all mapped, since there is nothing to read in an empty
 * one; any other starts from an empty image.
 *
 * @throws InputError, see {@link readTrace}
 */
export async function loadTrace(trace: RecognisedTrace, context: ReadTraceContext): Promise<RecordedProfile> {
  const { requests, survey } = await readTrace(trace, context);
  const name = basename(trace.shown);
  return {
    kind: 'recorded',
    name,
    title: `${requests.count} requests of ${name}`,
    about: `The requests of a recording in their order.${requests.isTimed ? '' : ' It has no times.'}`,
    source: `${survey.title}: ${name}`,
    seed: 0,
    diskBytes: Math.max(1, Math.ceil(requests.endBytes / mebibyte)) * mebibyte,
    image: requests.readsOnly
      ? { content: 'mapped', backing: 'none', state: 'shared' }
      : { content: 'empty', backing: 'none', state: 'fresh' },
    warmUp: { requests: 0, because: 'A recording is replayed from its first request.' },
    requests,
    survey,
  };
}
