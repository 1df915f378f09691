import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { iologText } from '../../src/workload/iolog.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import type { RecordedRequests } from '../../src/workload/recorded-requests.ts';
import { createRequestBlock, type Operation, pushRequest, type RequestBlock } from '../../src/workload/request.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { defaultTraceOptions } from '../../src/workload/trace/trace-options.ts';
import { readAll } from './read-all.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-iolog-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function read(text: string | Buffer): Promise<RecordedRequests> {
  await writeFile(join(directory, 'log'), text);
  const profile = await loadProfile('log', directory, undefined, { ...defaultTraceOptions, format: 'iolog' });
  if (profile.kind !== 'recorded') throw new Error('a log is a recording');
  return profile.requests;
}

const v2 = (...lines: string[]): string => `${['fio version 2 iolog', ...lines].join('\n')}\n`;

test('what is written is read back, request by request', async () => {
  const request = fc.record({
    operation: fc.constantFrom<Operation>(0, 1, 2, 3),
    offset: fc.nat({ max: 2 ** 52 }),
    length: fc.integer({ min: 1, max: 2 ** 31 - 512 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 300 }), async (requests) => {
      const block = createRequestBlock();
      for (const { operation, offset, length } of requests) {
        pushRequest(block, operation, operation === 3 ? 0 : offset, operation === 3 ? 0 : length);
      }
      const recorded = await read([...iologText([block])].join(''));
      expect(readAll(recorded.blocks())).toEqual(readAll([block]));
    }),
    { seed: 12, numRuns: 30 },
  );
});

test('version 3 has times in front, waits and file actions are passed over, datasync is a sync', async () => {
  const third = await read(
    'fio version 3 iolog\n0 d add\n0 d open\n10 d read 0 4096\n2980899 d datasync 0 0\n2980900 d close\n',
  );
  expect(readAll(third.blocks())).toEqual([
    { operation: 'read', offset: 0, length: 4096 },
    { operation: 'sync', offset: 0, length: 0 },
  ]);
  const second = await read(v2('d add', 'd open', 'd wait 500 0', '', 'd  write 512  512\r', 'd close').trimEnd());
  expect(readAll(second.blocks())).toEqual([{ operation: 'write', offset: 512, length: 512 }]);
  expect(second.endBytes).toBe(1024);
});

describe('refused with the line', () => {
  test.each([
    ['', 'log: the fio iolog has no requests'],
    ['fio version 1 iolog\n', 'log:1: iologs of version 1 are not read; 2 and 3 are'],
    ['fio version two iolog\n', 'log:1: an iolog starts with the line: fio version 2 iolog'],
    [v2('d erase 0 4096'), 'log:2: the action "erase" is unknown'],
    [v2('d'), 'log:2: the line has no action'],
    [v2('d read 0'), 'log:2: the length "" is not a whole number below 2^53'],
    [v2('d read 0 4096 9'), 'log:2: "9" is one word too many'],
    [v2('d open', 'd read -1 4096'), 'log:3: the offset "-1" is not a whole number below 2^53'],
    [v2('d read 0x10 4096'), 'log:2: the offset "0x10" is not'],
    [v2('d read 1e3 4096'), 'log:2: the offset "1e3" is not'],
    [v2('d read 0 4096K'), 'log:2: the length "4096K" is not'],
    [v2('d read 0 0'), 'log:2: the length of a read is 0'],
    [v2('d write 0 4294967297'), 'log:2: a write of 4294967297 bytes is longer than a disk takes (2147483136 bytes)'],
    [
      v2('d trim 0 1099511627777'),
      'log:2: a trim of 1099511627777 bytes is longer than a disk takes (1099511627776 bytes)',
    ],
    [v2('d read 9007199254740991 4096'), 'log:2: the request ends behind the largest disk'],
    [v2('d read 9007199254740993 1'), 'log:2: the offset "9007199254740993" is not a whole number below 2^53'],
    [v2('d read 0 1', 'e read 0 1'), 'log:3: requests of a second file, "e"; a workload is of one disk'],
    ['fio version 3 iolog\nd read 0 4096\n', 'log:2: a line of version 3 starts with a time in microseconds'],
    ['fio version 3 iolog\n5 d wait 100 0\n', 'log:2: the action "wait" is unknown'],
    [v2('d read 0 1', `d read ${'0'.repeat(70_000)} 1`), 'log:3: the line is longer than 64 KiB'],
    [v2('d read 0 1', 'x'.repeat(2_000_000)), 'log:3: the line is longer than 64 KiB'],
  ])('%.60j', async (text, message) => {
    const error = await read(text).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InputError);
    expect(error instanceof Error ? error.message : '').toContain(message);
  });
});

test('a request past the end of the given disk is refused with its line', async () => {
  await writeFile(join(directory, 'past.log'), v2('d read 0 4096', 'd trim 61440 4097', 'd read 99999999 1'));
  await expect(loadProfile('past.log', directory, 65_536)).rejects.toMatchObject({
    message:
      'past.log:3: the trim of 4097 bytes at 61440 ends past the end of the disk of 65536 bytes (1 request until there)',
    hint: 'Give a larger --disk, or --fit fold or scale.',
  });
  expect((await loadProfile('past.log', directory, 2 ** 30)).diskBytes).toBe(96 * 2 ** 20);
});

test('lines across the edges of chunks are read whole', async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) => `some-file read ${index * 4096} 4096`);
  const requests = await read(v2(...lines));
  expect(requests.count).toBe(60_000);
  expect(readAll(requests.blocks()).every(({ offset }, index) => offset === index * 4096)).toBe(true);
});

test('binary rubbish is refused', async () => {
  const rubbish = Buffer.concat([Buffer.from('fio version 2 iolog\n'), Buffer.from([0, 255, 254, 10, 0, 1])]);
  await expect(read(rubbish)).rejects.toThrow(InputError);
});

describe('an iolog as a workload', () => {
  test('has the disk of its last request rounded up, and the image that suits it', async () => {
    await writeFile(join(directory, 'a.log'), v2('d write 4096 4096', 'd sync 0 0', 'd read 0 4096'));
    const profile = await loadProfile('a.log', directory);
    expect(profile).toMatchObject({
      kind: 'recorded',
      name: 'a.log',
      diskBytes: 2 ** 20,
      image: { content: 'empty', state: 'fresh' },
    });
    const workload = resolveWorkload(profile);
    expect(workload).toMatchObject({ requestCount: 3, warmUpCount: 0, diskBytes: 2 ** 20 });
    expect(readAll(workload.requests())[1]).toEqual({ operation: 'sync', offset: 0, length: 0 });
    await writeFile(join(directory, 'b.log'), v2('d read 4096 4096'));
    expect((await loadProfile('b.log', directory)).image).toEqual({
      content: 'mapped',
      backing: 'none',
      state: 'shared',
    });
  });

  test('must fit the disk that is asked for', async () => {
    await writeFile(join(directory, 'c.log'), v2('d write 2097152 4096'));
    const profile = await loadProfile('c.log', directory);
    expect(() => resolveWorkload(profile, { diskBytes: 2 ** 21 })).toThrow(
      'c.log: its requests reach to 2 MiB (2101248 bytes), past the end of a disk of 2 MiB',
    );
  });

  test('without requests is refused', async () => {
    await writeFile(join(directory, 'd.log'), v2('d add'));
    await expect(loadProfile('d.log', directory)).rejects.toThrow('d.log: the fio iolog has no requests');
  });

  test('has one identity whatever the name in it and the version', async () => {
    await writeFile(join(directory, 'e.log'), v2('x write 0 4096', 'x datasync 0 0'));
    await writeFile(join(directory, 'f.log'), 'fio version 3 iolog\n1 y write 0 4096\n7 y sync 5 5\n');
    const identity = async (name: string): Promise<unknown> =>
      resolveWorkload(await loadProfile(name, directory)).identity;
    expect(await identity('e.log')).toEqual(await identity('f.log'));
  });

  test('of more requests than a block is handed out in blocks', async () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `d read ${index * 512} 512`);
    await writeFile(join(directory, 'g.log'), v2(...lines));
    const workload = resolveWorkload(await loadProfile('g.log', directory));
    const blocks = Array.from(workload.requests(), (block: RequestBlock) => block.count);
    expect(blocks).toEqual([4096, 4096, 1808]);
    expect(readAll(workload.requests()).map((request) => request.offset / 512)).toEqual(lines.map((_, index) => index));
  });
});

const fio = await promisify(execFile)('fio', ['--version']).then(
  () => true,
  () => false,
);

test.skipIf(!fio)('fio replays what qtune writes (needs fio)', async () => {
  const workload = resolveWorkload(await loadProfile('boot', '.'));
  const log = join(directory, 'boot.log');
  await writeFile(log, [...iologText(workload.requests())].join(''));
  const { stdout } = await promisify(execFile)(
    'fio',
    [
      '--name=replay',
      '--ioengine=null',
      `--read_iolog=${log}`,
      '--replay_no_stall=1',
      `--size=${workload.diskBytes}`,
      '--output-format=json',
    ],
    { cwd: directory },
  );
  const [job] = JSON.parse(stdout.slice(stdout.indexOf('{'))).jobs;
  const requests = readAll(workload.requests());
  expect(job.read.total_ios).toBe(requests.filter((request) => request.operation === 'read').length);
  expect(job.write.total_ios).toBe(requests.filter((request) => request.operation === 'write').length);
});
