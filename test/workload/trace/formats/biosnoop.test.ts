import { expect, test } from 'vitest';
import { biosnoopFormat } from '../../../../src/workload/trace/formats/biosnoop.ts';
import { readBytes } from '../../../helpers/traces.ts';

const completions = "biosnoop's order and times are those of completions";

test('of bcc; names of processes hold blanks', () => {
  const read = readBytes(
    biosnoopFormat,
    `TIME(s)     COMM           PID    DISK    T SECTOR     BYTES   LAT(ms)
0.000004    supervise      1950   xvda1   W 13092560   4096       0.74
2.003920    a b 12 W 8 9   456    xvdc    R 62901512   8192       0.23
`,
  );
  expect(read.requests).toEqual(['write 6703390720 4096 0', 'read 32205574144 8192 2003916']);
  expect(read.devices).toEqual(['xvda1 1', 'xvdc 1']);
  expect(read.notes).toEqual([completions]);
});

test.each([
  ['-Q', 'QUE(ms) LAT(ms)', '   0.01    0.55'],
  ['-P', 'P LAT(ms)', 'S    0.55'],
  ['-P, unknown', 'P LAT(ms)', '?    0.55'],
  ['-P -Q', 'P QUE(ms) LAT(ms)', 'R    0.01    0.55'],
])('of bcc with %s', (_, columns, values) => {
  const head = `TIME(s)     COMM           PID     DISK      T SECTOR     BYTES   ${columns}\n`;
  const read = readBytes(
    biosnoopFormat,
    `${head}0.000771    sync           22177   nvme1n1   W 41963894   3072   ${values}\n`,
  );
  expect(read.requests).toEqual(['write 21485513728 3072 0']);
});

test('of libbpf-tools: letters of the kernel, no sector of a flush, the time of day over midnight', () => {
  const read = readBytes(
    biosnoopFormat,
    `TIMESTAMP    COMM           PID     DISK    T    SECTOR     BYTES   LAT(ms)
23:59:59.500 jbd2/vda1-8    231     vda     WS   2048       4096      0.612
23:59:59.750 kworker/0:1H   55      vda     FF   -1         0         1.100
00:00:00.250 fstrim         99      vda     D    4096       1048576   0.300
00:00:00.260 fstrim         99      vda     R    -1         4096      0.300
`,
  );
  expect(read.requests).toEqual(['write 1048576 4096 0', 'sync 250000', 'trim 2097152 1048576 750000']);
  expect(read.passedOver).toEqual({ 'requests without a sector': 1 });
});

test('a request of no bytes is a sync', () => {
  const read = readBytes(
    biosnoopFormat,
    `TIME(s)     COMM           PID    DISK    T SECTOR     BYTES   LAT(ms)
0.000004    ?              0      vda     R 18446744073709551615 0          0.74
Possibly lost 12 samples
`,
  );
  expect(read.requests).toEqual(['sync 0']);
  expect(read.notes).toEqual([completions, 'requests of no bytes are taken as syncs', 'biosnoop lost events']);
});

test("bpftrace's has no sectors: refused, and said what to use", () => {
  const text =
    'TIME(ms)     DISK    COMM             PID    LAT(ms)\n611          nvme0n1 bash             4179       10\n';
  expect(biosnoopFormat.recognises(Buffer.from(text))).toBe(true);
  expect(() => readBytes(biosnoopFormat, text)).toThrow(
    'trace:1: this biosnoop (that of bpftrace) prints no sectors; biosnoop of bcc or of libbpf-tools does (0 requests until there)',
  );
});

test.each([
  ['cut short', '0.000004    supervise      1950   xvda1   W 130925', 'is no line of biosnoop'],
  ['latency and bytes run together', '0.000004 dd 19 xvda1 W 13092560   10485761200.74', 'the kind or the bytes'],
  ['no kind', '0.000004    supervise      1950   xvda1   ! 13092560   4096       0.74', 'the kind or the bytes'],
  ['no time', 'now         supervise      1950   xvda1   W 13092560   4096       0.74', 'does not start with a time'],
])('%s is told with its line', (_, line, message) => {
  const head = 'TIME(s)     COMM           PID    DISK    T SECTOR     BYTES   LAT(ms)\n';
  expect(() => readBytes(biosnoopFormat, head + line)).toThrow(new RegExp(`^trace:2: .*${message}`));
  expect(readBytes(biosnoopFormat, head + line, { skipBadCount: 1 }).skippedCount).toBe(1);
});
