import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostFile } from '../../src/driver/host-file.ts';
import { HostFileState } from '../../src/driver/host-file-state.ts';
import { FOR_L2 } from '../../src/driver/host-io.ts';
import { MetadataCache } from '../../src/driver/metadata-cache.ts';
import { recorder } from './recording.ts';

const entryBytes = 512;

/** The cache as QEMU has it: an array that every lookup walks. Written for this test alone. */
class WalkedCache {
  readonly entries: { offset: number; stamp: number; dirty: boolean }[];
  readonly log: string[] = [];
  #stamp = 0;

  constructor(count: number) {
    this.entries = Array.from({ length: count }, () => ({ offset: 0, stamp: 0, dirty: false }));
  }

  get(offset: number, dirty: boolean): void {
    const count = this.entries.length;
    const start = ((offset / entryBytes) * 4) % count;
    let victim: (typeof this.entries)[number] | undefined;
    let found: (typeof this.entries)[number] | undefined;
    for (let step = 0; step < count && !found; step++) {
      const entry = this.entries[(start + step) % count];
      if (entry?.offset === offset) found = entry;
      else if (entry && (victim === undefined || entry.stamp < victim.stamp)) victim = entry;
    }
    if (!found && victim) {
      if (victim.dirty) this.#write(victim);
      this.log.push(`read image ${offset}+${entryBytes} l2`);
      victim.offset = offset;
      found = victim;
    }
    if (!found) throw new Error('no entry');
    if (dirty) found.dirty = true;
    found.stamp = ++this.#stamp;
  }

  discard(offset: number): void {
    const entry = this.entries.find((candidate) => candidate.offset === offset);
    if (entry) Object.assign(entry, { offset: 0, stamp: 0, dirty: false });
  }

  write(): void {
    for (const entry of this.entries) if (entry.dirty) this.#write(entry);
  }

  #write(entry: { offset: number; dirty: boolean }): void {
    this.log.push(`write image ${entry.offset}+${entryBytes} l2`);
    entry.dirty = false;
  }
}

describe('MetadataCache', () => {
  it('reads, evicts and writes in the same order as a cache that is walked', () => {
    const step = fc.record({
      act: fc.constantFrom('get', 'get', 'get', 'change', 'change', 'discard', 'write'),
      table: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.array(step, { maxLength: 300 }), (count, steps) => {
        const io = recorder();
        const state = new HostFileState();
        state.lengthBytes = 2 ** 20;
        const options = { role: 0, requestAlignment: 1, qemuVersion: 702, noFlush: true, zeroRange: true };
        const file = new HostFile(state, options, io);
        const cache = new MetadataCache(count, entryBytes, file, FOR_L2, () => {});
        const walked = new WalkedCache(count);
        for (const { act, table } of steps) {
          const offset = table * entryBytes;
          if (act === 'write') {
            cache.write();
            walked.write();
          } else if (act === 'discard') {
            const slot = cache.find(offset);
            if (slot >= 0) cache.discard(slot);
            walked.discard(offset);
          } else {
            const slot = cache.get(offset, true);
            if (act === 'change') cache.markDirty(slot);
            walked.get(offset, act === 'change');
          }
        }
        expect(io.lines).toEqual(walked.log);
        for (const [slot, entry] of walked.entries.entries()) {
          if (entry.offset !== 0) expect(cache.find(entry.offset)).toBe(slot);
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
