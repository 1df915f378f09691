import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { parseProfile } from '../../src/workload/parse-profile.ts';
import type { PatternProfile, ProfilePhase } from '../../src/workload/profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { readAll } from './read-all.ts';

/** A profile of 64 MiB with the given phases. */
function profile(phases: string, extra = ''): PatternProfile {
  const parsed = parseProfile(
    'test.yaml',
    `schema: qtune.profile/1
title: A test
about: a test
source: a test
seed: 7
disk: 64M
image: { content: empty, state: fresh }
warmUp: { requests: 0, because: a test }
phases:
${phases}
${extra}`,
    'test',
  );
  if (parsed.kind !== 'patterns') throw new Error('it has phases');
  return parsed;
}

const plain = (text: string): string => `  - { ${text} }`;

describe('streams', () => {
  test('each makes as many requests as there are records, once each for a permutation', () => {
    const workload = resolveWorkload(
      profile(plain('pattern: permutation, operation: read, blockSize: 64K, requests: each')),
    );
    const offsets = readAll(workload.requests()).map((request) => request.offset);
    expect(workload.requestCount).toBe(1024);
    expect(offsets.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1024 }, (_, index) => index * 65_536));
  });

  test('a start and a span as shares of the disk bound the area', () => {
    const workload = resolveWorkload(
      profile(plain('pattern: sequential, operation: read, blockSize: 1M, start: 25%, span: 50%, requests: each')),
      { diskBytes: 2 ** 30 },
    );
    const requests = readAll(workload.requests());
    expect(requests[0]?.offset).toBe(2 ** 28);
    expect(requests.at(-1)?.offset).toBe(2 ** 28 + 511 * 2 ** 20);
    expect(requests).toHaveLength(512);
  });

  test('an alignment above the block size leaves gaps', () => {
    const workload = resolveWorkload(
      profile(plain('pattern: sequential, operation: read, blockSize: 4K, align: 32M, requests: each')),
    );
    expect(readAll(workload.requests()).map((request) => request.offset)).toEqual([0, 2 ** 25]);
  });

  test('sequential with several sizes follows the bytes and starts over at the end', () => {
    const workload = resolveWorkload(
      profile(plain('pattern: sequential, operation: write, blockSize: { 4K: 1, 12K: 1 }, span: 64K, requests: 200')),
    );
    const requests = readAll(workload.requests());
    let next = 0;
    for (const { offset, length } of requests) {
      expect(offset === next || (offset === 0 && next + length > 65_536)).toBe(true);
      next = offset + length;
    }
    expect(new Set(requests.map((request) => request.length))).toEqual(new Set([4096, 12_288]));
  });

  test('shares of operations, sizes and streams come out as asked, within three deviations', () => {
    const workload = resolveWorkload(
      profile(`  - pattern: mix
    requests: 40000
    streams:
      - { weight: 3, pattern: random, operation: { read: 70, write: 30 }, blockSize: { 4K: 60, 64K: 40 }, span: 32M }
      - { weight: 1, pattern: sequential, operation: trim, blockSize: 1M, start: 32M }`),
    );
    const requests = readAll(workload.requests());
    const share = (choose: (request: (typeof requests)[number]) => boolean): number =>
      requests.filter(choose).length / requests.length;
    const near = (actual: number, expected: number): void => {
      expect(Math.abs(actual - expected)).toBeLessThan(3 * Math.sqrt((expected * (1 - expected)) / requests.length));
    };
    near(
      share((request) => request.operation === 'trim'),
      0.25,
    );
    near(
      share((request) => request.operation === 'read'),
      0.75 * 0.7,
    );
    near(
      share((request) => request.length === 65_536),
      0.75 * 0.4,
    );
    expect(
      requests.filter((request) => request.operation === 'trim').every((request) => request.offset >= 2 ** 25),
    ).toBe(true);
  });

  test('a sync follows every n-th write, and is counted', () => {
    const workload = resolveWorkload(
      profile(plain('pattern: random, operation: { read: 1, write: 1 }, blockSize: 4K, requests: 10000, syncEvery: 7')),
    );
    const requests = readAll(workload.requests());
    let writes = 0;
    for (const [index, request] of requests.entries()) {
      if (request.operation === 'write') writes += 1;
      if (request.operation !== 'sync') continue;
      expect(requests[index - 1]?.operation).toBe('write');
      expect(writes % 7).toBe(0);
    }
    const syncs = requests.filter((request) => request.operation === 'sync').length;
    expect(syncs).toBe(Math.floor(writes / 7));
    expect(workload.requestCount).toBe(10_000 + syncs);
    expect(requests).toHaveLength(workload.requestCount);
  });

  test('the share of requests in sequence comes out as asked', () => {
    const workload = resolveWorkload(
      profile(plain('pattern: random, operation: read, blockSize: 4K, sequentialRatio: 0.4, requests: 20000')),
    );
    const requests = readAll(workload.requests());
    const continued = requests.filter(
      (request, index) => index > 0 && request.offset === (requests[index - 1]?.offset ?? 0) + 4096,
    );
    expect(continued.length / requests.length).toBeCloseTo(0.4, 1);
  });

  test('streams of one order number visit the same places in the same order', () => {
    const phase = plain('pattern: permutation, operation: read, blockSize: 4K, order: 3, requests: each');
    const workload = resolveWorkload(profile(`${phase}\n${phase.replace('read', 'write')}`));
    const offsets = readAll(workload.requests()).map((request) => request.offset);
    expect(offsets.slice(0, 16_384)).toEqual(offsets.slice(16_384));
    const apart = resolveWorkload(profile(`${phase}\n${phase}`.replace('order: 3, ', '')));
    const other = readAll(apart.requests()).map((request) => request.offset);
    expect(other.slice(0, 16_384)).not.toEqual(other.slice(16_384));
  });
});

const size = fc.integer({ min: 1, max: 64 }).map((sectors) => ({ value: sectors * 512, weight: 1 }));

test('any stream keeps its requests inside the area, aligned unless they continue', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('sequential', 'random', 'permutation', 'backward', 'rewrite-record', 'strided', 'zipf'),
      fc.uniqueArray(size, { minLength: 1, maxLength: 3, selector: ({ value }) => value }),
      fc.integer({ min: 1, max: 256 }),
      fc.constantFrom(0, 0.5, 1),
      fc.nat(2000),
      fc.integer({ min: 64, max: 4000 }),
      fc.nat(),
      (pattern, blockSize, alignSectors, sequentialRatio, startSectors, spanSectors, seed) => {
        const area = { start: { bytes: startSectors * 512 }, span: { bytes: spanSectors * 512 } };
        const common = {
          ...area,
          blockSize,
          operation: { write: 1 },
          align: alignSectors * 512,
          sequentialRatio,
          requests: 300,
        };
        const phase = { ...common, pattern, stride: 5, theta: 1.1, hotRun: 8192 } as ProfilePhase;
        const base = profile(plain('pattern: random, operation: read, blockSize: 4K, requests: 1'));
        const workload = resolveWorkload({ ...base, phases: [phase] }, { seed });
        const requests = readAll(workload.requests());
        expect(readAll(workload.requests())).toEqual(requests);
        let end = -1;
        for (const { offset, length } of requests) {
          expect(offset).toBeGreaterThanOrEqual(area.start.bytes);
          expect(offset + length).toBeLessThanOrEqual(area.start.bytes + area.span.bytes);
          const aligned = (offset - area.start.bytes) % (alignSectors * 512) === 0;
          expect(aligned || offset === end).toBe(true);
          end = offset + length;
        }
      },
    ),
    { seed: 9, numRuns: 150 },
  );
});

describe('identity', () => {
  const text = plain('pattern: random, operation: read, blockSize: 4K, requests: 100');

  test('equal inputs give equal requests, another seed gives others', () => {
    const first = resolveWorkload(profile(text));
    expect(readAll(resolveWorkload(profile(text)).requests())).toEqual(readAll(first.requests()));
    const other = resolveWorkload(profile(text), { seed: 8 });
    expect(readAll(other.requests())).not.toEqual(readAll(first.requests()));
    expect(other.identity).not.toEqual(first.identity);
  });

  test('identity tells every change that changes requests', () => {
    const changed = ['operation: write', 'blockSize: 8K', 'requests: 101', 'span: 32M', 'pattern: permutation'].map(
      (change) => {
        const key = change.split(':')[0] ?? '';
        return text.includes(`${key}:`)
          ? text.replace(new RegExp(`${key}: [^,}]+`), `${change} `)
          : text.replace('requests', `${change}, requests`);
      },
    );
    const identities = [text, ...changed].map((phase) => JSON.stringify(resolveWorkload(profile(phase)).identity));
    expect(new Set(identities).size).toBe(identities.length);
  });
});

describe('warm-up', () => {
  const phases = `${plain('pattern: sequential, operation: write, blockSize: 4K, requests: 10, syncEvery: 5')}\n${plain('pattern: random, operation: read, blockSize: 4K, requests: 100')}`;
  const withWarmUp = (warmUp: PatternProfile['warmUp']) => resolveWorkload({ ...profile(phases), warmUp });

  test('is a number of requests, or the requests of the first phases with their syncs', () => {
    expect(withWarmUp({ requests: 5, phases: undefined, because: '' }).warmUpCount).toBe(5);
    expect(withWarmUp({ requests: undefined, phases: 1, because: '' }).warmUpCount).toBe(12);
  });

  test('must leave something to measure', () => {
    expect(() => withWarmUp({ requests: undefined, phases: 2, because: '' })).toThrow(
      'test: all of its 112 requests are warm-up',
    );
  });
});

test.each([
  [
    'pattern: random, operation: read, blockSize: 4K, requests: 1, span: 65M',
    /test: phase 1 \(random\) needs a disk of at least 65 MiB; this one has 64 MiB/,
  ],
  [
    'pattern: random, operation: read, blockSize: 4K, requests: 1, start: 64M, span: 4K',
    /needs a disk of at least 64 MiB/,
  ],
  [
    'pattern: random, operation: read, blockSize: 4K, requests: 1, start: 100%',
    /requests of 4 KiB do not fit into its area of 0 B/,
  ],
  [
    'pattern: random, operation: read, blockSize: { 4K: 1, 65M: 1 }, requests: 1',
    /requests of 65 MiB do not fit into its area of 64 MiB on a disk of 64 MiB/,
  ],
  [
    'pattern: postmark, number: 100000',
    /phase 1 \(postmark\): 200000 files of up to 9.77 KiB and their metadata do not fit/,
  ],
])('a disk too small for "%s" is refused', (phase, message) => {
  expect(() => resolveWorkload(profile(plain(phase)))).toThrow(message);
  expect(() => resolveWorkload(profile(plain(phase)))).toThrow(UsageError);
});

test('the seed of a call replaces that of PostMark', () => {
  const first = (seed?: number) => {
    const workload = resolveWorkload(profile(plain('pattern: postmark')), seed === undefined ? {} : { seed });
    return readAll(workload.requests());
  };
  expect(first(42)).toEqual(first());
  expect(first(43)).not.toEqual(first());
});
