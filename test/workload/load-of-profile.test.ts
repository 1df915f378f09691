import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { parseProfile } from '../../src/workload/parse-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { readAll } from './read-all.ts';

const profile = (phase: string, load = '') =>
  parseProfile(
    'p.yaml',
    `schema: qtune.profile/1
title: t
about: a
source: s
seed: 1
disk: 64M
image: {content: mapped, state: shared}
warmUp: {requests: 0, because: b}
${load}
phases:
  - ${phase}
`,
    'p',
  );

const resolve = (phase: string, load?: string) => {
  const parsed = profile(phase, load);
  if (parsed.kind !== 'patterns') throw new Error('it has phases');
  return resolveWorkload(parsed);
};

const reads = '{pattern: random, operation: read, blockSize: 4K, requests: 100}';

describe('a load in a profile', () => {
  test('is as it is written, with the rest left to its defaults', () => {
    expect(resolve(reads, 'load: {iodepth: 16, jobs: 4}').load).toEqual({ iodepth: 16, jobCount: 4 });
    const all = 'load: {rateIops: 500, rateBytes: 10M, thinkTime: 200us, runtime: 60s, rampTime: 500ms}';
    expect(resolve(reads, all).load).toEqual({
      iodepth: 1,
      jobCount: 1,
      rateIops: 500,
      rateBytesPerSecond: 10 * 2 ** 20,
      thinkTimeUs: 200,
      thinkTimeBlockCount: 1,
      runtimeMs: 60_000,
      rampTimeMs: 500,
    });
    expect(resolve(reads, 'load: {thinkTime: 2ms, thinkTimeBlocks: 8, atMost: 5}').load).toMatchObject({
      thinkTimeUs: 2000,
      thinkTimeBlockCount: 8,
      atMostMs: 5000,
    });
  });

  test('is part of the identity only where it is there', () => {
    const plain = resolve(reads);
    expect(plain.load).toBeUndefined();
    expect(Object.keys(plain.identity as object).sort()).toEqual(['generatorVersion', 'phases', 'seed']);
    const deep = resolve(reads, 'load: {iodepth: 16}');
    expect(deep.identity).toEqual({ of: plain.identity, load: { iodepth: 16, jobCount: 1 } });
    expect(readAll(deep.requests())).toEqual(readAll(plain.requests()));
  });

  test.each([
    ['load: {iodepth: 0}', 'load.iodepth'],
    ['load: {jobs: 65}', 'load.jobs'],
    ['load: {thinkTimeBlocks: 5}', 'thinkTimeBlocks needs a thinkTime'],
    ['load: {runtime: 1s, atMost: 2s}', 'either `runtime` or `atMost`'],
    ['load: {runtime: soon}', 'load.runtime: Write it as 60s'],
    ['load: {depth: 4}', 'load.depth: unknown key'],
  ])('%s is refused with its line', (load, message) => {
    expect(() => profile(reads, load)).toThrow(message);
    expect(() => profile(reads, load)).toThrow(/^p\.yaml:\d+: /);
  });
});

describe('patterns with keys of their own', () => {
  test('a zone is a share of the area or a size', () => {
    const phase =
      '{pattern: zoned, operation: read, blockSize: 4K, requests: 5000, start: 32M, span: 16M, zones: [{requests: 9, area: 1M}, {requests: 1, area: 50%}]}';
    const offsets = readAll(resolve(phase).requests()).map(({ offset }) => offset / 2 ** 20 - 32);
    const hot = offsets.filter((offset) => offset < 1).length;
    expect(hot / offsets.length).toBeCloseTo(0.9, 1);
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...offsets)).toBeLessThan(9);
    expect(Math.max(...offsets)).toBeGreaterThan(8.5);
  });

  test.each([
    ['[{requests: 1, area: 60%}, {requests: 1, area: 60%}]', 'zones are longer than its area'],
    ['[{requests: 1, area: 512}, {requests: 1, area: 50%}]', 'zone 1 is shorter than a record'],
  ])('zones %s are refused', (zones, message) => {
    const phase = `{pattern: zoned, operation: read, blockSize: 4K, requests: 10, zones: ${zones}}`;
    expect(() => resolve(phase)).toThrow(message);
    expect(() => resolve(phase)).toThrow(UsageError);
  });

  test('ten zones of 10 % fill the area', () => {
    const zones = `[${Array.from({ length: 10 }, () => '{requests: 1, area: 10%}').join(', ')}]`;
    const phase = `{pattern: zoned, operation: read, blockSize: 4K, requests: 20000, zones: ${zones}}`;
    const offsets = readAll(resolve(phase).requests()).map(({ offset }) => offset);
    expect(Math.max(...offsets)).toBeGreaterThan(63.9 * 2 ** 20);
  });

  test('a hot area is in one piece, or in pieces of a length', () => {
    const offsetsOf = (more: string) =>
      readAll(
        resolve(
          `{pattern: hotspot, operation: read, blockSize: 4K, requests: 5000, hotRequests: 1, hotArea: 0.1${more}}`,
        ).requests(),
      ).map(({ offset }) => offset);
    expect(Math.max(...offsetsOf(''))).toBeLessThan(6.5 * 2 ** 20);
    const pieces = new Set(offsetsOf(', hotRun: 64K').map((offset) => Math.floor(offset / 65_536)));
    expect(pieces.size).toBeGreaterThanOrEqual(102);
    expect(pieces.size).toBeLessThanOrEqual(104);
    expect(Math.max(...pieces)).toBeGreaterThan(900);
  });

  test('streams of a mix may have them', () => {
    const phase =
      '{pattern: mix, requests: 2000, streams: [{pattern: pareto, operation: read, blockSize: 4K, weight: 3}, {pattern: normal, operation: write, blockSize: 8K, center: 0.9, deviation: 0.01}]}';
    const requests = readAll(resolve(phase).requests());
    const writes = requests.filter(({ operation }) => operation === 'write').map(({ offset }) => offset / 2 ** 26);
    expect(writes.length / requests.length).toBeCloseTo(0.25, 1);
    expect(Math.min(...writes)).toBeGreaterThan(0.84);
    expect(Math.max(...writes)).toBeLessThan(0.96);
  });
});
