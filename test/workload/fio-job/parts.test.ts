import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError, UsageError } from '../../../src/errors.ts';
import { parseFioJob } from '../../../src/workload/fio-job/load-fio-job.ts';
import { honoured, notHonoured, withoutEffect } from '../../../src/workload/fio-job/option-names.ts';
import { RandomMap } from '../../../src/workload/fio-job/random-map.ts';
import { nameHash, Scatter } from '../../../src/workload/fio-job/scatter.ts';
import { resolveWorkload } from '../../../src/workload/resolve-workload.ts';

describe('the random map', () => {
  it('finds the next free block as a plain search does, round the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.array(fc.record({ at: fc.nat(2999), length: fc.integer({ min: 1, max: 200 }) }), { maxLength: 60 }),
        (count, marks) => {
          const map = new RandomMap(count);
          const free = new Set(Array.from({ length: count }, (_, block) => block));
          for (const { at, length } of marks) {
            const block = at % count;
            let wanted = 0;
            while (wanted < length && free.has(block + wanted)) wanted += 1;
            expect(map.mark(block, length)).toBe(wanted);
            for (let index = 0; index < wanted; index++) free.delete(block + index);
            const after = [...free].filter((one) => one > block);
            expect(map.nextFree(block)).toBe(
              Math.min(...(after.length > 0 ? after : free.size > 0 ? [...free] : [-1])),
            );
            expect(map.isFree(block)).toBe(false);
          }
          map.clear();
          expect(map.mark(0, count + 10)).toBe(count);
          expect(map.nextFree(0)).toBe(-1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('visits every block once, also where words of every level fill up', () => {
    const count = 32 ** 3 + 33;
    const map = new RandomMap(count);
    let block = 4711;
    let visited = 0;
    for (; block !== -1; block = map.nextFree(block)) visited += map.mark(block, 1);
    expect(visited).toBe(count);
  });
});

it('ranks are scattered as 64-bit arithmetic would do it', () => {
  const golden = 0x61c8864680b583ebn;
  fc.assert(
    fc.property(
      fc.nat(Number.MAX_SAFE_INTEGER),
      fc.integer({ min: 1, max: 2 ** 45 }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      (rank, count, offset) => {
        const exact = BigInt.asUintN(64, BigInt(rank) * golden + offset) % BigInt(count);
        expect(new Scatter(count, offset).at(rank)).toBe(Number(exact));
      },
    ),
    { numRuns: 2000 },
  );
});

it('names have the hashes that fio seeds hot spots with', () => {
  // From a program that includes hash.h of fio 3.33.
  expect(['', 'a', 'disk.img', '/dev/vdb', 'a-rather-long-name-of-a-file.img'].map(nameHash)).toEqual(knownHashes);
});

const knownHashes = [1640531527, 1807654775, 2603023999, 554814690, 3280873550];

it('any file is read, or refused with its name and line', () => {
  const key = fc.constantFrom(...honoured, ...notHonoured, ...withoutEffect, 'include', 'nonsense', '');
  const value = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom('4k', '1m', '50%', '-1', '0', '1', '4k,8k', '4k/50:8k/50', 'randrw', 'read:8k', 'zipf:1.2', '10s'),
    fc.constantFrom('zoned:60/10:40/', 'normal:3', 'pareto:0.1:0.5', '4k-64k', '1t', 'libaio', '100000000000'),
  );
  const line = fc.oneof(
    fc.tuple(key, value).map(([name, given]) => `${name}=${given}`),
    fc.constantFrom('[job]', '[global]', '[a b c]', '; comment', '', '[', 'stonewall', 'time_based'),
    fc.string({ maxLength: 30 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 25 }), (lines) => {
      try {
        const profile = parseFioJob(`[first]\n${lines.join('\n')}`, 'a.fio', 'a.fio');
        const jobs = profile.jobs.map((job) => ({ ...job, requestLimit: job.requestLimit || 1000 }));
        const workload = resolveWorkload({ ...profile, jobs }, { diskBytes: 2 ** 24 });
        let seen = 0;
        for (const block of workload.requests()) {
          for (let index = 0; index < block.count; index++) {
            const end = (block.offsetBytes[index] ?? 0) + (block.lengthBytes[index] ?? 0);
            expect(end <= 2 ** 24 && end >= 0).toBe(true);
          }
          seen += block.count;
        }
        expect(seen).toBe(workload.requestCount);
      } catch (error) {
        if (!(error instanceof InputError) && !(error instanceof UsageError)) throw error;
        expect(error.message).toMatch(/^a(\.fio)?(:\d+)?: /);
      }
    }),
    { numRuns: 400 },
  );
});
