import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { curveCommand } from '../../src/cli/commands/curve.ts';
import { curveSchema } from '../../src/report/schemas/curve.ts';
import { iologText } from '../../src/workload/iolog.ts';
import { expectGolden } from '../helpers/golden.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { randomRequests, type TestRequest, workloadOf } from '../helpers/workload.ts';

const [K, M, G] = [1024, 1024 ** 2, 1024 ** 3];
let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'qtune-curve-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const qtune = (...argv: string[]) => runCli(['curve', ...argv], { cwd });

async function iolog(name: string, requests: readonly TestRequest[]): Promise<string> {
  await writeFile(join(cwd, name), [...iologText(workloadOf(requests).requests())].join(''));
  return name;
}

async function document(...argv: string[]) {
  const { exitCode, stdout, stderr } = await qtune(...argv, '--json');
  expect(stderr).toBe('');
  expect(exitCode).toBe(ExitCode.ok);
  const json: unknown = JSON.parse(stdout);
  expect(curveSchema.parse(json)).toEqual(json);
  return curveSchema.parse(json);
}

/** Three slices of 32 MiB in turn, twice. */
const threeSlices: readonly TestRequest[] = [0, 1, 2, 0, 1, 2].map((slice) => ['read', slice * 32 * M, 4096]);

test.each(curveCommand.examples)('the example `qtune $command` works', async ({ command }) => {
  const { exitCode, stdout, stderr } = await runCli(command.split(' '), { cwd });
  expect(stderr).toBe('');
  expect(exitCode).toBe(ExitCode.ok);
  expect(stdout.length).toBeGreaterThan(500);
});

describe('--json', () => {
  test('has the keys that scripts read', async () => {
    const file = await iolog('three.log', threeSlices);
    const { curves, ...rest } = await document('--requests', file, '--disk', '1G', '--cache-size', '8K,12K');
    expect(rest).toEqual({
      schema: 'qtune.curve/1',
      disk: { virtualBytes: G, source: 'given' },
      requests: { name: 'three.log', requestCount: 6, readCount: 6, writeCount: 0, trimCount: 0, syncCount: 0 },
      warnings: [],
    });
    expect(curves).toMatchObject([
      {
        clusterBytes: 64 * K,
        extendedL2: false,
        entryBytes: 4 * K,
        entryCoverageBytes: 32 * M,
        fullCoverageBytes: 128 * K,
        lookupCount: 6,
        sliceCount: 3,
        sampling: null,
        points: [
          { cacheBytes: 8 * K, entryCount: 2, missCount: 6, missRatio: 1, missRatioLow: 1, missRatioHigh: 1 },
          { cacheBytes: 12 * K, entryCount: 3, missCount: 3, missRatio: 0.5 },
        ],
        needs: [0.9, 0.95, 0.99, 1].map((hitShareRatio) => ({ hitShareRatio, entryCount: 3, cacheBytes: 12 * K })),
        kneeBytes: 12 * K,
      },
    ]);
  });

  test('a cache below the minimum has two entries, and one above the disk no more than the disk needs', async () => {
    const file = await iolog('three.log', threeSlices);
    const { curves } = await document('--requests', file, '--disk', '1G', '--cache-size', '1G', '--cache-size', '0');
    expect(curves[0]?.points.map(({ cacheBytes, entryCount }) => [cacheBytes, entryCount])).toEqual([
      [0, 2],
      [G, 32],
    ]);
  });

  test('reads, writes and the writes that allocate are told apart; trims and syncs are not counted', async () => {
    const file = await iolog('mixed.log', [
      ['write', 0, 4096],
      ['write', 4096, 4096],
      ['sync'],
      ['read', 40 * M, 512],
      ['trim', 100 * M, M],
      ['write', 32 * M - 4096, 8192],
    ]);
    const { curves, requests, warnings } = await document('--requests', file);
    expect(requests).toMatchObject({ requestCount: 6, readCount: 1, writeCount: 3, trimCount: 1, syncCount: 1 });
    expect(curves[0]).toMatchObject({
      lookupCount: 5,
      readLookupCount: 1,
      writeLookupCount: 4,
      allocatingWriteLookupCount: 3,
      sliceCount: 2,
    });
    expect(curves[0]?.points[0]).toMatchObject({
      missCount: 2,
      readMissCount: 1,
      readMissRatio: 1,
      writeMissCount: 1,
      writeMissRatio: 0.25,
      allocatingWriteMissCount: 1,
    });
    expect(warnings.map((warning) => warning.code)).toEqual(['trims-not-counted']);
  });

  test('without --disk the disk ends with the last request, in whole MiB', async () => {
    const file = await iolog('three.log', threeSlices);
    expect((await document('--requests', file)).disk).toEqual({ virtualBytes: 65 * M, source: 'requests' });
    expect((await document('--requests', 'boot')).disk.source).toBe('workload');
  });

  test('options that are repeated or lists make a curve for each combination, all with the common sizes', async () => {
    const file = await iolog('random.log', randomRequests(500, { diskBytes: 4 * G }));
    const { curves } = await document(
      ...['--requests', file, '--cluster-size', '64K', '--cluster-size', '128K'],
      ...['--extended-l2', 'off,on', '--entry-size', '4K,8K'],
    );
    const shapes = curves.map((curve) => [curve.clusterBytes / K, curve.extendedL2, curve.entryBytes / K]);
    expect(shapes).toEqual([
      [64, false, 4],
      [64, false, 8],
      [64, true, 4],
      [64, true, 8],
      [128, false, 4],
      [128, false, 8],
      [128, true, 4],
      [128, true, 8],
    ]);
    // Extended entries are twice as long, so twice the entry maps the same.
    expect(curves[3]?.entryCoverageBytes).toBe(curves[0]?.entryCoverageBytes);
    expect(curves[3]?.lookupCount).toBe(curves[0]?.lookupCount);
    for (const curve of curves) {
      const ratios = curve.points.map((point) => point.missRatio);
      expect([...ratios].sort((left, right) => right - left)).toEqual(ratios);
      expect(ratios.at(-1)).toBe(curve.sliceCount / curve.lookupCount);
    }
  });

  test('a sample says its rate and has a band', async () => {
    const file = await iolog('random.log', randomRequests(5000, { diskBytes: 4 * G }));
    const options = ['--requests', file, '--cluster-size', '4K', '--entry-size', '512'];
    const [exact] = (await document(...options)).curves;
    const [sampled] = (await document(...options, '--sample', '0.25')).curves;
    expect(exact?.sampling).toBeNull();
    expect(sampled?.sampling?.rateRatio).toBe(0.25);
    expect(sampled?.lookupCount).toBe(exact?.lookupCount);
    for (const point of sampled?.points ?? []) {
      expect(point.missRatioLow).toBeLessThanOrEqual(point.missRatio);
      expect(point.missRatioHigh).toBeGreaterThanOrEqual(point.missRatio);
    }
    const [fixed] = (await document(...options, '--sample', '1024')).curves;
    expect(fixed?.sampling?.rateRatio).toBeLessThan(1);
    expect((await document(...options, '--sample', '100000')).curves[0]?.sampling).toBeNull();
  });
});

describe('the text', () => {
  test('of one curve is as it was', async () => {
    const file = await iolog(
      'requests.log',
      randomRequests(3000, { diskBytes: 8 * G, mix: ['read', 'read', 'write'] }),
    );
    const { exitCode, stdout, stderr } = await qtune('--requests', file, '--disk', '8G');
    expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
    expectGolden('curve.stdout', stdout);
  });

  test('of several curves is as it was', async () => {
    const file = await iolog(
      'requests.log',
      randomRequests(3000, { diskBytes: 8 * G, mix: ['read', 'read', 'write'] }),
    );
    const { exitCode, stdout, stderr } = await qtune('--requests', file, '--cluster-size', '16K,64K,256K');
    expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
    expectGolden('curve-shapes.stdout', stdout);
  });

  test('of a sample tells the rate, the band and what it is worth', async () => {
    const file = await iolog('random.log', randomRequests(5000, { diskBytes: 4 * G }));
    const { stdout } = await qtune('--requests', file, '--cluster-size', '4K', '--sample', '0.1');
    expect(stdout).toContain('computed from a sample of the slices\n');
    expect(stdout).toMatch(/of the slices were followed, a rate of 0\.1$/m);
    expect(stdout).toMatch(/miss ratio +band/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test('is there for a single request', async () => {
    const file = await iolog('one.log', [['read', 0, 512]]);
    const { exitCode, stdout } = await qtune('--requests', file);
    expect(exitCode).toBe(ExitCode.ok);
    expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test.each([
  [[], '--requests is missing'],
  [['--requests', 'nothing.log'], 'there is no workload "nothing.log"'],
  [
    ['--requests', 'past.log', '--disk', '1M'],
    'past.log:5: the write of 4096 bytes at 1048576 ends past the end of the disk',
  ],
  [['--requests', 'zero.log'], 'zero.log:2: the length of a read is 0'],
  [['--requests', 'syncs.log'], 'syncs.log: there is no read or write among its requests'],
  [['--requests', 'boot', '--disk', '16GB'], '--disk: "16GB" is ambiguous'],
  [['--requests', 'boot', '--disk', '0'], '--disk: a disk of 0 bytes takes no requests'],
  [['--requests', 'boot', '--cluster-size', '100'], 'Cluster size must be a power of two between 512 and 2048k'],
  [['--requests', 'boot', '--cluster-size', '64K,'], '--cluster-size: "64K," has an empty value'],
  [['--requests', 'boot', '--cluster-size', '4K', '--extended-l2', 'on'], 'Extended L2 entries are only supported'],
  [['--requests', 'boot', '--extended-l2', 'maybe'], '--extended-l2: "maybe" is neither on nor off'],
  [['--requests', 'boot', '--entry-size', '3000'], 'L2 cache entry size must be a power of two between 512'],
  [['--requests', 'boot', '--entry-size', '128K'], 'L2 cache entry size must be a power of two between 512'],
  [['--requests', 'boot', '--disk', '9T', '--cluster-size', '4K'], 'The image size is too large'],
  [['--requests', 'boot', '--cache-size', 'much'], '--cache-size: "much" is not a size'],
  [['--requests', 'boot', '--sample', '0'], '--sample: "0" is neither a rate between 0 and 1 nor a number of slices'],
  [['--requests', 'boot', '--sample', '1.5'], '--sample: "1.5" is neither'],
  [['--requests', 'boot', '--sample', '5'], '--sample: "5" is neither'],
])('%j is refused with exit code 2', async (argv, message) => {
  await iolog('past.log', [
    ['read', 0, 4096],
    ['write', M, 4096],
  ]);
  await iolog('syncs.log', [['sync']]);
  await writeFile(join(cwd, 'zero.log'), 'fio version 2 iolog\ndisk read 0 0\n');
  const { exitCode, stdout, stderr } = await qtune(...argv);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
  expect(exitCode).toBe(ExitCode.usage);
});
