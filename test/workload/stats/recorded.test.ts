import { expect, test } from 'vitest';
import { measureStatistics } from '../../../src/workload/stats/measure-statistics.ts';
import type { Workload } from '../../../src/workload/workload.ts';
import { recordedDiskBytes, recordedNames, recordedRequests } from '../../helpers/recorded.ts';

/**
 * Worked out by another program from the same recordings: slices of 4 KiB that are touched with clusters of 64 KiB, share of
 * writes that touch a cluster first, bytes copied for each byte written.
 */
const expected: Partial<Record<(typeof recordedNames)[number], readonly [number, number, number]>> = {
  boot: [50, 0.12, 0.46],
  debootstrap: [33, 0.21, 0.25],
  'install-packages': [48, 0.31, 0.13],
};

test.each(Object.entries(expected))('%s touches, allocates and copies what it was found to', (name, figures) => {
  const recorded = recordedNames.find((one) => one === name);
  if (recorded === undefined) throw new Error(`there is no recording ${name}`);
  const block = recordedRequests(recorded);
  const part: Pick<Workload, 'diskBytes' | 'requests'> = { diskBytes: recordedDiskBytes, requests: () => [block] };
  const { allocation } = measureStatistics(part as Workload);
  const shape = allocation.find(({ clusterBytes, extendedL2 }) => clusterBytes === 65_536 && !extendedL2);
  const round = (value = Number.NaN): number => Math.round(value * 100) / 100;
  expect([shape?.touchedSliceCount, round(shape?.allocatingWriteRatio), round(shape?.copyOnWriteRatio)]).toEqual(
    figures,
  );
});
