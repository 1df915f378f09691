import { shareImage } from '../../driver/clone-image.ts';
import { CostMeter } from '../../driver/cost/cost-meter.ts';
import type { CostProfile } from '../../driver/cost/cost-profile.ts';
import { type PredictedRate, predictRate, timeShares } from '../../driver/cost/prediction.ts';
import { driverOptions, type ModelHost } from '../../driver/driver-options.ts';
import type { ImageState } from '../../driver/image-state.ts';
import { Qcow2Driver } from '../../driver/qcow2-driver.ts';
import { replayOne } from '../../driver/replay.ts';
import { computeGeometry } from '../../qcow2/geometry.ts';
import { resolveCreate } from '../../settings/resolve.ts';
import type { Workload } from '../../workload/workload.ts';
import type { ProposalSettings } from '../proposal.ts';
import { PartImages } from './part-images.ts';
import { listRequests, type RequestList } from './request-list.ts';

/** What predictions are made with. */
export interface PredictionBasis {
  readonly profile: CostProfile;
  readonly host: ModelHost;
}

/** A predicted rate with what is due to its workload being run in part. */
export interface PartRate extends PredictedRate {
  /** Half the width of the 95 % interval of the error of sampling, as a share of the rate; absent where the whole was run. */
  readonly samplingRatio?: number;
  /** What part of the time each component of the cost takes. */
  readonly shares: Float64Array;
}

/** A workload, or a part of one, to be rated under many configurations. */
export interface RatedPart {
  /** One rate for each configuration, in their order; the same whatever others are beside it. */
  rates(settings: readonly ProposalSettings[]): readonly PartRate[];
}

/** How much of the warm-up is run. `all` of it, or only what fills the caches of each configuration. */
export type WarmUp = 'all' | 'filling';

/**
 * One workload, run through the model of QEMU's driver under one configuration after the other. What they share is made once: the
 * requests, the backing file, and the image of the configurations with the same create-time options, as long as these follow each other.
 */
export class PredictedPart implements RatedPart {
  readonly #basis: PredictionBasis;
  readonly #requests: RequestList;
  readonly #warmUp: WarmUp;
  readonly #images: PartImages;
  #kept: { readonly key: string; readonly image: ImageState } | undefined;
  #rates = new Map<string, PartRate>();

  constructor(workload: Workload, basis: PredictionBasis, warmUp: WarmUp) {
    this.#basis = basis;
    this.#warmUp = warmUp;
    this.#requests = listRequests(workload);
    this.#images = new PartImages(workload, basis.host, this.#requests);
  }

  /** One rate for each configuration, in their order; those of one shape of image should follow each other. */
  rates(settings: readonly ProposalSettings[]): readonly PartRate[] {
    return settings.map((one) => this.rate(one));
  }

  /** Requests per second of the part behind its warm-up, with the syncs' time. */
  rate({ create, drive }: ProposalSettings): PartRate {
    const image = this.#image(create);
    const options = driverOptions(image, drive, this.#basis.host);
    // What the driver does follows from these: settings that come to the same are run once.
    const key = JSON.stringify([this.#kept?.key, options]);
    const known = this.#rates.get(key);
    if (known !== undefined) return known;
    const used = this.#requests.readsOnly ? image : shareImage(image);
    const rate = this.#run(used, options);
    this.#rates.set(key, rate);
    return rate;
  }

  #run(image: ImageState, options: ReturnType<typeof driverOptions>): PartRate {
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
    return { ...predictRate(meter, Math.max(1, requests.dataCount)), shares: timeShares(meter) };
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
    const key = this.#images.keyOf(create);
    if (this.#kept?.key !== key) this.#kept = { key, image: this.#images.make(create) };
    return this.#kept.image;
  }
}

/** Whether the model can number the clusters of a disk. @source its own host clusters are below 2^32 */
export function canModel(diskBytes: number, create: ProposalSettings['create']): boolean {
  const { clusterBytes, extendedL2, refcountBits } = resolveCreate(create);
  return computeGeometry({ diskBytes, clusterBytes, extendedL2, refcountBits }).clusterCount < 2 ** 31;
}
