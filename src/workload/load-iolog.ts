import type { FileHandle } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { readIolog } from './iolog.ts';
import type { RecordedProfile } from './profile.ts';
import { Operation } from './request.ts';

const mebibyte = 1024 * 1024;

/** Whether the first bytes of a file are those of a fio iolog, of whatever version. */
export function looksLikeIolog(head: string): boolean {
  return head.startsWith('fio version ');
}

/**
 * A recording as a workload. The disk ends with the last request, rounded up to whole MiB, unless the user gives one.
 * A recording that only reads meets an image whose clusters are all mapped, since there is nothing to read in an empty
 * one; any other starts from an empty image.
 *
 * @param diskBytes the disk that the user gives
 */
export async function loadIolog(
  file: FileHandle,
  shown: string,
  name: string,
  diskBytes?: number,
): Promise<RecordedProfile> {
  const { version, requests } = await readIolog(file, shown, diskBytes);
  if (requests.count === 0) throw new InputError({ file: shown }, 'the iolog has no requests');
  const writes = requests.operation.some((operation) => operation === Operation.write || operation === Operation.trim);
  return {
    kind: 'recorded',
    name,
    title: `${requests.count} requests of ${name}`,
    about: 'The requests of a recording in their order, one at a time. Times of the recording are not kept.',
    source: `fio iolog version ${version}: ${name}`,
    seed: 0,
    diskBytes: Math.max(1, Math.ceil(requests.endBytes / mebibyte)) * mebibyte,
    image: writes
      ? { content: 'empty', backing: 'none', state: 'fresh' }
      : { content: 'mapped', backing: 'none', state: 'shared' },
    warmUp: { requests: 0, because: 'A recording is replayed from its first request.' },
    requests,
  };
}
