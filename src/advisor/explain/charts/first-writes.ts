import type { SettingValues } from '../../../settings/configuration.ts';
import { exactBytes } from '../../../units/bytes.ts';
import { candidateClusterBytes } from '../../candidates.ts';
import type { ExplainChart } from '../explanation.ts';
import { type FirstWrites, runFirstWrites } from '../lab/first-writes.ts';
import type { Lab } from '../lab/lab.ts';

/** One line of a chart of first writes. */
export interface FirstWriteVariant extends Omit<FirstWrites, 'create'> {
  readonly name: string;
  readonly create?: SettingValues;
  /** What is read to fill the cluster is left out. */
  readonly writesOnly?: boolean;
}

const data = { purposes: ['data', 'copy-on-write'] } as const;

/** What the host reads, writes and zeroes for the data of a first write of 4 KiB, by cluster size. */
export function firstWriteBytesChart(
  lab: Lab,
  title: string,
  variants: readonly FirstWriteVariant[],
  reading: string,
): ExplainChart {
  return {
    title,
    shape: 'lines',
    unit: 'bytes',
    source: 'counted',
    labels: candidateClusterBytes.map(exactBytes),
    series: variants.map(({ name, create = {}, writesOnly = false, ...writes }) => ({
      name,
      values: candidateClusterBytes.map((clusterBytes) => {
        const run = runFirstWrites(lab, { ...writes, create: { ...create, cluster_size: clusterBytes } });
        return run.io({ ...data, ops: writesOnly ? ['write'] : ['read', 'write'] }).bytes;
      }),
    })),
    about: `Bytes of data that the host moves for a guest's write of 4 KiB, the first in its cluster, over cluster_size. ${reading}`,
  };
}

const writesPerFlush = [1, 2, 4, 8, 16, 32];

/** Host I/O of a first write with its share of the guest's flush, by how many writes the guest flushes after. */
export function flushChart(
  lab: Lab,
  title: string,
  variants: readonly FirstWriteVariant[],
  reading: string,
): ExplainChart {
  return {
    title,
    shape: 'lines',
    unit: 'count',
    source: 'counted',
    labels: writesPerFlush.map(String),
    series: variants.map(({ name, create = {}, ...writes }) => ({
      name,
      values: writesPerFlush.map(
        (count) => runFirstWrites(lab, { ...writes, create, writesPerFlush: count }).io().count,
      ),
    })),
    about: `Host I/O, syncs included, for each 4 KiB write that is the first in its cluster, over how many of them the guest makes between two flushes. ${reading}`,
  };
}

/** Host I/O of a first write, by what it is for: one bar a variant. */
export function firstWriteBars(
  lab: Lab,
  title: string,
  variants: readonly (FirstWriteVariant & { readonly create: SettingValues })[],
  reading: string,
): ExplainChart {
  const runs = variants.map(({ name: _, ...writes }) => runFirstWrites(lab, writes));
  return {
    title,
    shape: 'bars',
    unit: 'count',
    source: 'counted',
    labels: variants.map(({ name }) => name),
    series: [
      { name: 'data', values: runs.map((run) => run.io(data).count) },
      {
        name: 'tables',
        values: runs.map((run) => run.io({ purposes: ['l1', 'l2', 'refcount', 'refcount-table', 'header'] }).count),
      },
      { name: 'syncs', values: runs.map((run) => run.io({ ops: ['sync'] }).count) },
    ],
    about: reading,
  };
}
