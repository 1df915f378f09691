import { setImmediate } from 'node:timers/promises';
import { LookupCounters } from '../../driver/curve/lookup-counters.ts';
import type { SampleSpec } from '../../driver/curve/sampled-lookups.ts';
import { InterruptedError, UsageError } from '../../errors.ts';
import { buildCurveReport, type CurveReport } from '../../report/curve.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { geometryOf } from '../../settings/resolve.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import { loadProfile } from '../../workload/load-profile.ts';
import { resolveWorkload } from '../../workload/resolve-workload.ts';
import type { Workload } from '../../workload/workload.ts';
import type { Host } from '../host.ts';
import { Progress } from '../progress.ts';
import type { CurveSettings, CurveShape } from './settings.ts';

/** From this many requests on a sample is taken unless the user says otherwise. */
const sampledFromCount = 50_000_000;
/** Blocks of requests between two looks at signals: some tens of milliseconds. */
const blocksPerTurn = 64;
const usualSample: SampleSpec = { rate: 1, maximumSliceCount: 16_384 };

/**
 * Runs once over the requests and works out the curves.
 * @throws UsageError for settings and names; InputError for a request that is wrong, with its line
 */
export async function computeCurves(settings: CurveSettings, host: Host): Promise<CurveReport> {
  const profile = await loadProfile(settings.requests, host.cwd, settings.diskBytes);
  const workload = resolveWorkload(profile, settings.diskBytes === undefined ? {} : { diskBytes: settings.diskBytes });
  const geometries = settings.shapes.map((shape) => checkedGeometry(shape, workload.diskBytes));
  const specs = geometries.map(({ clusterBytes, l2EntryBytes, diskBytes }, index) => {
    const entryBytes = settings.shapes[index]?.entryBytes ?? 0;
    return { diskBytes, clusterBytes, sliceBytes: (entryBytes / l2EntryBytes) * clusterBytes };
  });
  const counters = new LookupCounters(specs, sampleFor(settings, workload));
  const counts = await passOver(workload, counters, host);
  const profiles = counters.profiles();
  const [readCount = 0, writeCount = 0, trimCount = 0, syncCount = 0] = counts;
  if (readCount + writeCount === 0)
    throw new UsageError(`${workload.name}: there is no read or write among its requests`);
  const ownDisk = profile.kind === 'recorded' ? 'requests' : 'workload';
  return buildCurveReport(
    {
      requestsName: workload.name,
      diskBytes: workload.diskBytes,
      diskSource: settings.diskBytes === undefined ? ownDisk : 'given',
      readCount,
      writeCount,
      trimCount,
      syncCount,
    },
    geometries.flatMap((geometry, index) => {
      const [shape, lookups] = [settings.shapes[index], profiles[index]];
      return shape && lookups ? [{ geometry, entryBytes: shape.entryBytes, profile: lookups }] : [];
    }),
    settings.cacheBytes,
  );
}

/** @throws UsageError with QEMU's text for a shape that it would refuse */
function checkedGeometry({ clusterBytes, extendedL2, entryBytes }: CurveShape, diskBytes: number) {
  const create: Configuration['create'] = {
    cluster_size: clusterBytes,
    ...(extendedL2 ? { extended_l2: true } : {}),
  };
  const drive = { 'l2-cache-entry-size': entryBytes };
  validateConfiguration({ label: '', create, drive }, { diskBytes, hasBacking: false });
  return geometryOf(diskBytes, create);
}

function sampleFor({ sample }: CurveSettings, { requestCount }: Workload): SampleSpec | undefined {
  if (sample === 'auto') return requestCount >= sampledFromCount ? usualSample : undefined;
  return sample === 'off' ? undefined : sample;
}

/** Hands every request to the counters. @returns how many there were of each operation @throws InterruptedError */
async function passOver(workload: Workload, counters: LookupCounters, host: Host): Promise<readonly number[]> {
  const progress = new Progress(host);
  const counts = [0, 0, 0, 0];
  let [done, blockCount] = [0, 0];
  try {
    for (const block of workload.requests()) {
      counters.add(block);
      for (let index = 0; index < block.count; index++) {
        const operation = block.operation[index] as number;
        counts[operation] = (counts[operation] as number) + 1;
      }
      done += block.count;
      blockCount += 1;
      if (blockCount % blocksPerTurn > 0) continue;
      // Signals are only seen between turns of the event loop.
      await setImmediate();
      if (host.signal.aborted) throw new InterruptedError();
      progress.update(done / workload.requestCount, workload.name);
    }
  } finally {
    progress.done();
  }
  return counts;
}
