import type { PredictedRate } from '../../driver/cost/prediction.ts';
import { contentHash } from '../../trial/canonical-json.ts';
import { workloadHash } from '../../trial/trial-id.ts';
import type { Workload } from '../../workload/workload.ts';
import { combinedRates, type PartSeconds, widestSpread } from '../measured-iops.ts';
import { dataReadSettings, type MeasuringWorkloads } from '../measuring-workloads.ts';
import type { Prediction } from '../prediction.ts';
import type { Proposal } from '../proposal.ts';
import type { WorkloadTraits } from '../workload-traits.ts';
import { PredictedPart, type PredictionBasis } from './part.ts';
import type { RequestLimits } from './request-list.ts';

/** How much of a workload is run. */
export interface PredictionLength {
  readonly limits: RequestLimits;
  /** Whether reads of the whole working set begin with as many requests only as fill the cache of each configuration. */
  readonly fillsOnly: boolean;
}

/** Digits of an id, as of a trial's. */
const idDigits = 16;

/**
 * Predicts what measuring the same parts of a workload would give, configuration by configuration: each is run through the model of QEMU's
 * driver, priced with the cost profile, and put together as measured parts are. The same input gives the same numbers on any machine.
 */
export class Predictor {
  readonly #traits: WorkloadTraits;
  readonly #parts: MeasuringWorkloads;
  readonly #whole: PredictedPart | undefined;
  readonly #read: PredictedPart | undefined;
  readonly #write: PredictedPart | undefined;
  readonly #skippedSeconds: number;
  readonly #identity: unknown;

  constructor(traits: WorkloadTraits, parts: MeasuringWorkloads, basis: PredictionBasis, length: PredictionLength) {
    const part = (workload: Workload | undefined, fillsOnly = false) =>
      workload && new PredictedPart(workload, basis, length.limits, fillsOnly ? 'filling' : 'all');
    this.#traits = traits;
    this.#parts = parts;
    this.#whole = part(parts.whole);
    this.#read = part(parts.read, length.fillsOnly);
    this.#write = part(parts.write);
    const [plain, subclusters] = dataReadSettings;
    const data = part(parts.data);
    this.#skippedSeconds = data ? Math.max(0, seconds(data.rate(plain)) - seconds(data.rate(subclusters))) : 0;
    const hashes = Object.values(parts).map((workload: Workload) => workloadHash(workload));
    this.#identity = { workloads: hashes, length, host: basis.host, profile: contentHash(basis.profile) };
  }

  /**
   * One prediction for each proposal, in their order. Proposals with the same image settings should follow each other: they
   * share an image.
   */
  predict(proposals: readonly Proposal[]): readonly Prediction[] {
    const runs = proposals.map((proposal) => this.#run(proposal));
    const rates = combinedRates(this.#traits, this.#parts, runs);
    return runs.map((run, index) => {
      const value = rates[index] as number;
      const spread = widestSpread(run.rates) ?? { low: 1, high: 1 };
      return { value, low: value * spread.low, high: value * spread.high };
    });
  }

  /** The name of the simulation of a proposal: 16 hexadecimal digits, the same for the same settings, requests and profile. */
  simulationId({ settings }: Proposal): string {
    return contentHash({ ...settings, simulation: this.#identity }).slice(0, idDigits);
  }

  #run({ settings, geometry }: Proposal): PartSeconds & { readonly rates: readonly PredictedRate[] } {
    const whole = this.#whole?.rate(settings);
    const read = this.#read?.rate(settings);
    const write = this.#write?.rate(settings);
    const skippedSeconds = geometry.extendedL2 ? this.#skippedSeconds : 0;
    return {
      readSeconds: seconds(read) + (read ? skippedSeconds : 0),
      writeSeconds: seconds(whole ?? write),
      skippedSeconds,
      rates: [whole, read, write].filter((rate) => rate !== undefined),
    };
  }
}

/** Of a data request; 0 where there is no such part. */
function seconds(rate: PredictedRate | undefined): number {
  return rate ? 1 / rate.iops : 0;
}
