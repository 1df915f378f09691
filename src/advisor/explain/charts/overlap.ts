import type { SettingValues } from '../../../settings/configuration.ts';
import { resolveCreate } from '../../../settings/resolve.ts';
import { exactBytes } from '../../../units/bytes.ts';
import { mappedImage } from '../../ranking/mapped-image.ts';
import type { ExplainChart } from '../explanation.ts';
import { takeSnapshot, writtenImage } from '../lab/images.ts';
import type { Lab } from '../lab/lab.ts';
import { runExperiment } from '../lab/run.ts';

/** A line of a chart: the run-time settings under which writes are checked. */
export interface CheckVariant {
  readonly name: string;
  readonly drive: SettingValues;
}

const tib = 2 ** 40;
const disks = [0.25, 0.5, 1, 2, 4, 8, 16].map((size) => size * tib);
const snapshotCounts = [0, 1, 2, 4, 8, 16];
const snapshotDiskBytes = 2 ** 30;
const writeCount = 16;

/** Comparisons before a write of 4 KiB in place, by the size of the disk. */
export function overlapByDiskChart(lab: Lab, variants: readonly CheckVariant[]): ExplainChart {
  const create = lab.request.image?.create ?? {};
  const written = { count: 1, offsetBytes: new Float64Array([0]), lengthBytes: new Float64Array([2 ** 20]) };
  const comparisons = ({ drive }: CheckVariant, diskBytes: number) =>
    runExperiment(
      {
        image: mappedImage({ create: resolveCreate(create), diskBytes, written: true }, written),
        drive,
        steps: writeCount,
        step: (driver, index) => driver.write(index * 4096, 4096),
      },
      lab.basis,
    ).counters.overlapSteps;
  return {
    title: 'Comparisons before each write, by the size of the disk',
    shape: 'lines',
    unit: 'count',
    source: 'counted',
    labels: disks.map(exactBytes),
    series: variants.map((variant) => ({
      name: variant.name,
      values: disks.map((diskBytes) => comparisons(variant, diskBytes)),
    })),
    about:
      'Writes of 4 KiB into clusters that are allocated, clusters of this disk. A comparison takes less than a nanosecond, so that thousands of them begin to show.',
  };
}

/** Comparisons, and reads of tables, before a write in place by the number of internal snapshots. */
export function overlapBySnapshotsChart(
  lab: Lab,
  variants: readonly CheckVariant[],
  what: 'comparisons' | 'reads',
): ExplainChart {
  const run = ({ drive }: CheckVariant, snapshots: number) => {
    const image = writtenImage({}, snapshotDiskBytes);
    for (let index = 0; index < snapshots; index++) takeSnapshot(image);
    const result = runExperiment(
      {
        image,
        drive,
        steps: writeCount,
        // The first write of a cluster after a snapshot copies it; those behind it are in place.
        warmUp: (driver) => driver.write(0, 4096),
        step: (driver, index) => driver.write(4096 + index * 1024, 1024),
      },
      lab.basis,
    );
    return what === 'reads' ? result.io({ ops: ['read'] }).count : result.counters.overlapSteps;
  };
  return {
    title:
      what === 'reads'
        ? 'Tables read from disk before each write, by the number of internal snapshots'
        : 'Comparisons before each write, by the number of internal snapshots',
    shape: 'lines',
    unit: 'count',
    source: 'counted',
    labels: snapshotCounts.map(String),
    series: variants.map((variant) => ({
      name: variant.name,
      values: snapshotCounts.map((count) => run(variant, count)),
    })),
    about: 'Writes in place on a disk of 1 GiB.',
  };
}
