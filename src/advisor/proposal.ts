import type { Geometry } from '../qcow2/geometry.ts';
import { measureImage } from '../qcow2/measure.ts';
import { type CacheSizes, computeCacheSizes, defaultL2CacheMaximumBytes } from '../settings/cache-sizing.ts';
import type { SettingValues } from '../settings/configuration.ts';
import { isAtLeast, type QemuVersion } from '../settings/qemu-version.ts';
import { geometryOf } from '../settings/resolve.ts';
import type { AdviceRequest } from './advice-request.ts';
import { type Prediction, predictRates, predictSpaceAmplification, spanRates } from './prediction.ts';

/** What a proposal is expected to do, and how that is known. */
export interface Expectation extends Prediction {
  /** `iops`: data requests per second, one at a time. `spaceAmplificationRatio`: host bytes per byte stored while the disk fills. */
  readonly metric: 'iops' | 'spaceAmplificationRatio';
  readonly source: 'predicted' | 'measured';
}

/** Only the settings that differ from QEMU's defaults. */
export interface ProposalSettings {
  readonly create: SettingValues;
  readonly drive: SettingValues;
}

/** One way to set up the disk with everything that is known of it. */
export interface Proposal {
  readonly settings: ProposalSettings;
  /** The same with QEMU's defaults for what matters spelled out; each has a reason. */
  readonly stated: ProposalSettings;
  readonly geometry: Geometry;
  readonly cache: CacheSizes;
  /** L2 and refcount cache of this image, bytes, when full. Exact. */
  readonly memoryBytes: number;
  /** L1, L2, refcounts and header of the fully allocated image, bytes. Exact. */
  readonly metadataBytes: number;
  /** The least that a write takes from the host's disk, bytes. */
  readonly allocationUnitBytes: number;
  /** Where {@link rates} come from. */
  readonly speedSource: 'arithmetic' | 'model';
  /** Requests per second that the model expects on each machine it knows, and on one that it does not know. */
  readonly rates: readonly number[];
  readonly iops: Prediction;
  readonly spaceAmplification: Prediction;
  /** What is shown: measured values first where there are any, then the predictions. */
  readonly expected: readonly Expectation[];
}

/** Works out what settings cost and what they are expected to do. @throws UsageError where QEMU would refuse them */
export function propose(request: AdviceRequest, settings: ProposalSettings): Proposal {
  const geometry = geometryOf(request.diskBytes, settings.create);
  const cache = computeCacheSizes(geometry, settings.drive);
  const preallocated = settings.create.preallocation === 'metadata';
  const input = { geometry, cache, traits: request.traits, hasBacking: request.hasBacking, preallocated };
  const rates = predictRates(input);
  const iops = spanRates(rates);
  const spaceAmplification = predictSpaceAmplification(input);
  return {
    settings,
    stated: {
      create: {
        cluster_size: geometry.clusterBytes,
        ...(hasSubclusters(request.qemu) ? { extended_l2: geometry.extendedL2 } : {}),
        ...settings.create,
      },
      drive: {
        'l2-cache-size': defaultL2CacheMaximumBytes,
        'l2-cache-entry-size': cache.l2EntryBytes,
        ...settings.drive,
      },
    },
    geometry,
    cache,
    memoryBytes: memoryBytesOf(cache, geometry),
    metadataBytes: metadataBytes(geometry),
    allocationUnitBytes: preallocated && !geometry.extendedL2 ? 4096 : geometry.subclusterBytes,
    speedSource: 'arithmetic',
    rates,
    iops,
    spaceAmplification,
    expected: [
      { metric: 'iops', source: 'predicted', ...iops },
      { metric: 'spaceAmplificationRatio', source: 'predicted', ...spaceAmplification },
    ],
  };
}

/** The proposal with a speed from the model of the driver in place of the arithmetic. */
export function withPredictedIops(proposal: Proposal, iops: Prediction): Proposal {
  const others = proposal.expected.filter(({ metric, source }) => metric !== 'iops' || source !== 'predicted');
  const measured = others.filter(({ source }) => source === 'measured');
  return {
    ...proposal,
    speedSource: 'model',
    rates: [iops.value],
    iops,
    expected: [
      ...measured,
      { metric: 'iops', source: 'predicted', ...iops },
      ...others.filter(({ source }) => source !== 'measured'),
    ],
  };
}

/** Whether a QEMU knows `extended_l2`; the newest where it is not given. @source QEMU 5.2 */
export function hasSubclusters(qemu: QemuVersion | undefined): boolean {
  return qemu === undefined || isAtLeast(qemu, { major: 5, minor: 2 });
}

/** L2 and refcount cache when full, bytes. */
export function memoryBytesOf(cache: CacheSizes, { clusterBytes }: Geometry): number {
  return cache.l2EntryCount * cache.l2EntryBytes + cache.refcountTableCount * clusterBytes;
}

function metadataBytes(geometry: Geometry): number {
  const measurement = measureImage({ ...geometry, preallocation: 'off' });
  const virtualBytes = Math.ceil(geometry.diskBytes / geometry.clusterBytes) * geometry.clusterBytes;
  return measurement.fullyAllocatedBytes - virtualBytes;
}

/** Whether two proposals are the same to QEMU's options, whatever the order. */
export function sameSettings(a: ProposalSettings, b: ProposalSettings): boolean {
  const canonical = ({ create, drive }: ProposalSettings) =>
    JSON.stringify([create, drive].map((values) => Object.entries(values).sort(([x], [y]) => (x < y ? -1 : 1))));
  return canonical(a) === canonical(b);
}
