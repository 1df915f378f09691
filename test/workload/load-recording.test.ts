import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { parseProfile } from '../../src/workload/parse-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { defaultTraceOptions } from '../../src/workload/trace/trace-options.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-recording-'));
  await mkdir(join(directory, 'recordings'));
  await writeFile(
    join(directory, 'recordings', 'a.iolog.gz'),
    gzipSync('fio version 3 iolog\n0 d add\n5 d write 0 4096\n1005 d read 0 4096\n2005 d trim 65536 65536\n'),
  );
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const profile = (requests: string): string => `schema: qtune.profile/1
title: A recorded program
about: About it
source: Somewhere
seed: 1
disk: 8M
image: { content: empty, state: restored }
warmUp: { requests: 1, because: the first is not typical }
${requests}
`;

async function load(requests: string, options = {}) {
  await writeFile(join(directory, 'w.yaml'), profile(requests));
  return loadProfile('w.yaml', directory, undefined, { ...defaultTraceOptions, ...options });
}

test('a profile with a recording has its requests and everything else of the profile', async () => {
  const loaded = await load('recording: recordings/a.iolog.gz');
  expect(loaded).toMatchObject({
    kind: 'recorded',
    name: 'w',
    title: 'A recorded program',
    diskBytes: 8 * 2 ** 20,
    image: { content: 'empty', state: 'restored' },
    survey: { format: 'iolog', compression: 'gzip' },
  });
  expect(resolveWorkload(loaded)).toMatchObject({
    requestCount: 3,
    warmUpCount: 1,
    diskBytes: 8 * 2 ** 20,
    isTimed: true,
  });
});

test('options of traces are for its recording too', async () => {
  expect(resolveWorkload(await load('recording: recordings/a.iolog.gz', { fromMs: 1 })).requestCount).toBe(2);
});

test.each([
  ['recording: recordings/b.iolog', 'w.yaml: recording: "recordings/b.iolog" cannot be opened (ENOENT)'],
  ['recording: ../w.yaml', 'w.yaml: recording: "../w.yaml" is not beneath the directory of the profile'],
  ['recording: /dev/zero', 'w.yaml: recording: "/dev/zero" is not beneath the directory of the profile'],
  ['recording: recordings', 'w.yaml: recording: "recordings" is no regular file'],
  ['recording: w.yaml', 'w.yaml: recording: "w.yaml" is no trace that qtune knows'],
])('%s is refused', async (requests, message) => {
  await expect(load(requests)).rejects.toThrow(message);
});

test('a request past the end of the profile’s own disk is refused with its line', async () => {
  await writeFile(join(directory, 'far.iolog'), 'fio version 2 iolog\nd write 8388608 512\n');
  await expect(load('recording: far.iolog')).rejects.toThrow(
    'far.iolog:2: the write of 512 bytes at 8388608 ends past',
  );
});

test('phases and a recording exclude each other, and one of them is needed', () => {
  for (const requests of [
    '',
    'recording: a.iolog\nphases:\n  - { pattern: sequential, operation: read, blockSize: 4K, requests: 1 }',
  ]) {
    expect(() => parseProfile('w.yaml', profile(requests), 'w')).toThrow('either `phases` or a `recording`');
  }
});
