import type { CostProfile } from '../driver/cost/cost-profile.ts';
import type { HostInspection } from '../engine/host-inspection.ts';
import type { Installation } from '../engine/install.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import { formatRatio } from '../units/rate.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';

/** What `qtune doctor` found, as data. */
export interface DoctorReport {
  readonly inspection: HostInspection;
  /** Cost profiles that were calibrated here. */
  readonly costs: readonly CostProfile[];
  /** Now, milliseconds since the Unix epoch, for their age. */
  readonly nowMs: number;
  /** Only where `--install` was given. */
  readonly installation?: Installation | { readonly state: 'not-needed' };
}

/** Above this spread of equal runs, small differences cannot be seen in few repetitions. */
const noisyRatio = 0.1;

/** The document of `--json`. */
export function doctorDocument(report: DoctorReport) {
  const { inspection, costs, installation } = report;
  const { qemu, host, scratch } = inspection;
  return {
    schema: 'qtune.doctor/1',
    canMeasure: qemu.state === 'usable',
    canMeasureDepth: inspection.canMeasureDepth,
    qemu: qemu.state === 'usable' ? { ...qemu, storageDaemon: qemu.storageDaemon ?? null } : qemu,
    helpers: inspection.helpers.map((helper) => ({
      ...helper,
      path: helper.path ?? null,
      detail: helper.detail ?? null,
    })),
    host: { ...host, measuringCpu: host.measuringCpu ?? null, governor: host.governor ?? null },
    scratch: { ...scratch, zeroRange: scratch.zeroRange ?? null, punchHole: scratch.punchHole ?? null },
    devices: inspection.devices,
    costs: costs.map(({ name, fileSystem, cache, aio, measuredAt, drift }) => ({
      ...{ name, fileSystem, cache, aio, measuredAt, drift },
    })),
    ...(installation === undefined ? {} : { installation }),
  } as const;
}

/** A table for people, then what is missing and how to get it. */
export function renderDoctor(report: DoctorReport): string {
  const rows = [
    ...qemuRows(report.inspection),
    ...hostRows(report.inspection),
    ...scratchRows(report.inspection),
    costsRow(report),
    ...helperRows(report.inspection),
  ];
  const table = renderTable([{ title: 'what' }, { title: 'found' }, { title: 'meaning' }], rows);
  return `${table}\n${conclusions(report).join('\n')}\n`;
}

type Row = readonly [what: string, found: string, meaning: string];

function qemuRows({ qemu }: HostInspection): readonly Row[] {
  if (qemu.state === 'unusable') return [['QEMU', 'no', qemu.reason]];
  return [
    ['QEMU', qemu.version, `${qemu.qemuImg}, ${qemu.qemuIo}`],
    ['qemu-storage-daemon', qemu.storageDaemon ?? 'no', 'serves images at queue depths above 1'],
    ['cache and aio mode', `${qemu.cache}, ${qemu.aio}`, 'where a configuration does not say'],
    ['cost of a command', formatDuration(qemu.overheadMs), 'outside the driver; not part of a latency'],
    [
      'noise',
      formatRatio(qemu.noiseRatio),
      qemu.noiseRatio > noisyRatio ? 'spread of equal runs: much, plan more repetitions' : 'spread of equal runs',
    ],
  ];
}

function hostRows({ host }: HostInspection): readonly Row[] {
  const pinned =
    host.measuringCpu === undefined ? 'measured processes are not pinned' : `measuring on ${host.measuringCpu}`;
  return [
    ['kernel', host.kernel, ''],
    ['processors', `${host.allowedCpus.length} of ${host.cpuCount}`, `${host.cpuModel}; ${pinned}`],
    ['governor', host.governor ?? 'unknown', governorMeaning(host.governor)],
    ['memory', formatBytes(host.memoryBytes), `${formatBytes(host.freeMemoryBytes)} free`],
  ];
}

function governorMeaning(governor: string | undefined): string {
  if (governor === undefined) return 'cannot be read here, as in most virtual machines';
  return governor === 'performance' ? 'steady clock' : 'the clock may change during a run; performance is steadier';
}

function scratchRows({ scratch, devices }: HostInspection): readonly Row[] {
  const options = scratch.mountOptions === '' ? '' : ` (${scratch.mountOptions})`;
  return [
    ['scratch directory', scratch.directory, `${scratch.type}${options}`],
    ['free space', formatBytes(scratch.freeBytes), `of ${formatBytes(scratch.totalBytes)}`],
    ['largest file', formatBytes(scratch.largestFileBytes), 'limits the disks whose images are fully mapped'],
    ['direct I/O', yesNo(scratch.directIo), directMeaning(scratch)],
    ['zero range', yesNo(scratch.zeroRange), 'clusters are zeroed without writing'],
    ['punch hole', yesNo(scratch.punchHole), 'discarded clusters are given back'],
    ['FUSE', yesNo(devices.fuse), 'images as files for other programs'],
    ['loop devices', yesNo(devices.loop), 'real file systems on an image'],
  ];
}

function directMeaning(scratch: HostInspection['scratch']): string {
  if (scratch.inMemory) return `${scratch.type} is memory: no disk is measured here`;
  return scratch.directIo ? 'cache=none measures the disk' : 'reads may come from the page cache';
}

function helperRows({ helpers }: HostInspection): readonly Row[] {
  return helpers.map(({ name, path, purpose, detail }) => [
    name,
    path ?? 'no',
    detail === undefined ? purpose : `${purpose}; ${printable(detail)}`,
  ]);
}

/** Profiles of other file systems than the scratch directory's are of no use here. */
function costsRow({ costs, inspection, nowMs }: DoctorReport): Row {
  const { type } = inspection.scratch;
  const here = costs.filter(({ fileSystem }) => fileSystem === type);
  const times = here.flatMap(({ measuredAt }) => (measuredAt === null ? [] : [Date.parse(measuredAt)]));
  if (times.length === 0) {
    return [
      'cost profiles',
      'no',
      `predictions use those that ship with qtune; doctor --calibrate measures ${type} here`,
    ];
  }
  return ['cost profiles', String(here.length), `of ${type}, ${formatAge(nowMs - Math.min(...times))} old`];
}

function formatAge(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  if (days < 1) return 'less than a day';
  return days === 1 ? 'a day' : `${days} days`;
}

function yesNo(value: boolean | undefined): string {
  return value === undefined ? 'unknown' : value ? 'yes' : 'no';
}

function conclusions({ inspection, installation }: DoctorReport): readonly string[] {
  const lines: string[] = [];
  if (installation?.state === 'installed') lines.push(`Installed ${installation.packages.join(', ')}.`);
  if (installation?.state === 'refused') lines.push(installAdvice(installation));
  if (inspection.qemu.state === 'usable') {
    lines.push('qtune can measure here.');
    if (!inspection.canMeasureDepth) {
      lines.push(
        'It measures one request at a time: more at once needs fio with its nbd engine and qemu-storage-daemon.',
      );
    }
  } else {
    lines.push('qtune cannot measure here; arithmetic and prediction need no QEMU.');
    if (installation?.state !== 'refused') lines.push(inspection.qemu.hint);
  }
  return lines;
}

/** What to type where an installation was not done. */
export function installAdvice(refused: Extract<Installation, { state: 'refused' }>): string {
  return `Not installed: ${refused.reason}. Type: ${refused.advice}`;
}
