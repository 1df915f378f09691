import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { ResultMatcher } from '../../src/engine/qemu-io/result-matcher.ts';
import { workloadOf } from '../helpers/workload.ts';

const mixed = workloadOf(
  [['write', 0, 4096], ['read', 0, 4096], ['write', 4096, 8192], ['sync'], ['trim', 0, 65_536]],
  { warmUpCount: 1 },
);

test('the warm-up is left out and the rest is summed by operation', () => {
  let started = 0;
  const matcher = new ResultMatcher(mixed, { silentSyncs: false, onMeasuredStart: () => started++ });
  matcher.result(4096, 9e9);
  expect(started).toBe(1);
  matcher.result(4096, 1_000_000);
  matcher.result(8192, 2_000_000);
  matcher.result(0, 5_000_000);
  matcher.result(65_536, 2_000_000);
  matcher.end();
  expect(matcher.failure).toBeUndefined();
  const metrics = matcher.metrics();
  expect(metrics).toMatchObject({ requestCount: 3, syncCount: 1, syncMs: 5, driverMs: 10 });
  expect(metrics.iops).toBeCloseTo(300, 9);
  // Trimmed bytes are not transferred.
  expect(metrics.bytesPerSecond).toBeCloseTo((4096 + 8192) * 100, 6);
  expect(metrics.latencyByOperationMs.read).toEqual({ count: 1, mean: 1, p50: 1, p99: 1, p999: 1, max: 1 });
  expect(Object.keys(metrics.latencyByOperationMs)).toEqual(['read', 'write', 'trim']);
  const histogram = decodeFromCompressedBase64(metrics.histograms.write ?? '');
  expect(histogram.totalCount).toBe(1);
  // Three significant digits: within 1/1000 of 2 ms.
  expect(Math.abs(histogram.maxValue - 2_000_000)).toBeLessThan(2000);
});

test('of a read-only image syncs have no result', () => {
  const matcher = new ResultMatcher(
    workloadOf([['sync'], ['read', 0, 512], ['sync'], ['sync'], ['read', 512, 512], ['sync']]),
    {
      silentSyncs: true,
    },
  );
  matcher.result(512, 1000);
  matcher.result(512, 1000);
  matcher.end();
  expect(matcher.failure).toBeUndefined();
  expect(matcher.metrics()).toMatchObject({ requestCount: 2, syncCount: 4, syncMs: 0 });
});

test.each([
  [
    'a short request',
    (matcher: ResultMatcher) => matcher.result(512, 1),
    'request 1 (write, offset 0, length 4096): 512 bytes were transferred',
  ],
  [
    'an error',
    (matcher: ResultMatcher) => matcher.message('write failed: Input/output error\x1b'),
    'request 1 (write, offset 0, length 4096): write failed: Input/output error\\x1b',
  ],
  [
    'a missing result',
    (matcher: ResultMatcher) => matcher.end(),
    'request 1 (write, offset 0, length 4096): no result',
  ],
])('%s names the request', (_, act, failure) => {
  const matcher = new ResultMatcher(mixed, { silentSyncs: false });
  act(matcher);
  expect(matcher.failure).toBe(failure);
});

test('the first failure is kept', () => {
  const matcher = new ResultMatcher(mixed, { silentSyncs: false });
  matcher.result(4096, 1);
  matcher.message('read failed: Input/output error');
  matcher.result(4096, 1);
  matcher.message('something else');
  matcher.end();
  expect(matcher.failure).toBe('request 2 (read, offset 0, length 4096): read failed: Input/output error');
});

test('a failed sync is named as one', () => {
  const matcher = new ResultMatcher(workloadOf([['sync']]), { silentSyncs: false });
  matcher.message('write failed: No space left on device');
  expect(matcher.failure).toBe('request 1 (sync): write failed: No space left on device');
});

test('a result too many is a failure', () => {
  const matcher = new ResultMatcher(workloadOf([['read', 0, 512]]), { silentSyncs: false });
  matcher.result(512, 1);
  matcher.result(512, 1);
  expect(matcher.failure).toBe('qemu-io printed more results than the 1 requests');
});
