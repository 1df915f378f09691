import { LookupCounters } from '../../driver/curve/lookup-counters.ts';
import type { SampleSpec } from '../../driver/curve/sampled-lookups.ts';
import { UsageError } from '../../errors.ts';
import { buildCurveReport, type CurveReport } from '../../report/curve.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { geometryOf } from '../../settings/resolve.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import { resolveWorkload } from '../../workload/resolve-workload.ts';
import { type KindCounts, RequestCounts } from '../../workload/stats/request-counts.ts';
import type { Workload } from '../../workload/workload.ts';
import type { Host } from '../host.ts';
import { requestsInTurns } from '../pass-over.ts';
import { readProfile } from '../read-profile.ts';
import { tellWarnings } from '../tell-warnings.ts';
import { checkTraceOptions, type GivenTraceOptions } from '../trace-options.ts';
import type { CurveSettings, CurveShape } from './settings.ts';
import { usualSample } from './usual-sample.ts';

/**
 * Runs once over the requests and works out the curves.
 * @throws UsageError for settings and names; InputError for a request that is wrong, with its line
 */
export async function computeCurves(
  settings: CurveSettings,
  trace: GivenTraceOptions,
  host: Host,
): Promise<CurveReport> {
  const profile = await readProfile(settings.requests, settings.diskBytes, trace, host);
  checkTraceOptions(trace, profile.kind === 'recorded');
  const workload = resolveWorkload(profile, settings.diskBytes === undefined ? {} : { diskBytes: settings.diskBytes });
  tellWarnings(host, workload.warnings);
  const geometries = settings.shapes.map((shape) => checkedGeometry(shape, workload.diskBytes));
  const specs = geometries.map(({ clusterBytes, l2EntryBytes, diskBytes }, index) => {
    const entryBytes = settings.shapes[index]?.entryBytes ?? 0;
    return { diskBytes, clusterBytes, sliceBytes: (entryBytes / l2EntryBytes) * clusterBytes };
  });
  const counters = new LookupCounters(specs, sampleFor(settings, workload));
  const { readCount, writeCount, trimCount, syncCount } = await countLookups(workload, counters, host);
  const profiles = counters.profiles();
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
  if (sample === 'auto') return usualSample(requestCount);
  return sample === 'off' ? undefined : sample;
}

/** Hands every request to the counters. @returns how many there were of each operation @throws InterruptedError */
async function countLookups(workload: Workload, counters: LookupCounters, host: Host): Promise<KindCounts> {
  const requests = new RequestCounts();
  for await (const block of requestsInTurns(workload, host)) {
    counters.add(block);
    requests.add(block);
  }
  return requests.counts();
}
