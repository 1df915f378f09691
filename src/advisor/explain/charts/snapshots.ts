import { exactBytes } from '../../../units/bytes.ts';
import { candidateClusterBytes } from '../../candidates.ts';
import type { ExplainChart } from '../explanation.ts';
import { takeSnapshot, writtenImage } from '../lab/images.ts';
import type { Lab } from '../lab/lab.ts';
import { runExperiment } from '../lab/run.ts';

const diskBytes = 2 ** 30;
const writeCount = 128;

/** What a write of 4 KiB costs before and after an internal snapshot, by cluster size. */
export function snapshotChart(lab: Lab): ExplainChart {
  const bytes = (clusterBytes: number, snapshot: boolean) => {
    const image = writtenImage({ cluster_size: clusterBytes }, diskBytes);
    if (snapshot) takeSnapshot(image);
    return runExperiment(
      {
        image,
        drive: {},
        steps: writeCount,
        step: (driver, index) => driver.write((index + 1) * 2 ** 22 + 8192, 4096),
      },
      lab.basis,
    ).io({ ops: ['read', 'write'] }).bytes;
  };
  return {
    title: 'Host bytes for a write of 4 KiB, before and after an internal snapshot',
    shape: 'lines',
    unit: 'bytes',
    source: 'counted',
    labels: candidateClusterBytes.map(exactBytes),
    series: [
      {
        name: 'after: the first write in each cluster',
        values: candidateClusterBytes.map((size) => bytes(size, true)),
      },
      { name: 'before, or once it was copied', values: candidateClusterBytes.map((size) => bytes(size, false)) },
    ],
    about:
      'Over cluster_size, tables included. The cluster is shared with the snapshot: it is read whole, written elsewhere, and two tables are written for it.',
  };
}

/** What an internal snapshot keeps on the host, by how much the guest writes after it. */
export function snapshotSpaceChart(lab: Lab): ExplainChart {
  const writes = [64, 128, 256, 512, 1024];
  const sizes = [65_536, 524_288];
  const kept = (clusterBytes: number, count: number) => {
    const image = writtenImage({ cluster_size: clusterBytes }, diskBytes);
    takeSnapshot(image);
    const before = image.file.allocatedBytes;
    runExperiment(
      { image, drive: {}, steps: count, step: (driver, index) => driver.write(index * 2 ** 20, 4096) },
      lab.basis,
    );
    return image.file.allocatedBytes - before;
  };
  return {
    title: 'Space that deleting the snapshot frees, by the writes since it was taken',
    shape: 'lines',
    unit: 'bytes',
    source: 'counted',
    labels: writes.map(String),
    series: sizes.map((size) => ({
      name: `clusters of ${exactBytes(size)}`,
      values: writes.map((count) => kept(size, count)),
    })),
    about:
      'Writes of 4 KiB, each in another cluster. Each keeps the old cluster alive for the snapshot; with pass-discard-snapshot=on its deletion gives these clusters back to the host, else only to the image.',
  };
}
