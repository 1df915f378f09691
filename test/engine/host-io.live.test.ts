import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { HostIoCounts } from '../../src/engine/engine.ts';
import { runCommand } from '../../src/engine/qemu-io/block-node.ts';
import { countHostIo } from '../../src/engine/qemu-io/host-io.ts';
import { ScriptStore } from '../../src/engine/qemu-io/script-store.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { findQemuTools } from '../../src/engine/tools.ts';
import type { SettingValues } from '../../src/settings/configuration.ts';
import { qemusUnderTest } from '../helpers/qemu.ts';
import { straceImage, straceWorks } from '../helpers/strace.ts';
import { randomRequests, type TestRequest, workloadOf } from '../helpers/workload.ts';

const signal = new AbortController().signal;
const parent = mkdtempSync(join(tmpdir(), 'qtune-test-host-io-'));
afterAll(() => rmSync(parent, { recursive: true }));

interface Case {
  readonly name: string;
  readonly diskBytes: number;
  readonly create: SettingValues;
  readonly drive: SettingValues;
  readonly requests: readonly TestRequest[];
  readonly backing?: 'raw' | 'qcow2';
}

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const mix = ['write', 'write', 'read', 'write', 'trim', 'sync'] as const;

const cases: readonly Case[] = [
  {
    name: 'reads with a small L2 cache',
    diskBytes: 8 * gibibyte,
    create: { preallocation: 'metadata' },
    drive: { 'l2-cache-size': 64 * 1024 },
    requests: randomRequests(200, { diskBytes: 8 * gibibyte }),
  },
  {
    name: 'allocating writes, reads, syncs and trims',
    diskBytes: gibibyte,
    create: {},
    drive: { discard: 'unmap' },
    requests: randomRequests(200, { diskBytes: gibibyte, mix }),
  },
  {
    name: 'small clusters, a small cache and lazy refcounts',
    diskBytes: 64 * mebibyte,
    create: { cluster_size: 4096, lazy_refcounts: true },
    // Not past the page cache: there the 8 bytes of the dirty bit are read, changed and written as a sector below the file
    // node, and strace sees one read more.
    drive: { 'l2-cache-size': 8192, 'l2-cache-entry-size': 512, cache: 'writeback' },
    requests: randomRequests(200, { diskBytes: 64 * mebibyte, mix: ['write', 'read', 'sync'], lengthBytes: 2048 }),
  },
  {
    name: 'subclusters over a backing file',
    diskBytes: gibibyte,
    create: { extended_l2: true, cluster_size: 131_072 },
    drive: { cache: 'writethrough' },
    requests: randomRequests(150, { diskBytes: gibibyte, mix: ['write', 'read'], lengthBytes: 1024 }),
    backing: 'qcow2',
  },
  {
    name: 'large writes over a raw backing file',
    diskBytes: 256 * mebibyte,
    create: {},
    drive: { cache: 'writeback' },
    requests: randomRequests(60, { diskBytes: 256 * mebibyte, mix: ['write', 'read', 'sync'], lengthBytes: 20_480 }),
    backing: 'raw',
  },
];

const qemus = qemusUnderTest();

describe.skipIf(qemus.length === 0 || !straceWorks())(
  'host I/O by trace events equals host I/O by system calls',
  () => {
    const matrix = qemus.flatMap((qemu) =>
      cases.map((one) => [`${one.name}, QEMU ${qemu.name}`, { qemu, one }] as const),
    );

    test.each(matrix)('%s', async (_, { qemu, one }) => {
      const tools = await findQemuTools({ directory: qemu.bin, env: process.env, signal });
      const scratch = Scratch.create({ env: { ...process.env, TMPDIR: parent }, pid: process.pid });
      try {
        const workload = workloadOf(one.requests, { diskBytes: one.diskBytes });
        const script = await new ScriptStore(scratch, 'script').get(workload, false, signal);
        const directories = ['traced', 'straced'].map((name) =>
          makeImage(join(scratch.directory, name), tools.qemuImg, one),
        );
        const [traced, straced] = directories.map((directory) => ({
          directory,
          hasDataFile: false,
          backingFormat: one.backing,
        }));
        if (!traced || !straced) throw new Error('two images are needed');
        const configuration = { label: one.name, create: one.create, drive: one.drive };
        const counted = await countHostIo({
          ...{ tools, scratch, script, files: traced },
          job: { ...{ configuration, workload, signal, imageKey: 'x', timeLimitMs: 60_000, traceHostIo: true } },
          defaults: { cache: 'none', aio: 'io_uring' },
        });
        expect(counted.warnings).toEqual([]);
        const cache = String(one.drive.cache ?? 'none');
        const command = runCommand(tools, straced, configuration, { cache, aio: 'threads' }, { readOnly: false });
        const seen = straceImage(command, { cwd: straced.directory, script: script.path, image: 'disk.qcow2' });
        expect(withoutBacking(counted.metrics.hostIo)).toEqual(present({ ...seen, discard: 0 }));
        if (one.backing) expect(counted.metrics.hostIo?.backingRead).toBeGreaterThan(0);
      } finally {
        scratch.close();
      }
    });
  },
);

function makeImage(directory: string, qemuImg: string, one: Case): string {
  mkdirSync(directory);
  const run = (args: readonly string[]): void => {
    const result = spawnSync(qemuImg, args, { cwd: directory, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
  };
  const size = String(one.diskBytes);
  if (one.backing) {
    // Data that is not zeros: QEMU 11 copies no zeros up from a raw file.
    run(['create', '-q', '-f', 'raw', 'base.raw', size]);
    const fill = Array.from({ length: 64 }, (_, index) => [
      '-c',
      `write -P 7 ${index * (one.diskBytes / 64)} 256k`,
    ]).flat();
    spawnSync(qemuImg.replace(/qemu-img$/, 'qemu-io'), ['-f', 'raw', '-t', 'unsafe', ...fill, 'base.raw'], {
      cwd: directory,
    });
    if (one.backing === 'raw') copyFileSync(join(directory, 'base.raw'), join(directory, 'backing'));
    else run(['convert', '-O', 'qcow2', 'base.raw', 'backing']);
  }
  const options = Object.entries(one.create).map(([name, value]) => `${name}=${value === true ? 'on' : value}`);
  run([
    ...['create', '-q', '-f', 'qcow2'],
    ...(options.length > 0 ? ['-o', options.join(',')] : []),
    ...(one.backing ? ['-b', 'backing', '-F', one.backing] : []),
    ...['disk.qcow2', size],
  ]);
  return directory;
}

function present(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function withoutBacking(counts: HostIoCounts | undefined): HostIoCounts | undefined {
  if (counts === undefined) return undefined;
  const { backingRead: _backingRead, ...rest } = counts;
  return rest;
}
