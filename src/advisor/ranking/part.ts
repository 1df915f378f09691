import { cloneImage } from '../../driver/clone-image.ts';
import { CostMeter } from '../../driver/cost/cost-meter.ts';
import type { CostProfile } from '../../driver/cost/cost-profile.ts';
import { type PredictedRate, predictRate } from '../../driver/cost/prediction.ts';
import { driverOptions, type ModelHost } from '../../driver/driver-options.ts';
import { HostFileState } from '../../driver/host-file-state.ts';
import type { BackingState, ImageState } from '../../driver/image-state.ts';
import { prepareImage } from '../../driver/prepare-image.ts';
import { Qcow2Driver } from '../../driver/qcow2-driver.ts';
import { replayOne } from '../../driver/replay.ts';
import { computeGeometry } from '../../qcow2/geometry.ts';
import { resolveCreate } from '../../settings/resolve.ts';
import type { Workload } from '../../workload/workload.ts';
import type { ProposalSettings } from '../proposal.ts';
import { mappedImage } from './mapped-image.ts';
import { listRequests, type RequestLimits, type RequestList } from './request-list.ts';

/** What predictions are made with. */
export interface PredictionBasis {
  readonly profile: CostProfile;
  readonly host: ModelHost;
}

/** How much of the warm-up is run. `all` of it, or only what fills the caches of each configuration. */
export type WarmUp = 'all' | 'filling';

/**
 * One workload, run through the model of QEMU's driver under one configuration after the other. What they share is made once: the
 * requests, the backing file, and the image of the configurations with the same create-time options, as long as these follow each other.
 */
export class PredictedPart {
  readonly #workload: Workload;
  readonly #basis: PredictionBasis;
  readonly #requests: RequestList;
  readonly #warmUp: WarmUp;
  readonly #backing: BackingState | undefined;
  #kept: { readonly key: string; readonly image: ImageState } | undefined;
  #rates = new Map<string, PredictedRate>();

  constructor(workload: Workload, basis: PredictionBasis, limits: RequestLimits, warmUp: WarmUp) {
    this.#workload = workload;
    this.#basis = basis;
    this.#warmUp = warmUp;
    this.#requests = listRequests(workload, limits);
    this.#backing = backingOf(workload, this.#requests);
  }

  /** Requests per second of the part behind its warm-up, with the syncs' time. */
  rate({ create, drive }: ProposalSettings): PredictedRate {
    const image = this.#image(create);
    const options = driverOptions(image, drive, this.#basis.host);
    // What the driver does follows from these: settings that come to the same are run once.
    const key = JSON.stringify([this.#kept?.key, options]);
    const known = this.#rates.get(key);
    if (known !== undefined) return known;
    const used = this.#requests.readsOnly ? image : copyOf(image);
    const rate = this.#run(used, options);
    this.#rates.set(key, rate);
    return rate;
  }

  #run(image: ImageState, options: ReturnType<typeof driverOptions>): PredictedRate {
    const requests = this.#requests;
    const meter = new CostMeter(this.#basis.profile, { image });
    const driver = new Qcow2Driver(image, options, meter);
    meter.start(driver.counters);
    const { warmUpCount, count } = requests;
    const stride = this.#warmUp === 'all' ? 1 : this.#fillingStride(image, options.l2EntryBytes);
    const end = this.#warmUp === 'all' ? warmUpCount : Math.min(warmUpCount, options.l2EntryCount * stride);
    for (let index = 0; index < end; index += stride) {
      replayOne(driver, requests, index);
      meter.finish(driver.counters);
    }
    meter.reset();
    for (let index = warmUpCount; index < count; index++) {
      replayOne(driver, requests, index);
      meter.finish(driver.counters);
    }
    return predictRate(meter, Math.max(1, requests.dataCount));
  }

  /** One request of a sequential warm-up fills one entry of the cache; more to the same entry would change nothing. */
  #fillingStride(image: ImageState, entryBytes: number): number {
    const { offsetBytes, warmUpCount } = this.#requests;
    if (warmUpCount < 2) return 1;
    const step = (offsetBytes[1] as number) - (offsetBytes[0] as number);
    const coverage = (entryBytes / (image.extendedL2 ? 16 : 8)) * 2 ** image.clusterBits;
    return Math.max(1, Math.floor(coverage / step));
  }

  #image(create: ProposalSettings['create']): ImageState {
    const { content } = this.#workload.image;
    const mapped = content !== 'empty' || create.preallocation === 'metadata';
    const { preallocation, ...shape } = create;
    const key = JSON.stringify([Object.entries(shape).sort(), mapped]);
    if (this.#kept?.key !== key) this.#kept = { key, image: this.#makeImage(shape, mapped) };
    return this.#kept.image;
  }

  #makeImage(create: ProposalSettings['create'], mapped: boolean): ImageState {
    const { diskBytes, image } = this.#workload;
    const backing = this.#backing;
    if (mapped) {
      const resolved = resolveCreate(create);
      const written = image.content === 'full';
      return mappedImage(
        { create: resolved, diskBytes, written, ...(backing === undefined ? {} : { backing }) },
        this.#requests,
      );
    }
    const configuration = { label: '', create, drive: {} };
    return prepareImage({ configuration, diskBytes, content: 'empty', backing: backing ?? 'none' }, this.#basis.host);
  }
}

/** The backing file is only read, so that all copies may share it. */
function copyOf(image: ImageState): ImageState {
  return { ...cloneImage({ ...image, backing: undefined }), backing: image.backing };
}

/** As for measurements: a file of the disk's size with QEMU's default clusters, or a raw one. */
function backingOf({ image, diskBytes }: Workload, requests: RequestList): BackingState | undefined {
  const { backing } = image;
  if (backing === 'none') return undefined;
  const written = backing.content === 'data';
  if (backing.format === 'qcow2') {
    return { format: 'qcow2', image: mappedImage({ create: resolveCreate({}), diskBytes, written }, requests) };
  }
  const file = new HostFileState();
  if (written) file.write(0, diskBytes);
  file.lengthBytes = diskBytes;
  return { format: 'raw', virtualBytes: diskBytes, file };
}

/** Whether the model can number the clusters of a disk. @source its own host clusters are below 2^32 */
export function canModel(diskBytes: number, create: ProposalSettings['create']): boolean {
  const { clusterBytes, extendedL2, refcountBits } = resolveCreate(create);
  return computeGeometry({ diskBytes, clusterBytes, extendedL2, refcountBits }).clusterCount < 2 ** 31;
}
