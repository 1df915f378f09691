import { expect, test } from 'vitest';
import { shippedProfile } from '../../src/driver/cost/shipped/index.ts';
import { commonHost } from '../../src/driver/driver-options.ts';
import type { EngineJob } from '../../src/engine/engine.ts';
import { createSimulatedEngine } from '../../src/engine/simulated/simulated-engine.ts';
import { randomRequests, workloadOf } from '../helpers/workload.ts';

const engine = createSimulatedEngine({
  host: commonHost,
  costsFor: async () => ({ profile: shippedProfile('nvme', 'direct') }),
  aio: 'io_uring',
});

function job(changes: Partial<EngineJob> & Pick<EngineJob, 'workload'>): EngineJob {
  return {
    configuration: { label: 'default', create: {}, drive: {} },
    imageKey: 'image',
    timeLimitMs: 60_000,
    traceHostIo: true,
    signal: new AbortController().signal,
    ...changes,
  };
}

const diskBytes = 2 ** 28;
const mixed = workloadOf(randomRequests(600, { diskBytes, mix: ['write', 'read', 'write', 'sync'] }), {
  diskBytes,
  warmUpCount: 200,
});

test('warm-up is run and not counted; counts, space and times are there and the same each time', async () => {
  const outcome = await engine.run(job({ workload: mixed }));
  if (outcome.state !== 'completed') throw new Error(outcome.reason);
  const { metrics } = outcome;
  expect(metrics).toMatchObject({ requestCount: 300, syncCount: 100, guestBytes: 300 * 4096 });
  expect(metrics.latencyMs.count).toBe(300);
  expect(metrics.iops).toBeCloseTo((metrics.requestCount / metrics.driverMs) * 1000, -1);
  expect(metrics.iopsInterval?.low).toBeLessThan(metrics.iops);
  expect(metrics.hostIo).toMatchObject({ dataWrite: 300, l1Write: 1 });
  expect(metrics.spaceAmplificationRatio).toBeGreaterThan(1);
  expect(await engine.run(job({ workload: mixed }))).toEqual(outcome);
});

test('an image is as it was for the next trial, whatever a trial did to it', async () => {
  const full = { ...mixed, image: { content: 'full', backing: 'none', state: 'restored' } } as const;
  const first = await engine.run(job({ workload: full, imageKey: 'full' }));
  expect(await engine.run(job({ workload: full, imageKey: 'full' }))).toEqual(first);
});

test.each([
  ['a request past the end', workloadOf([['read', diskBytes, 4096]], { diskBytes }), {}, 'ends beyond the disk'],
  [
    'writes to a shared image',
    workloadOf([['write', 0, 4096]], { diskBytes, image: { state: 'shared' } }),
    {},
    'its image is shared',
  ],
  ['settings that the model does not know', mixed, { 'encrypt.format': 'luks' }, 'encrypt.format'],
])('%s fails the trial with the reason', async (_, workload, create, reason) => {
  const outcome = await engine.run(
    job({ workload, imageKey: reason, configuration: { label: 'x', create, drive: {} } }),
  );
  expect(outcome.state).toBe('failed');
  expect(outcome.state === 'failed' && outcome.reason).toContain(reason);
});

test('an abort and the time limit end it', async () => {
  const controller = new AbortController();
  controller.abort();
  expect((await engine.run(job({ workload: mixed, signal: controller.signal }))).state).toBe('aborted');
  expect((await engine.run(job({ workload: mixed, timeLimitMs: 0 }))).state).toBe('timed-out');
});
