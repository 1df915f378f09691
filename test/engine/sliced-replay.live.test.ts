import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Engine, EngineJob, SlicedTrial } from '../../src/engine/engine.ts';
import { runInterleaved } from '../../src/engine/interleave.ts';
import { createQemuIoEngine } from '../../src/engine/qemu-io/qemu-io-engine.ts';
import { Scratch, startTicks } from '../../src/engine/scratch.ts';
import { findQemuTools } from '../../src/engine/tools.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { writeFakeTool } from '../helpers/fake-tool.ts';
import { qemusUnderTest, systemQemu } from '../helpers/qemu.ts';
import { randomRequests, workloadOf } from '../helpers/workload.ts';

const parent = mkdtempSync(join(tmpdir(), 'qtune-test-sliced-'));
afterAll(() => {
  const left = readdirSync(parent).filter((name) => name.startsWith('qtune-'));
  rmSync(parent, { recursive: true });
  expect(left).toEqual([]);
});

const mebibyte = 2 ** 20;
const signal = new AbortController().signal;
const lifetimeMs = 60_000;

type Job = Partial<EngineJob> & { readonly workload: Workload };

/** Runs `use` with an engine, and checks that no file and no process of it is left. */
async function withEngine(directory: string, use: (engine: Engine) => Promise<void>): Promise<void> {
  const tools = await findQemuTools({ directory, env: process.env, signal });
  const scratch = Scratch.create({ env: { TMPDIR: parent }, pid: process.pid });
  const engine = createQemuIoEngine({ tools, scratch });
  try {
    await use(engine);
    await engine.close();
    expect(readdirSync(scratch.directory)).toEqual(['owner.json']);
    expect(processesIn(scratch.directory)).toEqual([]);
  } finally {
    await engine.close();
    scratch.close();
  }
}

/** Processes that work in the directory or below it. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false; // It has just ended, is not ours or is not a process.
    }
  });
}

function jobOf(job: Job): EngineJob {
  return {
    configuration: { label: 'default', create: {}, drive: {} },
    imageKey: 'image',
    timeLimitMs: lifetimeMs,
    traceHostIo: false,
    signal,
    ...job,
  };
}

async function begin(engine: Engine, job: Job, livesMs = lifetimeMs): Promise<SlicedTrial> {
  const begun = await engine.begin?.(jobOf(job), livesMs);
  if (begun === undefined || 'state' in begun) throw new Error(JSON.stringify(begun));
  return begun;
}

const mixed = workloadOf(
  randomRequests(300, { diskBytes: 64 * mebibyte, mix: ['write', 'read', 'trim', 'write', 'sync'] }),
  { warmUpCount: 50 },
);
const manyReads = workloadOf(randomRequests(12_000, { diskBytes: 64 * mebibyte }), {
  diskBytes: 64 * mebibyte,
  image: { content: 'mapped', state: 'shared' },
});

const qemus = qemusUnderTest();

describe.skipIf(qemus.length === 0)('a workload in slices', () => {
  describe.each(qemus.map(({ name, bin }) => [name, bin] as const))('with QEMU %s', (_, bin) => {
    // Were a command left in a buffer of qemu-io's, its slice would not end before the next one.
    test('slices of any length end with their last request', async () => {
      await withEngine(bin, async (engine) => {
        const trial = await begin(engine, { workload: mixed });
        const warmUp = await trial.advance(50);
        expect(warmUp).toMatchObject({ driverMs: 0 });
        let driverMs = 0;
        for (const end of [51, 52, 53, 54, 55, 100, 101, 150, 299, 300]) {
          const slice = await trial.advance(end);
          expect(slice?.driverMs).toBeGreaterThan(0);
          expect(slice?.wallMs).toBeGreaterThan((slice?.driverMs ?? 0) * 0.5);
          driverMs += slice?.driverMs ?? 0;
        }
        const outcome = await trial.finish();
        if (outcome.state !== 'completed') throw new Error(outcome.reason);
        expect(outcome.metrics).toMatchObject({ requestCount: 200, syncCount: 50, guestBytes: 120 * 4096 });
        expect(outcome.metrics.driverMs).toBeCloseTo(driverMs, 6);
      });
    });

    test('slices of thousands, whose commands fill the pipe many times', async () => {
      await withEngine(bin, async (engine) => {
        const trial = await begin(engine, { workload: manyReads });
        for (const end of [1, 6000, 6001, 12_000]) expect((await trial.advance(end))?.driverMs).toBeGreaterThan(0);
        expect(await trial.finish()).toMatchObject({ state: 'completed', metrics: { requestCount: 12_000 } });
      });
    });

    test('time without stalls, where the model knows that no request waits for a disk', async () => {
      await withEngine(bin, async (engine) => {
        const cached = await begin(engine, { workload: manyReads });
        for (const end of [6000, 12_000]) {
          const slice = await cached.advance(end);
          expect(slice?.robustMs).toBeGreaterThan(0);
          // No stall is negative; a mean that is applied to all may exceed the sum by rounding.
          expect(slice?.robustMs).toBeLessThan((slice?.driverMs ?? 0) * 1.001);
        }
        await cached.finish();
        const writing = await begin(engine, { workload: mixed });
        expect(await writing.advance(300)).not.toHaveProperty('robustMs');
        await writing.finish();
      });
    });

    test('syncs that print nothing', async () => {
      const workload = workloadOf(
        [['sync'], ['sync'], ['read', 0, 4096], ['sync'], ['read', 4096, 4096], ['sync'], ['sync']],
        { image: { content: 'mapped', state: 'shared' } },
      );
      await withEngine(bin, async (engine) => {
        const trial = await begin(engine, { workload });
        for (const end of [1, 2, 3, 4, 6, 7]) expect(await trial.advance(end)).toBeDefined();
        expect(await trial.finish()).toMatchObject({ state: 'completed', metrics: { requestCount: 2, syncCount: 5 } });
      });
    });
  });
});

describe.skipIf(systemQemu() === undefined)('a workload in slices that goes wrong', () => {
  const bin = systemQemu() ?? '';
  const configuration = { label: 'trigger', create: {}, drive: { 'l2-cache-size': 65_536 } };

  /** The system's tools, but a qemu-io that misbehaves where the configuration has an L2 cache size. */
  function fakeTools(name: string, misbehaviour: string): string {
    const directory = join(parent, name);
    mkdirSync(directory);
    writeFakeTool(directory, 'qemu-img', `exec '${join(bin, 'qemu-img')}' "$@"`);
    const real = join(bin, 'qemu-io');
    const script = `case "$*" in *l2-cache-size*) : ;; *) exec '${real}' "$@" ;; esac\nreal='${real}'\n${misbehaviour}`;
    writeFakeTool(directory, 'qemu-io', script);
    return directory;
  }

  test('a request that fails ends it, and is named', async () => {
    // One write of data fails, and none before the third.
    const rules =
      '[set-state]\\nstate = "1"\\nevent = "write_aio"\\nnew_state = "2"\\n[set-state]\\nstate = "2"\\nevent = "write_aio"\\nnew_state = "3"\\n[inject-error]\\nstate = "3"\\nevent = "write_aio"\\nerrno = "5"\\nonce = "on"\\n';
    const misbehaviour = `printf '${rules}' >rules\nexec "$real" -t none -f qcow2 "blkdebug:rules:disk.qcow2"`;
    const workload = workloadOf(randomRequests(200, { diskBytes: 64 * mebibyte, mix: ['write'] }));
    await withEngine(fakeTools('fails', misbehaviour), async (engine) => {
      const trial = await begin(engine, { workload, configuration });
      expect(await trial.advance(1)).toBeDefined();
      expect(await trial.advance(200)).toBeUndefined();
      expect(await trial.advance(200)).toBeUndefined();
      expect(await trial.finish()).toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(
          /^request \d+ \(write, offset \d+, length 4096\): write failed: Input\/output error/,
        ),
      });
    });
  });

  test('an image that cannot be opened fails in the first slice, in the words of qemu-io', async () => {
    const directory = fakeTools('unopened', 'printf x >disk.qcow2\nexec "$real" "$@"');
    await withEngine(directory, async (engine) => {
      const trial = await begin(engine, { workload: mixed, configuration });
      expect(await trial.advance(50)).toBeUndefined();
      expect(await trial.finish()).toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(/not in qcow2 format/),
      });
    });
  });

  test('a process that is killed between slices fails the trial and not the others', async () => {
    const directory = fakeTools('killed', `echo $$ >'${parent}/killed.pid'\nexec "$real" "$@"`);
    await withEngine(directory, async (engine) => {
      const other = await begin(engine, { workload: mixed });
      const trial = await begin(engine, { workload: mixed, configuration });
      expect(await trial.advance(100)).toBeDefined();
      process.kill(Number(readFileSync(join(parent, 'killed.pid'), 'utf8')), 'SIGKILL');
      expect(await trial.advance(200)).toBeUndefined();
      expect(trial.usage()).toBeUndefined();
      expect(await other.advance(300)).toBeDefined();
      expect(await trial.finish()).toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(/^request 101 .*: no result \(qemu-io was killed by SIGKILL\)/),
      });
      expect((await other.finish()).state).toBe('completed');
    });
  });

  test('a process that hangs within a slice is ended when its time is up', async () => {
    const directory = fakeTools('hangs', `echo $$ >'${parent}/hangs.pid'\nexec sleep 300`);
    await withEngine(directory, async (engine) => {
      const trial = await begin(engine, { workload: mixed, configuration }, 400);
      expect(await trial.advance(50)).toBeUndefined();
      expect(await trial.finish()).toMatchObject({
        state: 'timed-out',
        reason: expect.stringContaining('did not end in time'),
      });
      expect(startTicks(Number(readFileSync(join(parent, 'hangs.pid'), 'utf8')))).toBeNull();
    });
  });

  test('finished before its end it has failed', async () => {
    await withEngine(bin, async (engine) => {
      const trial = await begin(engine, { workload: mixed });
      expect(await trial.advance(100)).toBeDefined();
      expect(await trial.finish()).toMatchObject({ state: 'failed', reason: expect.stringMatching(/^request 101 /) });
    });
  });

  test('an abort ends all that take turns, and leaves nothing', async () => {
    await withEngine(bin, async (engine) => {
      const controller = new AbortController();
      const workload = workloadOf(randomRequests(400_000, { diskBytes: 64 * mebibyte }), {
        image: { content: 'mapped', state: 'shared' },
      });
      const job = jobOf({ workload, signal: controller.signal });
      setTimeout(() => controller.abort(), 600);
      const outcomes = await runInterleaved(
        [
          { engine, job },
          { engine, job },
        ],
        { sliceMs: 20, seed: 1 },
      );
      for (const { outcome } of outcomes) expect(outcome).toEqual({ state: 'aborted', reason: 'interrupted' });
    });
  });

  test('lanes of real processes report what they used', async () => {
    await withEngine(bin, async (engine) => {
      const trial = await begin(engine, { workload: manyReads });
      await trial.advance(1);
      const before = trial.usage();
      await trial.advance(12_000);
      const after = trial.usage();
      expect((after?.userMs ?? 0) - (before?.userMs ?? 0)).toBeGreaterThan(1);
      await trial.finish();
      expect(trial.usage()).toBeUndefined();
    });
  });
});
