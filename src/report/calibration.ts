import { type Cost, type CostCurve, type CostProfile, hostIoKinds } from '../driver/cost/cost-profile.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatRatio } from '../units/rate.ts';
import { renderTable } from './table.ts';

/** A profile with the file that it is kept in. */
export interface StoredProfile {
  readonly file: string;
  readonly profile: CostProfile;
}

/** What a calibration found, as data. */
export interface CalibrationReport {
  readonly rounds: number;
  readonly profiles: readonly StoredProfile[];
}

/** The document of `--json`. */
export function calibrationDocument({ rounds, profiles }: CalibrationReport) {
  return { schema: 'qtune.calibration/1', rounds, profiles } as const;
}

/** Above this spread of whole rounds the machine was too busy for the costs to hold. */
const noisyDrift = 0.1;

const ioNames: Readonly<Record<(typeof hostIoKinds)[number], string>> = {
  readNear: 'read, near the last',
  readFar: 'read, anywhere',
  readCached: 'read, in the page cache',
  readHole: 'read of a hole',
  writeNear: 'write, near the last',
  writeFar: 'write, anywhere',
  writeUnwritten: 'write, reserved blocks',
  writeHole: 'write into a hole',
  writeHoleNext: 'write into a hole, next',
  writeExtend: 'write at the end',
  zeroHole: 'zero a hole',
  zeroExtend: 'zero at the end',
  zeroAllocated: 'zero blocks',
  discard: 'discard',
};

/** Sizes that people know; the stored profile has more. */
const shownBytes = new Set([4096, 65_536, 2 ** 20, 2 ** 21]);

/** A table of host I/O with a column for each mode, one of the driver's work, and where the profiles are. */
export function renderCalibration({ profiles }: CalibrationReport): string {
  const all = profiles.map(({ profile }) => profile);
  const columns = [
    { title: 'host I/O' },
    { title: 'size' },
    ...all.map(({ cache, aio }) => ({ title: `${cache}\n${aio}`, align: 'right' as const })),
  ];
  const io = hostIoKinds.flatMap((kind) =>
    curveRows(
      ioNames[kind],
      all.map((profile) => (kind === 'readCached' && profile.cache === 'direct' ? [] : profile.io[kind])),
      formatBytes,
    ),
  );
  const syncs = [
    ...curveRows(
      'sync after overwrites',
      all.map(({ sync }) => sync.writes),
      String,
    ),
    ...curveRows(
      'more after allocations',
      all.map(({ sync }) => sync.changes),
      String,
    ),
  ];
  const first = all[0];
  const driver = first === undefined ? '' : `\n${driverTable(first)}`;
  return `${renderTable(columns, [...io, ...syncs])}${driver}\n${conclusions(profiles).join('\n')}\n`;
}

/** A row for each point that any of the curves has. */
function curveRows(
  name: string,
  curves: readonly CostCurve[],
  format: (at: number) => string,
): readonly (readonly string[])[] {
  const sizes = [...new Set(curves.flatMap((curve) => curve.map(({ at }) => at)))].sort((left, right) => left - right);
  return sizes
    .filter((at) => at < 4096 || shownBytes.has(at))
    .map((at, index) => [
      index === 0 ? name : '',
      format(at),
      ...curves.map((curve) => formatCost(curve.find((point) => point.at === at))),
    ]);
}

/** Microseconds with their spread. */
function formatCost(cost: Cost | undefined): string {
  if (cost === undefined || cost.ns === 0) return '';
  const microseconds = cost.ns / 1000;
  const digits = microseconds < 10 ? microseconds.toFixed(1) : String(Math.round(microseconds));
  return `${digits} µs ±${Math.round(cost.spread * 100)} %`;
}

function driverTable({ cpu }: CostProfile): string {
  const rows: readonly (readonly [string, string])[] = [
    ['a read, a write', `${nanoseconds(cpu.read)}, ${nanoseconds(cpu.write)}`],
    ['an entry passed in a lookup, in a flush', `${nanoseconds(cpu.step)}, ${nanoseconds(cpu.flushStep)}`],
    ['an L1 entry in the overlap check', nanoseconds(cpu.overlapStep)],
    ['a cluster passed in the search for a free one', nanoseconds(cpu.refcountStep)],
    ['a KiB of zeroes', nanoseconds({ ...cpu.zeroByte, ns: cpu.zeroByte.ns * 1024 })],
  ];
  return renderTable([{ title: "the driver's work" }, { title: 'cost' }], rows);
}

function nanoseconds({ ns }: Cost): string {
  return `${ns < 10 ? ns.toFixed(1) : Math.round(ns)} ns`;
}

function conclusions(profiles: readonly StoredProfile[]): readonly string[] {
  const drift = Math.max(...profiles.map(({ profile }) => profile.drift));
  return [
    ...(drift > noisyDrift
      ? [`Rounds differed by ${formatRatio(drift)}: the machine was busy. Calibrate again when it is not.`]
      : []),
    'Kept for predictions in:',
    ...profiles.map(({ file }) => `  ${file}`),
  ];
}
