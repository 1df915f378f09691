import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { afterAll, describe, expect, test } from 'vitest';
import type { Engine, EngineJob, EngineOutcome } from '../../../src/engine/engine.ts';
import { deviceIsUsable } from '../../../src/engine/file-system.ts';
import { createFioEngine, type FioEngineOptions } from '../../../src/engine/fio/fio-engine.ts';
import { type FioTool, findFio, isSince } from '../../../src/engine/fio/fio-tool.ts';
import { readMounts } from '../../../src/engine/mounts.ts';
import { createQemuIoEngine } from '../../../src/engine/qemu-io/qemu-io-engine.ts';
import { Scratch } from '../../../src/engine/scratch.ts';
import { findQemuTools, type QemuTools } from '../../../src/engine/tools.ts';
import type { Load } from '../../../src/workload/load.ts';
import type { Workload } from '../../../src/workload/workload.ts';
import { writeFakeTool } from '../../helpers/fake-tool.ts';
import { qemusUnderTest, systemQemu } from '../../helpers/qemu.ts';
import { randomRequests, type TestRequest, workloadOf } from '../../helpers/workload.ts';

const parent = mkdtempSync(join(tmpdir(), 'qtune-test-fio-'));
afterAll(() => {
  const left = readdirSync(parent).filter((name) => name.startsWith('qtune-'));
  rmSync(parent, { recursive: true });
  expect(left).toEqual([]);
  expect(readMounts().filter(({ mountPoint }) => mountPoint.startsWith(parent))).toEqual([]);
});

const mebibyte = 2 ** 20;
const signal = new AbortController().signal;
const fio = await findFio(process.env, signal).catch(() => undefined);
/** It replays no trims from an iolog. */
const isOld = fio !== undefined && !isSince(fio, 3, 34);
const hasFuse = deviceIsUsable('/dev/fuse');

interface Bench {
  readonly engine: Engine;
  readonly scratch: Scratch;
  run(job: Partial<EngineJob> & Pick<EngineJob, 'workload'>): Promise<EngineOutcome>;
}

interface BenchOptions {
  readonly directory?: string;
  readonly temporary?: string;
  readonly engine?: Partial<FioEngineOptions>;
  readonly make?: (tools: QemuTools, scratch: Scratch, fio: FioTool) => Engine;
}

/** Runs `use` with an engine in its own scratch directory, and checks that it leaves nothing in it. */
async function withEngine(use: (bench: Bench) => Promise<void>, options: BenchOptions = {}): Promise<void> {
  if (fio === undefined) throw new Error('fio is missing');
  const directory = options.directory ?? systemQemu();
  const tools = await findQemuTools({ ...(directory ? { directory } : {}), env: process.env, signal });
  const scratch = Scratch.create({ env: { TMPDIR: options.temporary ?? parent }, pid: process.pid });
  const engine =
    options.make?.(tools, scratch, fio) ??
    createFioEngine({ tools, fio, scratch, exportKind: 'nbd', neighbours: [], depths: [], ...options.engine });
  const run = (job: Partial<EngineJob> & Pick<EngineJob, 'workload'>): Promise<EngineOutcome> =>
    engine.run({
      configuration: { label: 'default', create: {}, drive: {} },
      imageKey: 'image',
      timeLimitMs: 60_000,
      traceHostIo: false,
      signal,
      ...job,
    });
  try {
    await use({ engine, scratch, run });
    await engine.close();
    expect(readdirSync(scratch.directory)).toEqual(['owner.json']);
  } finally {
    await engine.close();
    scratch.close();
  }
}

function completed(outcome: EngineOutcome): Extract<EngineOutcome, { state: 'completed' }> {
  if (outcome.state !== 'completed') throw new Error(`${outcome.state}: ${outcome.reason}`);
  return outcome;
}

function offered(workload: Workload, load: Partial<Load>, rest: Partial<Workload> = {}): Workload {
  return { ...workload, load: { iodepth: 1, jobCount: 1, ...load }, ...rest };
}

const diskBytes = 64 * mebibyte;
const mixed = workloadOf(randomRequests(600, { diskBytes, mix: ['write', 'read', 'trim', 'write', 'sync', 'read'] }), {
  warmUpCount: 60,
});
const codes = (outcome: EngineOutcome): readonly string[] =>
  outcome.state === 'completed' ? outcome.warnings.map(({ code }) => code) : [];

describe.skipIf(systemQemu() === undefined || fio === undefined)('the fio engine', () => {
  test.each(qemusUnderTest().map((qemu) => [qemu.name, qemu.bin]))(
    'accounts for every request at depth 16 in four jobs with QEMU %s',
    async (_, directory) => {
      await withEngine(
        async ({ engine, run }) => {
          const outcome = completed(
            await run({ workload: offered(mixed, { iodepth: 16, jobCount: 4 }), traceHostIo: true }),
          );
          const { metrics } = outcome;
          expect(metrics).toMatchObject({ requestCount: 450, guestBytes: 200 * 4096 });
          // One of the jobs ends with a sync, which an old fio loses behind trims.
          expect(metrics.syncCount).toBe(isOld ? 89 : 90);
          expect(codes(outcome).includes('syncs-left-out')).toBe(isOld);
          expect(metrics.latencyByOperationMs.read?.count).toBe(180);
          expect(metrics.latencyByOperationMs.write?.count).toBe(180);
          expect(metrics.latencyByOperationMs.trim?.count).toBe(90);
          expect(metrics.iops).toBeCloseTo((450 / metrics.driverMs) * 1000, 6);
          expect(metrics.driverMs).toBeLessThanOrEqual(metrics.wallMs);
          const histogram = decodeFromCompressedBase64(metrics.histograms.read ?? '');
          expect(histogram.totalCount).toBe(180);
          expect(histogram.maxValue / 1e6).toBeLessThanOrEqual(metrics.latencyMs.max * 1.02);
          expect(metrics.hostIo?.dataWrite).toBeGreaterThan(0);
          const description = await engine.describe(signal);
          expect(description).toMatchObject({ name: 'fio', fio: { export: 'nbd', nullDevice: [{ iodepth: 1 }] } });
          expect(description.overheadMs).toBeGreaterThan(0);
        },
        { directory },
      );
    },
  );

  test.each(['nbd', ...(hasFuse ? (['fuse'] as const) : [])] as const)(
    'makes the same host I/O at depth 1 as qemu-io, over %s',
    async (exportKind) => {
      const requests = randomRequests(400, { diskBytes, mix: ['write', 'read', 'write', 'sync'], lengthBytes: 16_384 });
      const workload = workloadOf(requests, { image: { content: 'full', state: 'restored' } });
      const configuration = { label: 'small', create: { cluster_size: 4096 }, drive: { 'l2-cache-size': 65_536 } };
      const counts: unknown[] = [];
      const count = async ({ run }: Bench): Promise<void> => {
        const { metrics } = completed(await run({ workload, configuration, traceHostIo: true }));
        expect(metrics.hostIo?.l2Read).toBeGreaterThan(0);
        // Before it reads, the NBD server asks what is there, and the first answer takes a look at every refcount block.
        const { refcountRead, ...rest } = metrics.hostIo ?? {};
        counts.push(exportKind === 'nbd' ? rest : { ...rest, refcountRead });
      };
      await withEngine(count, { engine: { exportKind } });
      await withEngine(count, { make: (tools, scratch) => createQemuIoEngine({ tools, scratch }) });
      expect(counts[0]).toEqual(counts[1]);
    },
  );

  test.skipIf(!hasFuse)('runs on a FUSE export, and says what it cannot do there', async () => {
    await withEngine(
      async ({ run }) => {
        const requests = randomRequests(300, { diskBytes, mix: ['write', 'read', 'sync'] });
        for (const iodepth of [1, 8]) {
          const outcome = completed(await run({ workload: offered(workloadOf(requests), { iodepth }) }));
          expect(outcome.metrics).toMatchObject({ requestCount: 200, syncCount: 100 });
        }
        expect(await run({ workload: mixed })).toMatchObject({
          state: 'failed',
          reason: expect.stringContaining('--export nbd'),
        });
      },
      { engine: { exportKind: 'fuse' } },
    );
  });

  test('replays a run of syncs, and one of trims, to the end', async () => {
    await withEngine(async ({ run }) => {
      const syncs = workloadOf(Array.from({ length: 100 }, (): TestRequest => ['sync']));
      expect(completed(await run({ workload: offered(syncs, { iodepth: 8 }) })).metrics).toMatchObject({
        requestCount: 0,
        syncCount: 100,
      });
      const trims = workloadOf([...randomRequests(300, { diskBytes, mix: ['trim'] })]);
      expect(completed(await run({ workload: offered(trims, { iodepth: 8 }) })).metrics.requestCount).toBe(300);
    });
  });

  test('keeps rates, recorded times and pauses as upper bounds', async () => {
    const reads = workloadOf(randomRequests(200, { diskBytes }));
    const timed: Workload = {
      ...reads,
      isTimed: true,
      *requests() {
        let number = 0;
        for (const block of reads.requests()) {
          for (let index = 0; index < block.count; index++) if (block.timeUs) block.timeUs[index] = 2000 * number++;
          yield block;
        }
      },
    };
    await withEngine(async ({ run }) => {
      // A fio that the machine holds up behind its first request makes up for it: the longest of a few runs is what was asked for.
      const longestMs = async (workload: Workload, enoughMs: number): Promise<number> => {
        let longest = 0;
        for (let attempt = 0; attempt < 4 && longest <= enoughMs; attempt++) {
          longest = Math.max(longest, completed(await run({ workload })).metrics.driverMs);
        }
        return longest;
      };
      // 200 requests: the last of them starts after 199 intervals; fio may be a little early, not much.
      for (const [load, leastMs] of [
        [offered(reads, { iodepth: 4, rateIops: 500 }), 390],
        [offered(reads, { iodepth: 4, jobCount: 2, rateIops: 250 }), 390],
        [offered(reads, { iodepth: 4, rateBytesPerSecond: 500 * 4096 }), 390],
        [offered(timed, { replaySpeed: 1 }), 390],
        [offered(timed, { replaySpeed: 2 }), 190],
        [offered(reads, { thinkTimeUs: 10_000, thinkTimeBlockCount: 5 }), 380],
      ] as const) {
        expect(await longestMs(load, leastMs)).toBeGreaterThan(leastMs);
      }
      const paced = await run({ workload: offered(reads, { iodepth: 4, rateIops: 2000 }) });
      expect(codes(paced).includes('late-completions')).toBe(fio !== undefined && !isSince(fio, 3, 36));
    });
  });

  test('stops at the time limit of a load and tells what was done by then', async () => {
    const reads = workloadOf(randomRequests(4000, { diskBytes }));
    await withEngine(async ({ run }) => {
      const load = { iodepth: 2, rateIops: 1000, atMostMs: 500 };
      const { metrics } = completed(await run({ workload: offered(reads, load) }));
      expect(metrics.requestCount).toBeGreaterThan(0);
      expect(metrics.requestCount).toBeLessThan(4000);
      const early = await run({ workload: offered(reads, { iodepth: 16, runtimeMs: 60_000 }) });
      expect(codes(early)).toContain('ended-early');
    });
  });

  test('runs parts side by side and stages one after the other', async () => {
    const part = (name: string, mix: 'read' | 'write', stage: number) => {
      const requests = workloadOf(randomRequests(100, { diskBytes, mix: [mix], seed: stage + name.length }));
      const load = { iodepth: 4, jobCount: 1, rateIops: 500 };
      return { name, load, stage, requestCount: 100, warmUpCount: 0, requests: () => requests.requests() };
    };
    const parts = [part('readers', 'read', 0), part('writers', 'write', 0), part('late', 'read', 1)];
    const workload: Workload = {
      ...workloadOf([]),
      requestCount: 300,
      parts,
      *requests() {
        for (const one of parts) yield* one.requests();
      },
    };
    await withEngine(async ({ run }) => {
      const { metrics } = completed(await run({ workload }));
      expect(metrics.requestCount).toBe(300);
      expect(metrics.latencyByOperationMs.write?.count).toBe(100);
      // Two stages of 100 requests at 500 a second each.
      expect(metrics.driverMs).toBeGreaterThan(380);
    });
  });

  test('keeps a neighbour busy beside the measured disk', async () => {
    const neighbour: Workload = {
      ...offered(workloadOf(randomRequests(500, { diskBytes, mix: ['write', 'read'] })), { iodepth: 4 }),
      name: 'noisy',
    };
    const reads = workloadOf(randomRequests(500, { diskBytes }));
    await withEngine(
      async ({ run }) => {
        const outcome = completed(
          await run({ workload: offered(reads, { iodepth: 4, rateIops: 500 }), traceHostIo: true }),
        );
        expect(outcome.metrics.requestCount).toBe(500);
        // The neighbour's writes are not the measured disk's.
        expect(outcome.metrics.hostIo?.dataWrite).toBeUndefined();
      },
      { engine: { neighbours: [neighbour] } },
    );
  });

  test('a full disk fails the trial with the remedy', async ({ skip }) => {
    const temporary = join(parent, 'small');
    mkdirSync(temporary);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'qtune-test', temporary]).status !== 0) skip('needs root');
    try {
      await withEngine(
        async ({ run }) => {
          const requests = Array.from({ length: 64 }, (_, index): TestRequest => ['write', index * 65_536, 65_536]);
          const outcome = await run({ workload: offered(workloadOf(requests), { iodepth: 4 }) });
          expect(outcome).toMatchObject({
            state: 'failed',
            reason: expect.stringMatching(/No space left on device.*TMPDIR/),
          });
        },
        { temporary },
      );
    } finally {
      spawnSync('umount', ['-l', temporary]);
      rmSync(temporary, { recursive: true });
    }
  });

  test.each(['nbd', ...(hasFuse ? (['fuse'] as const) : [])] as const)(
    'an abort and a time limit end everything at once, over %s',
    async (exportKind) => {
      const slow = offered(workloadOf(randomRequests(100, { diskBytes })), { iodepth: 2, rateIops: 1 });
      await withEngine(
        async ({ run }) => {
          const controller = new AbortController();
          const ended = run({ workload: slow, signal: controller.signal });
          setTimeout(() => controller.abort(), 1500);
          expect(await ended).toMatchObject({ state: 'aborted' });
          expect(await run({ workload: slow, timeLimitMs: 1000 })).toMatchObject({ state: 'timed-out' });
        },
        { engine: { exportKind } },
      );
    },
  );

  test('says what fio said where it fails', async () => {
    const directory = mkdtempSync(join(parent, 'fake-'));
    writeFakeTool(directory, 'fio', 'echo "fio: io_u error on file disk: No luck" >&2; exit 1');
    const broken = fio && { ...fio, path: join(directory, 'fio') };
    await withEngine(
      async ({ run }) => {
        expect(await run({ workload: mixed })).toMatchObject({
          state: 'failed',
          reason: 'fio printed no results: fio: io_u error on file disk: No luck',
        });
      },
      { engine: broken ? { fio: broken } : {} },
    );
  });

  test('a request that NBD cannot carry is refused before anything is made', async () => {
    const workload = workloadOf([['read', 0, 48 * mebibyte]]);
    await withEngine(async ({ run }) => {
      expect(await run({ workload })).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('--export fuse'),
      });
    });
  });
});
