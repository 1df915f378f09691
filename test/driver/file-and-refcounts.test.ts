import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostFileState, hostBlockBytes } from '../../src/driver/host-file-state.ts';
import { BLOCK_HOLE, BLOCK_UNWRITTEN, BLOCK_WRITTEN } from '../../src/driver/host-io.ts';
import { Refcounts } from '../../src/driver/refcounts.ts';

describe('HostFileState', () => {
  it('knows each block as an array of blocks does', () => {
    const blocks = 70_000;
    const act = fc.record({
      kind: fc.constantFrom('write', 'zero', 'punch'),
      first: fc.integer({ min: 0, max: blocks - 1 }),
      count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 70_000 })),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const state = new HostFileState();
        const naive = new Uint8Array(blocks);
        for (const { kind, first, count } of acts) {
          const last = Math.min(blocks, first + count);
          const offset = first * hostBlockBytes;
          const length = last * hostBlockBytes - offset;
          if (kind === 'write') state.write(offset, length);
          else if (kind === 'zero') state.zero(offset, length);
          else state.punch(offset, length);
          naive.fill(kind === 'write' ? BLOCK_WRITTEN : kind === 'zero' ? BLOCK_UNWRITTEN : BLOCK_HOLE, first, last);
        }
        const held = naive.reduce((sum, block) => sum + (block === BLOCK_HOLE ? 0 : 1), 0);
        expect(state.allocatedBytes).toBe(held * hostBlockBytes);
        for (let block = 0; block < blocks; block += 97) {
          expect(state.stateAt(block * hostBlockBytes)).toBe(naive[block]);
        }
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('takes partial blocks at the ends of a range as written when zeroed, and keeps them when punched', () => {
    const state = new HostFileState();
    state.write(0, 3 * hostBlockBytes);
    state.punch(512, 2 * hostBlockBytes);
    expect([0, 4096, 8192].map((offset) => state.stateAt(offset))).toEqual([BLOCK_WRITTEN, BLOCK_HOLE, BLOCK_WRITTEN]);
    state.zero(4096 + 512, 512);
    expect(state.stateAt(4096)).toBe(BLOCK_WRITTEN);
  });
});

describe('Refcounts', () => {
  it('answers as an array does', () => {
    const clusters = 20_000;
    const act = fc.record({
      first: fc.integer({ min: 0, max: clusters - 1 }),
      count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: clusters })),
      value: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), fc.integer({ min: 0, max: clusters - 1 }), (acts, from) => {
        const refcounts = new Refcounts();
        const naive = new Uint8Array(clusters);
        for (const { first, count, value } of acts) {
          const last = Math.min(clusters, first + count);
          if (count === 1) refcounts.set(first, value);
          else refcounts.fill(first, last - first, value);
          naive.fill(value, first, last);
        }
        for (const counts of [refcounts, refcounts.clone()]) {
          for (let cluster = 0; cluster < clusters; cluster += 61) expect(counts.get(cluster)).toBe(naive[cluster]);
          const firstUsed = naive.findIndex((value, cluster) => cluster >= from && value !== 0);
          const firstFree = naive.findIndex((value, cluster) => cluster >= from && value === 0);
          expect(counts.freeRun(from, clusters - from)).toBe((firstUsed < 0 ? clusters : firstUsed) - from);
          expect(counts.usedRun(from, clusters - from)).toBe((firstFree < 0 ? clusters : firstFree) - from);
        }
      }),
      { seed: 11, numRuns: 80 },
    );
  });
});
