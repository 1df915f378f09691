import { describe, expect, test } from 'vitest';
import { EnvironmentError } from '../../src/errors.ts';
import { checkRoom, roomProblem } from '../../src/trial/check-room.ts';
import { costModel, estimatePlan } from '../../src/trial/estimate.ts';
import { buildPlan, type PlanInput } from '../../src/trial/plan.ts';
import { createRequestBlock, Operation, pushRequest } from '../../src/workload/request.ts';
import type { ImagePreparation, Workload } from '../../src/workload/workload.ts';
import { scriptedConfigurations, scriptedWorkload } from '../helpers/scripted-engine.ts';

const kib = 1024;
const gib = 1024 ** 3;

type Request = readonly [operation: Operation, offsetBytes: number, lengthBytes: number];

function workload(image: Partial<ImagePreparation>, requests: readonly Request[], diskBytes = gib): Workload {
  return scriptedWorkload('w', {
    diskBytes,
    image: { content: 'empty', backing: 'none', state: 'fresh', ...image },
    requestCount: requests.length,
    *requests() {
      const block = createRequestBlock();
      for (const [operation, offsetBytes, lengthBytes] of requests) {
        pushRequest(block, operation, offsetBytes, lengthBytes);
      }
      yield block;
    },
  });
}

function estimate(one: Workload, overrides: Partial<PlanInput> = {}, traceHostIo = false) {
  const input: PlanInput = {
    workloads: [one],
    configurations: scriptedConfigurations(0),
    repetitions: 3,
    seed: 1,
    engine: 'qemu-io',
    ...overrides,
  };
  return estimatePlan(buildPlan(input), { traceHostIo });
}

const writes: readonly Request[] = [
  [Operation.write, 0, 4 * kib],
  [Operation.write, 4 * kib, 4 * kib],
  [Operation.write, 100 * kib, 64 * kib],
  [Operation.read, 512 * kib, 4 * kib],
  [Operation.trim, 640 * kib, 64 * kib],
  [Operation.sync, 0, 0],
];

describe('space', () => {
  // Defaults on 1 GiB: header 64K, L1 64K, L2 2 x 64K, refcounts 64K table + 64K block: qemu-img measure says 393,216.
  const metadataBytes = 6 * 64 * kib;

  test('an empty image grows by whole clusters and by the tables that map them', () => {
    // Header, L1, refcount table and block: 4 clusters; three data clusters; one L2 table.
    const { cells, diskBytes } = estimate(workload({}, writes));
    expect(cells[0]).toMatchObject({ imageBytes: 8 * 64 * kib, fileBytes: 8 * 64 * kib });
    expect(diskBytes).toBe(8 * 64 * kib);
  });

  test('larger clusters make the same writes larger', () => {
    const { cells } = estimate(workload({}, writes), { configurations: scriptedConfigurations(1024 * kib) });
    expect(cells[0]?.imageBytes).toBe((4 + 1 + 1) * 1024 * kib);
  });

  test('a mapped image has all its metadata and the blocks that were written, in a file of full length', () => {
    const { cells } = estimate(workload({ content: 'mapped' }, writes));
    expect(cells[0]).toMatchObject({ imageBytes: metadataBytes + 18 * 4 * kib, fileBytes: gib + metadataBytes });
  });

  test('a full image has everything', () => {
    const { cells } = estimate(workload({ content: 'full' }, writes));
    expect(cells[0]).toMatchObject({ imageBytes: gib + metadataBytes, fileBytes: gib + metadataBytes });
  });

  test('a preallocated one too, whatever the workload asks for', () => {
    const configurations = [{ label: 'x', create: { preallocation: 'falloc' }, drive: {} }];
    expect(estimate(workload({}, writes), { configurations }).diskBytes).toBe(gib + metadataBytes);
  });

  test('images that are kept for all trials add up, trials with images of their own do not', () => {
    const configurations = scriptedConfigurations(0, 65_536, 131_072);
    const full = { content: 'full' } as const;
    const one = gib + metadataBytes;
    const shared = estimate(workload({ ...full, state: 'shared' }, writes), { configurations }).diskBytes;
    const restored = estimate(workload({ ...full, state: 'restored' }, writes), { configurations }).diskBytes;
    const fresh = estimate(workload({ ...full, state: 'fresh' }, writes), { configurations }).diskBytes;
    expect(Math.abs(fresh / one - 1)).toBeLessThan(0.001);
    expect(Math.round(shared / one)).toBe(3);
    expect(restored).toBe(shared + fresh);
  });

  test('run-time options do not make another image', () => {
    const configurations = [1, 2, 3].map((n) => ({
      label: `${n}`,
      create: {},
      drive: { 'l2-cache-size': n * 65_536 },
    }));
    expect(estimate(workload({ content: 'full', state: 'shared' }, []), { configurations }).diskBytes).toBe(
      gib + metadataBytes,
    );
  });

  test('a backing file with data is counted once, one of holes not at all, the user’s not either', () => {
    const data = { backing: { format: 'raw', content: 'data' } } as const;
    const holes = { backing: { format: 'raw', content: 'holes' } } as const;
    const empty = estimate(workload({}, [])).diskBytes;
    expect(estimate(workload(holes, [])).diskBytes).toBe(empty);
    expect(estimate(workload(data, [])).diskBytes).toBe(empty + gib);
    const backing = { name: 'b', path: '/b', format: 'raw' };
    expect(estimate(workload(data, []), { backing }).diskBytes).toBe(empty);
  });

  test('2 TiB of mapped disk need their metadata only', () => {
    const { diskBytes, longestFileBytes } = estimate(workload({ content: 'mapped' }, [], 2048 * gib));
    expect(diskBytes).toBeLessThan(0.4 * gib);
    expect(longestFileBytes).toBeGreaterThan(2048 * gib);
  });
});

describe('time', () => {
  test('it follows the number of requests, their bytes and syncs, and the second replay', () => {
    const requests = Array.from({ length: 1000 }, (): Request => [Operation.read, 0, 4 * kib]);
    const onceMs = 1000 * costModel.requestMs + (1000 * 4 * kib) / costModel.bytesPerMs;
    const mapped = workload({ state: 'shared' }, requests);
    expect(estimate(mapped).cells[0]?.trialMs).toBeCloseTo(costModel.trialMs + onceMs, 6);
    expect(estimate(mapped, {}, true).cells[0]?.trialMs).toBeCloseTo(
      costModel.trialMs + onceMs * (1 + costModel.hostIoFactor),
      6,
    );
    expect(estimate(mapped).totalMs).toBeCloseTo(3 * (costModel.trialMs + onceMs), 6);
  });

  test('a kept image is filled once, a fresh one for every trial', () => {
    const fillMs = gib / costModel.bytesPerMs;
    expect(estimate(workload({ content: 'full', state: 'shared' }, [])).totalMs).toBeCloseTo(
      fillMs + 3 * costModel.trialMs,
      6,
    );
    expect(estimate(workload({ content: 'full', state: 'fresh' }, [])).totalMs).toBeCloseTo(
      3 * (fillMs + costModel.trialMs),
      6,
    );
  });
});

describe('room', () => {
  const plan = estimate(workload({ content: 'full' }, []));

  test('a gibibyte stays free', () => {
    const freeBytes = plan.diskBytes + gib;
    expect(roomProblem(plan, { directory: 'd', freeBytes })).toBeUndefined();
    expect(() => checkRoom(plan, { directory: 'd', freeBytes: freeBytes - 1 })).toThrow(EnvironmentError);
    expect(roomProblem(plan, { directory: 'd', freeBytes: 1.5 * gib })).toBe(
      'the images need up to 1 GiB, but d has 1.5 GiB free, of which 1 GiB stay free',
    );
  });

  test('a file that the file system cannot hold is refused with both numbers', () => {
    const large = estimate(workload({ content: 'mapped' }, [], 17 * 1024 * gib));
    const room = { directory: 'd', freeBytes: 500 * gib, largestFileBytes: 16 * 1024 * gib - 4096 };
    expect(roomProblem(large, room)).toBe(
      'the largest image is 17 TiB long, but the file system of d takes files up to 16 TiB',
    );
    expect(roomProblem(large, { ...room, largestFileBytes: 32 * 1024 * gib })).toBeUndefined();
  });
});
