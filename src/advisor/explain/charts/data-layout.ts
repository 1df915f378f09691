import { computeGeometry } from '../../../qcow2/geometry.ts';
import { maximumClusterBytes, maximumL1Bytes } from '../../../qcow2/limits.ts';
import { measureImage } from '../../../qcow2/measure.ts';
import { resolveCreate } from '../../../settings/resolve.ts';
import { exactBytes } from '../../../units/bytes.ts';
import { candidateClusterBytes } from '../../candidates.ts';
import type { ExplainChart } from '../explanation.ts';
import { newImage } from '../lab/images.ts';
import type { Lab } from '../lab/lab.ts';
import { runExperiment } from '../lab/run.ts';

/** Refcount blocks and table of this disk, by the width of a count. */
export function refcountBitsChart({ request }: Lab): ExplainChart {
  const widths = [1, 2, 4, 8, 16, 32, 64];
  const own = resolveCreate(request.image?.create ?? {});
  const geometry = computeGeometry({ ...own, diskBytes: request.diskBytes });
  // A disk beyond the default clusters is counted with the largest.
  const create = geometry.l1Bytes > maximumL1Bytes ? { ...own, clusterBytes: maximumClusterBytes } : own;
  const bytes = widths.map(
    (refcountBits) => measureImage({ ...create, diskBytes: request.diskBytes, refcountBits }).refcountBytes,
  );
  return {
    title: 'Refcounts of this disk when it is full, by the width of a count',
    shape: 'bars',
    unit: 'bytes',
    source: 'computed',
    labels: widths.map((bits) => `${bits} bits`),
    series: [{ name: 'on disk', values: bytes }],
    about: 'Blocks and table, as qemu-img measure counts them.',
  };
}

/** What reading 4 KiB of a compressed cluster takes, by cluster size. */
export function compressedReadChart(lab: Lab): ExplainChart {
  const sizes = candidateClusterBytes;
  const count = 64;
  const runs = sizes.map((clusterBytes) =>
    runExperiment(
      {
        image: newImage({ cluster_size: clusterBytes }),
        drive: {},
        steps: count,
        warmUp: (driver) => {
          for (let index = 0; index < count; index++) {
            driver.writeCompressed(index * clusterBytes, clusterBytes, clusterBytes / 2);
          }
        },
        step: (driver, index) => driver.read(index * clusterBytes, 4096),
      },
      lab.basis,
    ),
  );
  return {
    title: 'What a read of 4 KiB from a compressed cluster takes, by cluster_size',
    shape: 'lines',
    unit: 'bytes',
    source: 'counted',
    labels: sizes.map(exactBytes),
    series: [
      { name: 'bytes unpacked', values: runs.map(({ counters }) => counters.inflatedBytes) },
      { name: 'bytes read from the file', values: runs.map((run) => run.io({ ops: ['read'] }).bytes) },
    ],
    about:
      'Data that packs to half its size. A compressed cluster is read and unpacked whole, each time: nothing is kept. The algorithm decides how long a byte takes, not how many there are.',
  };
}
