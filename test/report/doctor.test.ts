import { expect, test } from 'vitest';
import { shippedProfile } from '../../src/driver/cost/shipped/index.ts';
import type { HostInspection } from '../../src/engine/host-inspection.ts';
import { doctorDocument, renderDoctor } from '../../src/report/doctor.ts';
import { doctorSchema } from '../../src/report/schemas/doctor.ts';

const inspection: HostInspection = {
  qemu: {
    state: 'usable',
    version: '7.2',
    versionLine: 'qemu-img version 7.2.22',
    qemuImg: '/usr/bin/qemu-img',
    qemuIo: '/usr/bin/qemu-io',
    storageDaemon: undefined,
    cache: 'none',
    aio: 'io_uring',
    overheadMs: 0.0047,
    noiseRatio: 0.02,
  },
  canMeasureDepth: false,
  helpers: [
    { name: 'taskset', path: '/usr/bin/taskset', purpose: 'pins the measured process to a processor' },
    { name: 'fio', path: undefined, purpose: 'runs workloads at queue depths above 1' },
  ],
  host: {
    kernel: 'Linux 6.1.0',
    cpuModel: 'Example CPU',
    cpuCount: 8,
    allowedCpus: [0, 1, 2, 3],
    measuringCpu: 3,
    governor: 'powersave',
    memoryBytes: 32 * 2 ** 30,
    freeMemoryBytes: 8 * 2 ** 30,
  },
  scratch: {
    directory: '/var/tmp',
    type: 'ext4',
    mountOptions: 'rw,relatime',
    freeBytes: 100 * 2 ** 30,
    totalBytes: 200 * 2 ** 30,
    largestFileBytes: 2 ** 44 - 4096,
    directIo: true,
    inMemory: false,
    zeroRange: true,
    punchHole: undefined,
  },
  devices: { fuse: true, loop: false },
};

const noCosts = { costs: [], nowMs: 0 };

test('the table names every finding and says what it means', () => {
  expect(renderDoctor({ ...noCosts, inspection })).toBe(`what                 found             meaning
QEMU                 7.2               /usr/bin/qemu-img, /usr/bin/qemu-io
qemu-storage-daemon  no                serves images at queue depths above 1
cache and aio mode   none, io_uring    where a configuration does not say
cost of a command    0.0047 ms         outside the driver; not part of a latency
noise                2 %               spread of equal runs
kernel               Linux 6.1.0
processors           4 of 8            Example CPU; measuring on 3
governor             powersave         the clock may change during a run; performance is steadier
memory               32 GiB            8 GiB free
scratch directory    /var/tmp          ext4 (rw,relatime)
free space           100 GiB           of 200 GiB
largest file         16 TiB            limits the disks whose images are fully mapped
direct I/O           yes               cache=none measures the disk
zero range           yes               clusters are zeroed without writing
punch hole           unknown           discarded clusters are given back
FUSE                 yes               images as files for other programs
loop devices         no                real file systems on an image
cost profiles        no                predictions use those that ship with qtune; doctor --calibrate measures ext4 here
taskset              /usr/bin/taskset  pins the measured process to a processor
fio                  no                runs workloads at queue depths above 1

qtune can measure here.
It measures one request at a time: more at once needs fio with its nbd engine and qemu-storage-daemon.
`);
});

test('a scratch directory in memory is called that, whatever it accepts', () => {
  const memory = { ...inspection, scratch: { ...inspection.scratch, type: 'tmpfs', inMemory: true } };
  expect(renderDoctor({ ...noCosts, inspection: memory })).toContain('tmpfs is memory: no disk is measured here');
});

const missing: HostInspection = {
  ...inspection,
  qemu: {
    state: 'unusable',
    reason: 'qemu-img and qemu-io not found on PATH',
    hint: 'Type: apt-get install qemu-utils',
  },
};

test('without QEMU the last lines say what to type', () => {
  expect(
    renderDoctor({ ...noCosts, inspection: missing })
      .trimEnd()
      .split('\n')
      .slice(-2),
  ).toEqual(['qtune cannot measure here; arithmetic and prediction need no QEMU.', 'Type: apt-get install qemu-utils']);
});

test('an installation that was refused is told once, with what to type', () => {
  const installation = {
    state: 'refused',
    reason: 'only root may install packages',
    advice: 'sudo dnf install -y qemu-img',
  } as const;
  const text = renderDoctor({ ...noCosts, inspection: missing, installation });
  expect(text).toContain('Not installed: only root may install packages. Type: sudo dnf install -y qemu-img');
  expect(text).not.toContain('apt-get install');
});

test.each([
  ['with QEMU', { inspection }],
  ['without QEMU', { inspection: missing }],
  ['after an installation', { inspection, installation: { state: 'installed', packages: ['qemu-utils'] } as const }],
])('the document follows its schema %s', (_, report) => {
  const document = doctorDocument({ ...noCosts, ...report });
  expect(doctorSchema.strict().parse(document)).toEqual(document);
  expect(Object.keys(document)[0]).toBe('schema');
  // Nothing is lost on the way through JSON: no undefined, no infinity.
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});

test('cost profiles of the scratch directory count, with their age', () => {
  const day = 86_400_000;
  const measured = { ...shippedProfile('nvme', 'direct'), measuredAt: new Date(day).toISOString() };
  const elsewhere = { ...measured, fileSystem: 'xfs' };
  const report = { inspection, costs: [measured, elsewhere], nowMs: 4.5 * day };
  expect(renderDoctor(report)).toContain('cost profiles        1                 of ext4, 3 days old');
  expect(doctorSchema.parse(doctorDocument(report)).costs).toHaveLength(2);
});
