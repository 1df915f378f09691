import type { SettingValues } from '../../../settings/configuration.ts';
import { Random } from '../../../workload/random.ts';
import { ShuffledRange } from '../../../workload/shuffled-range.ts';
import { type LabBacking, labDiskBytes, newImage } from './images.ts';
import type { Lab } from './lab.ts';
import { type ExperimentResult, runExperiment } from './run.ts';

/** Writes, each the first in its cluster, all over a new disk whose L2 tables were made. */
export interface FirstWrites {
  readonly create: SettingValues;
  readonly drive?: SettingValues;
  readonly backing?: LabBacking;
  /** 4 KiB where absent. */
  readonly requestBytes?: number;
  /** Writes between two flushes of the guest; no flush where absent. */
  readonly writesPerFlush?: number;
}

const writeCount = 256;
const seed = 1;
/** Apart by more than the largest cluster, so that no two writes share one. */
const stepBytes = labDiskBytes / 2048;

/** What one such write costs, its share of the flushes included. */
export function runFirstWrites(lab: Lab, writes: FirstWrites): ExperimentResult {
  const { create, drive = {}, backing = 'none', requestBytes = 4096, writesPerFlush } = writes;
  const image = newImage(create, { backing });
  const places = new ShuffledRange(labDiskBytes / stepBytes - 1, new Random(seed));
  // Not at the start of a cluster of any size: there is something on both sides to fill up.
  const offsetOf = (index: number) => (places.at(index) + 1) * stepBytes + 8192;
  return runExperiment(
    {
      image,
      drive: { cache: 'none', ...drive },
      steps: writeCount,
      warmUp: (driver) => {
        for (let index = writeCount; index < places.count; index++) driver.write(offsetOf(index), 4096);
        driver.flush();
      },
      step: (driver, index) => {
        driver.write(offsetOf(index), requestBytes);
        if (writesPerFlush !== undefined && (index + 1) % writesPerFlush === 0) driver.flush();
      },
    },
    lab.basis,
  );
}
