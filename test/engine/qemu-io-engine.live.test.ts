import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Engine, EngineJob, EngineOutcome } from '../../src/engine/engine.ts';
import { createQemuIoEngine } from '../../src/engine/qemu-io/qemu-io-engine.ts';
import { Scratch, startTicks } from '../../src/engine/scratch.ts';
import { findQemuTools, type QemuTools } from '../../src/engine/tools.ts';
import { EngineError, EnvironmentError } from '../../src/errors.ts';
import { writeFakeTool } from '../helpers/fake-tool.ts';
import { qemusUnderTest, systemQemu } from '../helpers/qemu.ts';
import { randomRequests, workloadOf } from '../helpers/workload.ts';

const parent = mkdtempSync(join(tmpdir(), 'qtune-test-engine-'));
afterAll(() => {
  // Every test closes its engine and its scratch directory: whatever is here was left behind.
  const left = readdirSync(parent).filter((name) => name.startsWith('qtune-'));
  rmSync(parent, { recursive: true });
  expect(left).toEqual([]);
});

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const signal = new AbortController().signal;

interface Bench {
  readonly engine: Engine;
  readonly scratch: Scratch;
  readonly tools: QemuTools;
  run(job: Partial<EngineJob> & Pick<EngineJob, 'workload'>): Promise<EngineOutcome>;
}

/** Runs `use` with an engine in its own scratch directory, and checks that it leaves nothing in it. */
async function withEngine(
  use: (bench: Bench) => Promise<void>,
  options: { directory?: string; temporary?: string; cpus?: readonly number[] | null } = {},
): Promise<void> {
  const directory = options.directory ?? systemQemu();
  const tools = await findQemuTools({ ...(directory ? { directory } : {}), env: process.env, signal });
  const scratch = Scratch.create({ env: { TMPDIR: options.temporary ?? parent }, pid: process.pid });
  const engine = createQemuIoEngine({ tools, scratch, ...(options.cpus === undefined ? {} : { cpus: options.cpus }) });
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
    await use({ engine, scratch, tools, run });
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

const mixed = workloadOf(
  randomRequests(300, { diskBytes: 64 * mebibyte, mix: ['write', 'read', 'trim', 'write', 'sync'] }),
  { warmUpCount: 50 },
);

describe.skipIf(systemQemu() === undefined)('the qemu-io engine', () => {
  test.each(qemusUnderTest().map((qemu) => [qemu.name, qemu.bin]))(
    'measures a mixed workload with QEMU %s',
    async (_, directory) => {
      await withEngine(
        async ({ engine, run }) => {
          const description = await engine.describe(signal);
          expect(description).toMatchObject({ name: 'qemu-io', version: expect.stringMatching(/^\d+\.\d+$/) });
          expect(description.overheadMs).toBeGreaterThan(0);
          const outcome = completed(await run({ workload: mixed, traceHostIo: true }));
          const { metrics } = outcome;
          expect(metrics).toMatchObject({ requestCount: 200, syncCount: 50, guestBytes: 120 * 4096 });
          expect(metrics.latencyByOperationMs.read?.count).toBe(50);
          expect(metrics.latencyByOperationMs.write?.count).toBe(100);
          expect(metrics.latencyByOperationMs.trim?.count).toBe(50);
          expect(metrics.syncMs).toBeGreaterThan(0);
          expect(metrics.driverMs).toBeLessThanOrEqual(metrics.wallMs);
          const sumMs = Object.values(metrics.latencyByOperationMs).reduce((sum, one) => sum + one.mean * one.count, 0);
          expect(metrics.driverMs).toBeCloseTo(sumMs + metrics.syncMs, 6);
          expect(metrics.iops).toBeCloseTo((200 / metrics.driverMs) * 1000, 6);
          expect(metrics.hostIo?.dataWrite).toBe(120);
          expect(metrics.hostSeekBytes).toBeGreaterThan(0);
          expect(outcome.warnings).toEqual([]);
        },
        { directory },
      );
    },
  );

  test('gives the requests per second of the same script piped to qemu-io by hand', async () => {
    const workload = workloadOf(randomRequests(20_000, { diskBytes: gibibyte }), {
      diskBytes: gibibyte,
      image: { content: 'mapped', state: 'shared' },
    });
    await withEngine(async ({ run, scratch }) => {
      const { command, metrics } = completed(await run({ workload }));
      const kept = readdirSync(scratch.directory).find((name) => name.startsWith('kept-')) ?? '';
      const script = readdirSync(scratch.directory).find((name) => name.startsWith('script-')) ?? '';
      const [file = '', ...args] = command;
      const stdin = openSync(scratch.path(script), 'r');
      const byHand = spawnSync(file, args, {
        cwd: scratch.path(kept),
        stdio: [stdin, 'pipe', 'pipe'],
        encoding: 'utf8',
        maxBuffer: 8 * mebibyte,
      });
      closeSync(stdin);
      const rates = [...byHand.stdout.matchAll(/^qemu-io> .*?4096,1,[\d:.]+,[\d.]+,([\d.]+)$/gm)].map(([, rate]) =>
        Number(rate),
      );
      // The first line of results shares its line with the prompt of the marker.
      expect(rates).toHaveLength(metrics.requestCount);
      const driverMs = rates.reduce((sum, rate) => sum + 1000 / rate, 0);
      // Functional, not a race: both are the same work, far within a factor of five even on a busy machine.
      expect(metrics.iops / (rates.length / (driverMs / 1000))).toBeGreaterThan(0.2);
      expect(metrics.iops / (rates.length / (driverMs / 1000))).toBeLessThan(5);
    });
  });

  test('a shared image is made once, opened read-only and never changed', async () => {
    const workload = workloadOf([...randomRequests(500, { diskBytes: gibibyte }), ['sync']], {
      diskBytes: gibibyte,
      image: { content: 'mapped', state: 'shared' },
    });
    // Lazy refcounts would set the dirty bit on the first change.
    const configuration = { label: 'lazy', create: { lazy_refcounts: true }, drive: {} };
    await withEngine(async ({ run, scratch }) => {
      const first = completed(await run({ workload, configuration }));
      expect(first.command).toContain('-r');
      const image = join(
        scratch.path(readdirSync(scratch.directory).find((name) => name.startsWith('kept-')) ?? ''),
        'disk.qcow2',
      );
      const before = { hash: await metadataHash(image), mtimeMs: statSync(image).mtimeMs };
      completed(await run({ workload, configuration, traceHostIo: true }));
      expect({ hash: await metadataHash(image), mtimeMs: statSync(image).mtimeMs }).toEqual(before);
      expect(readdirSync(scratch.directory).filter((name) => name.startsWith('kept-'))).toHaveLength(1);
    });
  });

  test('a workload that writes cannot share its image', async () => {
    await withEngine(async ({ run }) => {
      const outcome = await run({ workload: workloadOf([['write', 0, 512]], { image: { state: 'shared' } }) });
      expect(outcome).toMatchObject({ state: 'failed', reason: expect.stringContaining('shared') });
    });
  });

  test('a restored image starts every trial in the same state', async () => {
    const workload = workloadOf(randomRequests(100, { diskBytes: 16 * mebibyte, mix: ['write'] }), {
      diskBytes: 16 * mebibyte,
      image: { content: 'full', state: 'restored' },
    });
    await withEngine(async ({ run, scratch }) => {
      const space: unknown[] = [];
      for (let trial = 0; trial < 2; trial++) {
        const { metrics } = completed(await run({ workload, traceHostIo: true }));
        // Every write goes in place: nothing is allocated in a full image.
        const { sync: _closing, ...counts } = metrics.hostIo ?? {};
        expect(counts).toEqual({ dataWrite: 100, l2Read: 1 });
        expect(metrics.allocatedBytes).toBeGreaterThanOrEqual(16 * mebibyte);
        expect(metrics.spaceAmplificationRatio).toBeCloseTo(metrics.allocatedBytes / (16 * mebibyte), 9);
        space.push([metrics.fileBytes, metrics.allocatedBytes]);
      }
      expect(space[1]).toEqual(space[0]);
      expect(readdirSync(scratch.directory).filter((name) => name.startsWith('trial-'))).toEqual([]);
    });
  });

  test('trials of one configuration share one replay for their host I/O, other configurations do not', async () => {
    const workload = workloadOf(randomRequests(200, { diskBytes: gibibyte }), {
      diskBytes: gibibyte,
      image: { content: 'mapped' },
    });
    const small = { label: 'small', create: {}, drive: { 'l2-cache-size': 2048, 'l2-cache-entry-size': 512 } };
    await withEngine(async ({ run }) => {
      const first = completed(await run({ workload, traceHostIo: true }));
      const second = completed(await run({ workload, traceHostIo: true }));
      const other = completed(await run({ workload, traceHostIo: true, configuration: small }));
      expect(second.metrics.hostIo).toEqual(first.metrics.hostIo);
      expect(second.metrics.hostSeekBytes).toBe(first.metrics.hostSeekBytes);
      expect(other.metrics.hostIo?.l2Read).toBeGreaterThan(first.metrics.hostIo?.l2Read ?? 0);
    });
  });

  test('a copied image keeps its holes', async () => {
    const workload = workloadOf([['read', 0, 4096]], {
      diskBytes: 8 * gibibyte,
      image: { content: 'mapped', state: 'restored' },
    });
    await withEngine(async ({ run }) => {
      const { metrics } = completed(await run({ workload }));
      expect(metrics.fileBytes).toBeGreaterThan(8 * gibibyte);
      expect(metrics.allocatedBytes).toBeLessThan(8 * mebibyte);
    });
  });

  test("the user's backing file is read through a name of our own and not changed", async () => {
    const odd = join(parent, 'json:{"a,b"} -x');
    mkdirSync(odd);
    const path = join(odd, '-back,ing:file.qcow2');
    const made = spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', 'preallocation=metadata', path, '64M']);
    expect(made.status).toBe(0);
    chmodSync(path, 0o444);
    const before = createHash('sha256').update(readFileSync(path)).digest('hex');
    const workload = workloadOf(randomRequests(100, { diskBytes: 64 * mebibyte, mix: ['write', 'read'] }));
    await withEngine(async ({ run }) => {
      const { metrics, command } = completed(
        await run({ workload, backing: { path, format: 'qcow2' }, traceHostIo: true }),
      );
      expect(metrics.hostIo?.backingRead).toBeGreaterThan(50);
      expect(command.join(' ')).not.toContain('back,ing');
    });
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(before);
    rmSync(odd, { recursive: true });
  });

  test.each(['raw', 'qcow2'] as const)(
    'a backing file of data is made in format %s and copied up from',
    async (format) => {
      const workload = workloadOf(randomRequests(50, { diskBytes: 16 * mebibyte, mix: ['write'] }), {
        diskBytes: 16 * mebibyte,
        image: { backing: { format, content: 'data' } },
      });
      await withEngine(async ({ run }) => {
        const { metrics } = completed(await run({ workload, traceHostIo: true }));
        expect(metrics.hostIo?.backingRead).toBeGreaterThan(0);
        expect(metrics.guestBytes).toBe(50 * 4096);
      });
    },
  );

  test('an external data file is counted into the space', async () => {
    const workload = workloadOf(randomRequests(100, { diskBytes: 64 * mebibyte, mix: ['write'] }));
    const configuration = { label: 'data', create: { data_file: '/somewhere/user.raw' }, drive: {} };
    await withEngine(async ({ run }) => {
      const { metrics } = completed(await run({ workload, configuration, traceHostIo: true }));
      expect(metrics.allocatedBytes).toBeGreaterThanOrEqual(metrics.guestDistinctBytes);
      expect(metrics.hostIo?.dataWrite).toBe(100);
    });
    expect(existsSync('/somewhere')).toBe(false);
  });

  test('cache and aio modes and driver options of the configuration reach QEMU', async () => {
    const drive = {
      cache: 'writeback',
      aio: 'threads',
      'l2-cache-size': 65_536,
      discard: 'unmap',
      'detect-zeroes': 'on',
    };
    await withEngine(async ({ run }) => {
      const { command } = completed(await run({ workload: mixed, configuration: { label: 'x', create: {}, drive } }));
      const graph = JSON.parse((command.at(-1) ?? '').replace(/^json:/, ''));
      expect(command).toEqual(expect.arrayContaining(['-t', 'writeback', '-d', 'unmap']));
      expect(graph).toMatchObject({
        'l2-cache-size': 65_536,
        'detect-zeroes': 'on',
        discard: 'unmap',
        cache: { direct: false },
        file: { aio: 'threads', cache: { direct: false } },
      });
    });
  });

  test('an option that QEMU refuses fails the trial with its words', async () => {
    await withEngine(async ({ run }) => {
      const create = { label: 'bad', create: { cluster_size: 3 * 65_536 }, drive: {} };
      expect(await run({ workload: mixed, configuration: create })).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('Cluster size must be a power of two'),
      });
      const drive = { label: 'bad', create: {}, drive: { 'l2-cache-entry-size': 1000 } };
      expect(await run({ workload: mixed, configuration: drive })).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('L2 cache entry size must be a power of two'),
      });
    });
  });

  test('a scratch directory with any name works', async () => {
    const temporary = join(parent, '-json:{"driver":"null-co"}, with spaces,and=commas\n');
    mkdirSync(temporary);
    await withEngine(async ({ run }) => void completed(await run({ workload: mixed, traceHostIo: true })), {
      temporary,
    });
    rmSync(temporary, { recursive: true });
  });

  test('the measured process is pinned to the last processor unless told otherwise', async () => {
    await withEngine(async ({ run }) => expect(completed(await run({ workload: mixed })).cpus).toHaveLength(1));
    await withEngine(async ({ run }) => expect(completed(await run({ workload: mixed })).cpus).toEqual([0]), {
      cpus: [0],
    });
    await withEngine(async ({ run }) => expect(completed(await run({ workload: mixed })).cpus).toEqual([]), {
      cpus: null,
    });
  });

  test('a full disk fails the trial, naming the request and the remedy', async ({ skip }) => {
    const temporary = join(parent, 'small');
    mkdirSync(temporary);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'qtune-test', temporary]);
    if (mounted.status !== 0) skip('mounting needs root');
    try {
      await withEngine(
        async ({ run }) => {
          const workload = workloadOf(
            Array.from({ length: 64 }, (_, index) => ['write', index * 65_536, 65_536] as const),
          );
          const outcome = await run({ workload });
          expect(outcome.state).toBe('failed');
          expect(outcome).toMatchObject({
            reason: expect.stringMatching(
              /^request \d+ \(write, offset \d+, length 65536\): write failed: No space left on device .*TMPDIR/,
            ),
          });
        },
        { temporary },
      );
    } finally {
      spawnSync('umount', [temporary]);
      rmSync(temporary, { recursive: true });
    }
  });

  test('a disk that does not fit the file system is refused before anything is made', async () => {
    await withEngine(async ({ run }) => {
      const image = { content: 'mapped' } as const;
      const huge = run({ workload: workloadOf([['read', 0, 512]], { diskBytes: 2 ** 52, image }) });
      await expect(huge).rejects.toThrow(EnvironmentError);
      await expect(huge).rejects.toThrow(/^--disk 4P: /);
      const full = run({
        workload: workloadOf([['read', 0, 512]], { diskBytes: 2 ** 43, image: { content: 'full' } }),
      });
      await expect(full).rejects.toThrow(/^--disk 8T: an image with all its data takes .* free$/);
    });
  });

  test('an abort during a run ends it, and leaves no process and no file', async () => {
    await withEngine(async ({ run }) => {
      const controller = new AbortController();
      const workload = workloadOf(randomRequests(400_000, { diskBytes: gibibyte }), {
        diskBytes: gibibyte,
        image: { content: 'mapped' },
      });
      setTimeout(() => controller.abort(), 700);
      expect(await run({ workload, signal: controller.signal })).toEqual({ state: 'aborted', reason: 'interrupted' });
    });
  });

  describe('with tools that misbehave', () => {
    /** The system's qemu-img beside a qemu-io of our own, which behaves until `trigger` says otherwise. */
    function fakeTools(name: string, misbehaviour: string): string {
      const directory = join(parent, name);
      mkdirSync(directory);
      const real = join(systemQemu() ?? '', 'qemu-io');
      writeFakeTool(directory, 'qemu-img', `exec '${join(systemQemu() ?? '', 'qemu-img')}' "$@"`);
      writeFakeTool(
        directory,
        'qemu-io',
        `case "$*" in *l2-cache-size*) : ;; *) exec '${real}' "$@" ;; esac\nreal='${real}'\n${misbehaviour}`,
      );
      return directory;
    }
    const configuration = { label: 'trigger', create: {}, drive: { 'l2-cache-size': 65_536 } };

    test('one that hangs is ended at the time limit, with its children', async () => {
      const directory = fakeTools(
        'hangs',
        `echo $$ >'${parent}/hang.pid'\nsleep 300 &\necho $! >'${parent}/sleep.pid'\nwait`,
      );
      await withEngine(
        async ({ run }) => {
          const outcome = await run({ workload: mixed, configuration, timeLimitMs: 500 });
          expect(outcome).toMatchObject({ state: 'timed-out', reason: expect.stringContaining('did not end in time') });
        },
        { directory },
      );
      for (const name of ['hang.pid', 'sleep.pid']) {
        expect(startTicks(Number(readFileSync(join(parent, name), 'utf8')))).toBeNull();
      }
    });

    test.each([
      ['stops after some requests', 'head -n 100 | "$real" "$@"', /^request 100 .*: no result$/],
      ['is killed', 'kill -KILL $$', /killed by SIGKILL/],
      ['prints nothing and says that all is well', 'cat >/dev/null; exit 0', /^request 1 .*: no result$/],
      [
        'reports a failed request with exit code 0',
        `printf 'qemu-io> read failed: Input/output error\\n'; exit 0`,
        /^request 1 .*: read failed: Input\/output error$/,
      ],
      ['repeats a result', '"$real" "$@"; echo "4096,1,0:00:00.00,1.0,1000.000"', /more results than the 300 requests/],
      ['fails after the last request', '"$real" "$@"; echo "qemu-io: close failed" >&2; exit 1', /close failed/],
    ])('one that %s fails the trial', async (_, misbehaviour, reason) => {
      const directory = fakeTools(`fake-${misbehaviour.length}-${reason.source.length}`, misbehaviour);
      await withEngine(
        async ({ run }) => {
          expect(await run({ workload: mixed, configuration })).toMatchObject({
            state: 'failed',
            reason: expect.stringMatching(reason),
          });
        },
        { directory },
      );
    });

    test('one that does not work at all is an error of the machine', async () => {
      const directory = join(parent, 'broken');
      mkdirSync(directory);
      for (const name of ['qemu-img', 'qemu-io']) {
        writeFakeTool(
          directory,
          name,
          `case "$1" in --version) echo "${name} version 9.0.0" ;; *) echo "bad image" >&2; exit 1 ;; esac`,
        );
      }
      await withEngine(async ({ engine }) => await expect(engine.describe(signal)).rejects.toThrow(EngineError), {
        directory,
      });
    });

    test('I/O errors under the image are failures', async () => {
      // blkdebug under the driver lets one write of data fail.
      const directory = fakeTools(
        'errors',
        `for last; do :; done\nprintf '[inject-error]\\nevent = "write_aio"\\nerrno = "5"\\nonce = "on"\\n' >rules\nexec "$real" -t none -f qcow2 "blkdebug:rules:disk.qcow2"`,
      );
      await withEngine(
        async ({ run }) => {
          expect(await run({ workload: mixed, configuration })).toMatchObject({
            state: 'failed',
            reason: expect.stringMatching(
              /^request 1 \(write, offset \d+, length 4096\): write failed: Input\/output error/,
            ),
          });
        },
        { directory },
      );
    });
  });
});

/** Of the first MiB and the length: the data area of a mapped image is a hole. */
function metadataHash(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256').update(String(statSync(path).size));
    createReadStream(path, { end: mebibyte - 1 })
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => resolve(hash.digest('hex')))
      .on('error', reject);
  });
}
