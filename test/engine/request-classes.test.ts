import { expect, test } from 'vitest';
import { commonHost } from '../../src/driver/driver-options.ts';
import { classifyRequests } from '../../src/engine/request-classes.ts';
import { InterruptedError } from '../../src/errors.ts';
import type { SettingValues } from '../../src/settings/configuration.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { randomRequests, type TestRequest, workloadOf } from '../helpers/workload.ts';

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const { signal } = new AbortController();

function classify(workload: Workload, settings: { create?: SettingValues; drive?: SettingValues } = {}) {
  const configuration = { label: 'x', create: settings.create ?? {}, drive: settings.drive ?? {} };
  return classifyRequests({ configuration, workload, signal }, commonHost);
}

const times = (count: number, ...requests: readonly TestRequest[]): TestRequest[] =>
  Array.from({ length: count }, () => requests).flat();
const mapped = { image: { content: 'mapped' } } as const;

test('reads of holes are of one class, but those that read an L2 table wait', async () => {
  // The first read brings in the only table of 64 MiB.
  const classes = await classify(workloadOf(randomRequests(200, { diskBytes: 64 * mebibyte }), mapped));
  expect(classes?.count).toBe(2);
  expect([...(classes?.classOf.subarray(0, 3) ?? [])]).toEqual([0, 1, 1]);
  expect(classes?.classOf.reduce((sum, one) => sum + one, 0)).toBe(199);
});

test('where the L2 cache is too small, misses have no class', async () => {
  const workload = workloadOf(randomRequests(2000, { diskBytes: 8 * gibibyte }), {
    diskBytes: 8 * gibibyte,
    ...mapped,
  });
  const small = await classify(workload, { drive: { 'l2-cache-size': 524_288 } });
  const share = (small?.classOf.reduce((sum, one) => sum + one, 0) ?? 0) / 2000;
  // Half of the tables fit.
  expect(share).toBeGreaterThan(0.4);
  expect(share).toBeLessThan(0.6);
});

test('lengths, the number of reads and operations tell classes apart', async () => {
  const requests = times(
    120,
    ['read', 0, 4096],
    ['read', 0, 65_536],
    ['read', 131_072, 8 * mebibyte],
    ['trim', 0, 65_536],
    ['read', 65_536, 4096],
  );
  const classes = await classify(workloadOf(requests, { ...mapped, warmUpCount: 5 }));
  const [short, long, many, trim, again] = classes?.classOf.subarray(300, 305) ?? [];
  expect(new Set([short, long, many, trim]).size).toBe(4);
  expect(again).toBe(short);
});

test('writes wait, and so do reads of what was written', async () => {
  const requests = [...times(1, ['write', 0, 4096]), ...times(150, ['write', 0, 4096], ['read', 0, 4096])];
  expect(await classify(workloadOf(requests))).toBeUndefined();
  expect(await classify(workloadOf([...requests, ...times(150, ['read', mebibyte, 4096])]))).toMatchObject({
    count: 2,
  });
});

test('what comes seldom behind the warm-up has no class', async () => {
  const requests = times(300, ['read', 0, 4096]);
  expect(await classify(workloadOf(requests, { warmUpCount: 201 }))).toBeUndefined();
  expect(await classify(workloadOf(requests, { warmUpCount: 200 }))).toMatchObject({ count: 2 });
});

test('there are none where the model cannot know: a backing file, encryption, a full image', async () => {
  const requests = times(300, ['read', 0, 4096]);
  const configuration = { label: 'x', create: {}, drive: {} };
  const backing = { path: '/x', format: 'raw' };
  const workload = workloadOf(requests);
  expect(await classifyRequests({ configuration, workload, backing, signal }, commonHost)).toBeUndefined();
  expect(await classify(workload, { create: { 'encrypt.format': 'luks' } })).toBeUndefined();
  expect(await classify(workloadOf(requests, { image: { content: 'full' } }))).toBeUndefined();
  expect(await classify({ ...workload, requestCount: 4_000_001 })).toBeUndefined();
});

test('an abort ends it', async () => {
  const stopped = AbortSignal.abort();
  const configuration = { label: 'x', create: {}, drive: {} };
  const workload = workloadOf(times(300, ['read', 0, 4096]));
  await expect(classifyRequests({ configuration, workload, signal: stopped }, commonHost)).rejects.toThrow(
    InterruptedError,
  );
});
