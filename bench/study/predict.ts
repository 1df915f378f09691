import { costComponents } from '../../src/driver/cost/components.ts';
import { type CostProfile, cacheFamilyOf } from '../../src/driver/cost/cost-profile.ts';
import { commonHost, type ModelHost } from '../../src/driver/driver-options.ts';
import { prepareImage } from '../../src/driver/prepare-image.ts';
import { RequestTimes } from '../../src/engine/request-times.ts';
import { simulate } from '../../src/engine/simulated/simulation.ts';
import { cacheModeOf } from '../../src/settings/cache-mode.ts';
import type { Configuration } from '../../src/settings/configuration.ts';
import { measuringCacheMode } from '../../src/settings/drive-rules.ts';
import { parseQemuVersion } from '../../src/settings/qemu-version.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { type Cell, timeByOperation } from './cell.ts';
import { profileFor } from './cost-profiles.ts';

export type Prediction = Pick<Cell, 'predicted' | 'low' | 'high' | 'predictedMs' | 'componentsMs'>;

/** Runs a cell through the model. @param engine what the journal says of the QEMU that measured */
export async function predict(
  workload: Workload,
  configuration: Configuration,
  profiles: readonly CostProfile[],
  engine: { readonly version: string; readonly aio: string },
): Promise<Prediction> {
  const host: ModelHost = { ...commonHost, qemu: parseQemuVersion(engine.version) ?? commonHost.qemu };
  const { content, backing } = workload.image;
  const image = prepareImage({ configuration, diskBytes: workload.diskBytes, content, backing }, host);
  const { drive } = configuration;
  const family = cacheFamilyOf(cacheModeOf(drive) ?? measuringCacheMode);
  const costs = profileFor(profiles, family, engine.aio);
  const times = new RequestTimes();
  const { rate, componentsNs, overlapNs } = await simulate({
    image,
    drive,
    host,
    workload,
    costs,
    onRequest: (operation, bytes, nanoseconds) => times.record(operation, bytes, nanoseconds),
    signal: new AbortController().signal,
  });
  if (rate === undefined) throw new RangeError(`${workload.name} has no data requests`);
  const parts = [...costComponents, 'overlap' as const].map((name, index) => [
    name,
    (componentsNs[index] ?? overlapNs) / 1e6,
  ]);
  return {
    predicted: rate.iops,
    low: rate.low,
    high: rate.high,
    predictedMs: timeByOperation(times.metrics()),
    componentsMs: Object.fromEntries(parts.filter(([, ms]) => ms !== 0)),
  };
}
