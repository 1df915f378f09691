import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { commonHost, driverOptions, type ModelHost } from '../../src/driver/driver-options.ts';
import { IoLogEncoder } from '../../src/driver/io-log.ts';
import { prepareImage } from '../../src/driver/prepare-image.ts';
import { Qcow2Driver } from '../../src/driver/qcow2-driver.ts';
import { replay } from '../../src/driver/replay.ts';
import { createQemuIoEngine } from '../../src/engine/qemu-io/qemu-io-engine.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { findQemuTools } from '../../src/engine/tools.ts';
import type { Configuration, SettingValues } from '../../src/settings/configuration.ts';
import type { ImagePreparation, Workload } from '../../src/workload/workload.ts';
import { qemusUnderTest } from '../helpers/qemu.ts';
import { straceWorks } from '../helpers/strace.ts';
import { randomRequests, type TestRequest, workloadOf } from '../helpers/workload.ts';

const signal = new AbortController().signal;
const parent = mkdtempSync(join(tmpdir(), 'qtune-test-io-log-'));
afterAll(() => rmSync(parent, { recursive: true }));

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const mix = ['write', 'write', 'read', 'write', 'trim', 'sync'] as const;

interface Case {
  readonly name: string;
  readonly diskBytes: number;
  readonly create?: SettingValues;
  readonly drive?: SettingValues;
  readonly image?: Partial<ImagePreparation>;
  readonly requests: (diskBytes: number) => readonly TestRequest[];
  /** What a line has to contain for the case to be what its name says. */
  readonly contains?: string;
}

const some =
  (count: number, operations: typeof mix | readonly ('read' | 'write' | 'trim' | 'sync')[] = mix, lengthBytes = 4096) =>
  (diskBytes: number): readonly TestRequest[] =>
    randomRequests(count, { diskBytes, mix: operations, lengthBytes });

/** Requests of one part each, so that the order is QEMU's own. */
const cases: readonly Case[] = [
  {
    name: 'reads with a small L2 cache',
    diskBytes: 8 * gibibyte,
    drive: { 'l2-cache-size': 65_536 },
    image: { content: 'mapped' },
    requests: some(200, ['read']),
  },
  { name: 'defaults, discards let through', diskBytes: gibibyte, drive: { discard: 'unmap' }, requests: some(200) },
  { name: 'defaults, buffered', diskBytes: gibibyte, drive: { cache: 'writeback' }, requests: some(150) },
  {
    name: 'small clusters, lazy refcounts, tiny entries',
    diskBytes: 64 * mebibyte,
    create: { cluster_size: 4096, lazy_refcounts: true },
    drive: { 'l2-cache-size': 8192, 'l2-cache-entry-size': 512, cache: 'writeback' },
    requests: some(200, ['write', 'read', 'sync'], 2048),
  },
  {
    name: 'lazy refcounts past the page cache',
    diskBytes: 64 * mebibyte,
    create: { cluster_size: 4096 },
    drive: { 'lazy-refcounts': true },
    requests: some(100, ['write', 'sync'], 2048),
  },
  {
    name: 'a refcount table that grows',
    diskBytes: 8 * mebibyte,
    create: { cluster_size: 512, refcount_bits: 64 },
    drive: { cache: 'writeback' },
    requests: some(1300, ['write'], 2048),
    contains: '"for":"header"',
  },
  {
    name: 'a refcount table that grows, past the page cache',
    diskBytes: 8 * mebibyte,
    create: { cluster_size: 512, refcount_bits: 64 },
    requests: some(1300, ['write'], 2048),
    contains: '"for":"header"',
  },
  {
    name: 'subclusters over a qcow2 file of data, writethrough',
    diskBytes: 256 * mebibyte,
    create: { extended_l2: true, cluster_size: 131_072 },
    drive: { cache: 'writethrough' },
    image: { backing: { format: 'qcow2', content: 'data' } },
    requests: some(100, ['write', 'read'], 1024),
  },
  {
    name: 'over a raw file of data',
    diskBytes: 256 * mebibyte,
    image: { backing: { format: 'raw', content: 'data' } },
    requests: some(60, ['write', 'read', 'sync'], 4096),
  },
  {
    name: 'over a raw file of holes',
    diskBytes: 256 * mebibyte,
    image: { backing: { format: 'raw', content: 'holes' } },
    requests: some(60, ['write', 'read', 'sync'], 4096),
  },
  {
    name: 'over a qcow2 file of holes',
    diskBytes: gibibyte,
    drive: { cache: 'directsync' },
    image: { backing: { format: 'qcow2', content: 'holes' } },
    requests: some(60, ['write', 'read'], 4096),
  },
  {
    name: 'a full image, trimmed and written again',
    diskBytes: 64 * mebibyte,
    drive: { discard: 'unmap', 'pass-discard-other': true },
    image: { content: 'full' },
    requests: some(120, ['trim', 'write', 'trim', 'read', 'sync'], 65_536),
  },
  {
    name: 'an external data file',
    diskBytes: 256 * mebibyte,
    create: { data_file: 'x' },
    drive: { discard: 'unmap' },
    requests: some(120),
  },
  {
    name: 'an external data file over a backing file',
    diskBytes: 64 * mebibyte,
    create: { data_file: 'x' },
    image: { backing: { format: 'qcow2', content: 'data' } },
    requests: some(60, ['write', 'read', 'sync']),
  },
  {
    name: 'preallocated with falloc, no flushes',
    diskBytes: 256 * mebibyte,
    create: { preallocation: 'falloc' },
    drive: { cache: 'unsafe' },
    requests: some(60),
  },
  {
    name: 'version 2, all overlap checks',
    diskBytes: 256 * mebibyte,
    create: { compat: '0.10' },
    drive: { 'overlap-check': 'all', discard: 'unmap', 'detect-zeroes': 'unmap' },
    requests: some(100),
  },
];

const qemus = qemusUnderTest();

describe.skipIf(qemus.length === 0 || !straceWorks())('the I/O of the model is that of QEMU, line by line', () => {
  const matrix = qemus.flatMap((qemu) =>
    cases.map((one) => [`${one.name}, QEMU ${qemu.name}`, { qemu, one }] as const),
  );

  test.each(matrix)('%s', async (_, { qemu, one }) => {
    const configuration = { label: one.name, create: one.create ?? {}, drive: one.drive ?? {} };
    const { diskBytes } = one;
    const workload = workloadOf(one.requests(diskBytes), { diskBytes, ...(one.image ? { image: one.image } : {}) });
    const real = await realLog(qemu.bin, configuration, workload);
    const predicted = modelLog(configuration, workload, { ...commonHost, qemu: real.version });
    expect(predicted).toEqual(real.lines);
    expect(real.lines.length).toBeGreaterThan(20);
    expect(real.lines.some((line) => line.includes(one.contains ?? '"for":"'))).toBe(true);
  });
});

async function realLog(bin: string, configuration: Configuration, workload: Workload) {
  const tools = await findQemuTools({ directory: bin, env: process.env, signal });
  const scratch = Scratch.create({ env: { ...process.env, TMPDIR: parent }, pid: process.pid });
  const engine = createQemuIoEngine({ tools, scratch });
  try {
    const lines = await collect(async (log) => {
      const job = { configuration, workload, imageKey: 'image', timeLimitMs: 60_000, traceHostIo: false, signal };
      expect(await engine.recordHostIo(job, log)).toEqual([]);
    });
    return { lines, version: tools.version };
  } finally {
    await engine.close();
    scratch.close();
  }
}

function modelLog(configuration: Configuration, workload: Workload, host: ModelHost): readonly string[] {
  let text = '';
  const log = new IoLogEncoder((chunk) => {
    text += Buffer.from(chunk).toString('latin1');
  });
  const { content, backing } = workload.image;
  const image = prepareImage({ configuration, diskBytes: workload.diskBytes, content, backing }, host);
  const driver = new Qcow2Driver(image, driverOptions(image, configuration.drive, host), log);
  for (const block of workload.requests()) replay(driver, block);
  driver.close();
  log.flush();
  return text.trimEnd().split('\n');
}

async function collect(use: (log: IoLogEncoder) => Promise<void>): Promise<readonly string[]> {
  let text = '';
  const log = new IoLogEncoder((chunk) => {
    text += Buffer.from(chunk).toString('latin1');
  });
  await use(log);
  log.flush();
  return text.trimEnd().split('\n');
}
