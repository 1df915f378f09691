import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { writeScript } from '../../src/engine/qemu-io/script.ts';
import { UnrunnableRequest } from '../../src/engine/request-survey.ts';
import { longestRequestBytes } from '../../src/workload/request.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { randomRequests, type TestRequest, workloadOf } from '../helpers/workload.ts';

const directory = mkdtempSync(join(tmpdir(), 'qtune-test-script-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function script(workload: Workload, silentSyncs = false) {
  const path = join(directory, 'script');
  const summary = await writeScript(workload, path, { silentSyncs, signal: new AbortController().signal });
  return { summary, text: readFileSync(path, 'latin1') };
}

const tebibyte = 2 ** 40;

test('each request is one line, behind a read of nothing that marks the start in a trace', async () => {
  const { text } = await script(
    workloadOf([['write', 0, 4096], ['read', 65_536, 512], ['sync'], ['trim', 3 * tebibyte, 1_048_576]], {
      diskBytes: 4 * tebibyte,
    }),
  );
  expect(text).toBe(
    'read -q 0 0\nwrite -C 0 4096\nread -C 65536 512\nwrite -C -f 0 0\ndiscard -C 3298534883328 1048576\n',
  );
});

test('on a read-only image a sync is a flush, as no write is allowed', async () => {
  expect((await script(workloadOf([['read', 0, 512], ['sync']]), true)).text).toBe(
    'read -q 0 0\nread -C 0 512\nflush\n',
  );
});

test('every whole number below 2^53 is written in full', async () => {
  const diskBytes = Number.MAX_SAFE_INTEGER;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 50 }), async (offsets) => {
      const places = offsets.map((offset) => Math.min(offset, diskBytes - 512));
      const { text } = await script(
        workloadOf(
          places.map((offset) => ['read', offset, 512]),
          { diskBytes },
        ),
      );
      expect(text).toBe(`read -q 0 0\n${places.map((offset) => `read -C ${offset} 512\n`).join('')}`);
    }),
    { seed: 4, examples: [[[0, 9, 10, 999_999_999, 1e9, 1e9 + 1, 10 ** 10, 2 ** 31, 2 ** 32, 2 ** 52, 5 * 10 ** 15]]] },
  );
});

test('a script longer than the buffer arrives whole', async () => {
  const requests = randomRequests(60_000, { diskBytes: tebibyte });
  const { text, summary } = await script(workloadOf(requests, { diskBytes: tebibyte }));
  expect(text.length).toBeGreaterThan(2 ** 20);
  expect(summary.scriptBytes).toBe(text.length);
  expect(text).toBe(`read -q 0 0\n${requests.map(([, offset, length]) => `read -C ${offset} ${length}\n`).join('')}`);
});

test('the bytes written and the distinct ones among them are exact', async () => {
  const request = fc.tuple(fc.constantFrom('write', 'read', 'trim'), fc.nat(400), fc.integer({ min: 1, max: 40 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(512, 1536, 4096, 65_536, 3_145_728),
      async (shapes, unit) => {
        const requests = shapes.map(([kind, at, length]) => [kind, at * unit, length * unit] as TestRequest);
        const { summary } = await script(workloadOf(requests, { diskBytes: 440 * unit }));
        const written = new Set<number>();
        let guestBytes = 0;
        for (const [kind, at, length] of shapes) {
          if (kind !== 'write') continue;
          guestBytes += length * unit;
          for (let index = at; index < at + length; index++) written.add(index);
        }
        expect(summary.guestBytes).toBe(guestBytes);
        expect(summary.guestDistinctBytes).toBe(written.size * unit);
      },
    ),
    { seed: 5, numRuns: 60 },
  );
});

test('a write that is no whole number of sectors counts the sectors that it touches', async () => {
  const { summary } = await script(
    workloadOf([
      ['write', 500, 100],
      ['write', 511, 1],
    ]),
  );
  expect(summary.guestBytes).toBe(101);
  expect(summary.guestDistinctBytes).toBe(1024);
});

test('the mean seek distance is from the end of one read or write to the start of the next', async () => {
  const { summary } = await script(
    workloadOf([
      ['read', 0, 4096],
      ['sync'],
      ['write', 4096, 4096],
      ['trim', 0, 4096],
      ['read', 1000 * 4096, 4096],
      ['read', 0, 4096],
    ]),
  );
  expect(summary.guestSeekBytes).toBe((0 + 998 * 4096 + 1001 * 4096) / 3);
});

test('a request beyond the end of the disk or longer than qemu-io takes is refused by number', async () => {
  await expect(
    script(
      workloadOf(
        [
          ['read', 0, 512],
          ['read', 1024, 1024],
        ],
        { diskBytes: 1536 },
      ),
    ),
  ).rejects.toThrow('request 2 (offset 1024, length 1024) ends beyond the disk of 1536 bytes');
  const long = script(workloadOf([['read', 0, longestRequestBytes + 512]], { diskBytes: 4 * tebibyte }));
  await expect(long).rejects.toThrow(UnrunnableRequest);
  await expect(long).rejects.toThrow('longer than the 2147483136 bytes');
});
