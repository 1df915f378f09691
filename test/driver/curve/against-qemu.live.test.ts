import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExactLookups } from '../../../src/driver/curve/exact-lookups.ts';
import { Operation, type RequestBlock } from '../../../src/workload/request.ts';
import { systemQemu } from '../../helpers/qemu.ts';
import { recordedDiskBytes, recordedRequests } from '../../helpers/recorded.ts';

const bin = systemQemu();
const requestCount = 1500;
const clusterBytes = 65_536;
const entryBytes = 512;
const sliceBytes = (entryBytes / 8) * clusterBytes;
const sizes = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128, 192, 256];

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'qtune-curve-qemu-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Reads and writes as qemu-io takes them from a file. */
function script({ count, operation, offsetBytes, lengthBytes }: RequestBlock): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const name = operation[index] === Operation.read ? 'read' : 'write';
    const isData = (operation[index] ?? 0) <= Operation.write;
    return isData ? `${name} -q ${offsetBytes[index]} ${lengthBytes[index]}\n` : 'flush\n';
  });
  return lines.join('');
}

/** Lookups and misses of the L2 cache that QEMU's own trace events report. */
function traced(qemu: string, entryCount: number): { readonly lookups: number; readonly misses: number } {
  const stdin = openSync(join(directory, 'script'), 'r');
  const cache = `l2-cache-size=${entryCount * entryBytes},l2-cache-entry-size=${entryBytes}`;
  const args = ['--trace', 'qcow2_cache_get', '--trace', 'qcow2_cache_get_replace_entry', '-t', 'writeback'];
  const image = `driver=qcow2,file.driver=file,file.filename=disk.qcow2,${cache}`;
  const io = spawnSync(join(qemu, 'qemu-io'), [...args, '--image-opts', image], {
    cwd: directory,
    encoding: 'utf8',
    stdio: [stdin, 'ignore', 'pipe'],
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
  closeSync(stdin);
  expect(io.status).toBe(0);
  const count = (pattern: RegExp): number => io.stderr.match(pattern)?.length ?? 0;
  return {
    lookups: count(/qcow2_cache_get co \S+ is_l2_cache 1 /g),
    misses: count(/qcow2_cache_get_replace_entry co \S+ is_l2_cache 1 /g),
  };
}

describe.skipIf(bin === undefined)('QEMU', () => {
  test.each(['boot', 'install-packages', 'pgbench'] as const)(
    'misses as often as the curve says on %s, at every size',
    (name) => {
      const qemu = bin ?? '';
      const options = `cluster_size=${clusterBytes},preallocation=metadata`;
      const create = ['create', '-q', '-f', 'qcow2', '-o', options, 'disk.qcow2', String(recordedDiskBytes)];
      expect(spawnSync(join(qemu, 'qemu-img'), create, { cwd: directory }).status).toBe(0);
      const requests = recordedRequests(name, requestCount);
      writeFileSync(join(directory, 'script'), script(requests));
      const counter = new ExactLookups({ diskBytes: recordedDiskBytes, clusterBytes, sliceBytes });
      counter.add(requests);
      const profile = counter.profile();
      const lookups = profile.lookups.read + profile.lookups.overwrite + profile.lookups.allocate;
      for (const entryCount of sizes) {
        const seen = traced(qemu, entryCount);
        expect([entryCount, seen.misses]).toEqual([entryCount, profile.missesAt(entryCount).total]);
        // A write from one L2 table into the next looks the second up twice: the clusters are apart in the file.
        expect(seen.lookups - lookups).toBeGreaterThanOrEqual(0);
        expect(seen.lookups - lookups).toBeLessThan(10);
      }
      expect(profile.sliceCount).toBeGreaterThan(20);
    },
  );
});
