import { describe, expect, test } from 'vitest';
import type { FileSystemSpec } from '../../../src/workload/file-system/parameters.ts';
import { filebenchPersonalities } from '../../../src/workload/programs/filebench-program.ts';
import { gammaSize } from '../../../src/workload/programs/gamma.ts';
import { type ProgramSpec, programRequests } from '../../../src/workload/programs/program.ts';
import { Random } from '../../../src/workload/random.ts';
import { readAll } from '../read-all.ts';

const fileSystem: FileSystemSpec = {
  startBytes: 0,
  spanBytes: 4 * 2 ** 30,
  memoryBytes: 8 * 2 ** 20,
  dirtyRatio: 0.1,
  callUs: 10,
  waitUs: 100,
  isNew: false,
  seed: 1,
};

function requests(spec: ProgramSpec) {
  return readAll(programRequests(spec));
}

function count(spec: ProgramSpec, operation: string): number {
  return requests(spec).filter((request) => request.operation === operation).length;
}

test('sizes of files have the mean and the spread of a gamma distribution of shape 1.5', () => {
  const random = new Random(3);
  const sizes = Array.from({ length: 40_000 }, () => gammaSize(random, 16_384));
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / sizes.length;
  expect(mean / 16_384).toBeCloseTo(1, 1);
  expect(variance / (16_384 ** 2 / 1.5)).toBeCloseTo(1, 1);
});

describe('filebench', () => {
  const spec = (personality: (typeof filebenchPersonalities)[number], loops: number, threads = 4): ProgramSpec => ({
    program: 'filebench',
    parameters: { personality, files: 200, meanFileBytes: 65_536, threads, loops, seed: 1 },
    fileSystem,
  });

  test.each(filebenchPersonalities)('%s makes the same requests on every pass, and more with more loops', (name) => {
    expect(requests(spec(name, 40))).toEqual(requests(spec(name, 40)));
    expect(requests(spec(name, 400)).length).toBeGreaterThan(requests(spec(name, 40)).length);
  });

  test('varmail syncs twice in each loop, and a commit has two flushes', () => {
    const more = count(spec('varmail', 300, 1), 'sync') - count(spec('varmail', 200, 1), 'sync');
    expect(more).toBe(400);
  });

  test('a commit serves half of the threads of varmail', () => {
    const more = count(spec('varmail', 1200, 16), 'sync') - count(spec('varmail', 200, 16), 'sync');
    // 1,000 loops sync 2,000 times, eight of which share the two flushes of a commit.
    expect(more).toBeGreaterThan(480);
    expect(more).toBeLessThan(520);
  });

  test('files are gone through in their order, so a set larger than the memory is read from the disk again and again', () => {
    const reads = requests(spec('webserver', 200)).filter((request) => request.operation === 'read');
    const mebibytes = reads.reduce((sum, request) => sum + request.length, 0) / 2 ** 20;
    // 2,000 reads of 64 KiB in the mean; with 8 MiB of 12.5 in memory a random choice would find more than half there.
    expect(mebibytes).toBeGreaterThan(90);
  });

  test('webserver and fileserver do not sync, but for commits', () => {
    expect(count(spec('webserver', 300), 'sync')).toBeLessThan(10);
    expect(count(spec('fileserver', 300), 'sync')).toBeLessThan(10);
  });
});

describe('pgbench', () => {
  const spec = (given: { transactions: number; commitsPerSync?: number; checkpointEvery?: number }): ProgramSpec => ({
    program: 'tpcb',
    parameters: {
      scale: 1,
      sharedBufferBytes: 2 ** 23,
      commitsPerSync: 1,
      checkpointEvery: 0,
      seed: 1,
      ...given,
    },
    fileSystem,
  });

  test('each group of commits is one write of the log from its last page on, and a flush', () => {
    const one = count(spec({ transactions: 300 }), 'sync') - count(spec({ transactions: 200 }), 'sync');
    expect(one).toBe(100);
    const grouped = { commitsPerSync: 2.5 };
    const two = count(spec({ transactions: 300, ...grouped }), 'sync');
    expect(two - count(spec({ transactions: 200, ...grouped }), 'sync')).toBe(40);
  });

  test('a checkpoint makes the log longer, since pages are written there whole again', () => {
    const written = (transactions: number, checkpointEvery: number): number =>
      requests(spec({ transactions, checkpointEvery }))
        .filter(({ operation }) => operation === 'write')
        .reduce((sum, { length }) => sum + length, 0);
    const loaded = written(1, 0);
    const bytes = (checkpointEvery: number): number => written(2000, checkpointEvery) - loaded;
    expect(bytes(500)).toBeGreaterThan(1.2 * bytes(0));
  });
});

test('iozone writes its file once and then each record of the test', () => {
  const iozone = (test: number): ProgramSpec => ({
    program: 'iozone',
    parameters: { tests: [test], fileBytes: 2 ** 24, recordBytes: 4096, stride: 17 },
    fileSystem: { ...fileSystem, memoryBytes: 2 ** 21 },
  });
  const sum = (test: number, operation: string): number =>
    requests(iozone(test))
      .filter((request) => request.operation === operation)
      .reduce((total, { length }) => total + length, 0);
  // Metadata and the journal come on top, less than half a mebibyte.
  expect(Math.round(sum(0, 'write') / 2 ** 24)).toBe(2);
  expect(Math.round(sum(1, 'read') / 2 ** 24)).toBe(2);
  expect(Math.round(sum(2, 'write') / 2 ** 24)).toBe(2);
  expect(Math.round((10 * sum(4, 'write')) / 2 ** 24)).toBe(10);
  const backward = requests(iozone(3)).filter(({ operation }) => operation === 'read');
  const steps = backward.slice(1).map(({ offset }, index) => offset - (backward[index]?.offset ?? 0));
  expect(steps.filter((step) => step === -4096).length / steps.length).toBeGreaterThan(0.9);
});
