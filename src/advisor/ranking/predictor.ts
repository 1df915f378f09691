import { contentHash } from '../../trial/canonical-json.ts';
import { workloadHash } from '../../trial/trial-id.ts';
import type { Workload } from '../../workload/workload.ts';
import { combinedRates, type PartSeconds, widestSpread } from '../measured-iops.ts';
import { dataReadSettings, type MeasuringWorkloads } from '../measuring-workloads.ts';
import type { Prediction } from '../prediction.ts';
import type { Proposal } from '../proposal.ts';
import type { SampleSize } from '../recommendation.ts';
import type { WorkloadTraits } from '../workload-traits.ts';
import { type PartRate, PredictedPart, type PredictionBasis, type RatedPart } from './part.ts';
import { SampledPart } from './sampled-part.ts';
import { samplingPlan } from './sampling-plan.ts';

/** How much of a workload is run. */
export interface PredictionLength {
  /** Requests of a profile or a trace that are run in all, over all configurations: windows of it where it has more. */
  readonly runRequests: number;
  /** How many configurations there are going to be. */
  readonly configurationCount: number;
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
  readonly #whole: RatedPart | undefined;
  readonly #read: RatedPart | undefined;
  readonly #write: RatedPart | undefined;
  readonly #skippedSeconds: number;
  readonly #identity: unknown;
  readonly #shares = new WeakMap<Proposal, Float64Array>();
  /** Of all configurations so far: writes pay for their lookups what reads take beyond it. */
  #fastestReadSeconds = Number.POSITIVE_INFINITY;
  /** Where only windows of the workload are run. */
  readonly sampleSize: SampleSize | undefined;

  constructor(traits: WorkloadTraits, parts: MeasuringWorkloads, basis: PredictionBasis, length: PredictionLength) {
    const part = (workload: Workload | undefined, fillsOnly = false) =>
      workload && new PredictedPart(workload, basis, fillsOnly ? 'filling' : 'all');
    this.#traits = traits;
    this.#parts = parts;
    const plan = parts.whole && samplingPlan(parts.whole, length);
    const sampled = parts.whole && plan && new SampledPart(parts.whole, basis, plan);
    this.sampleSize = sampled?.size;
    this.#whole = sampled ?? part(parts.whole);
    this.#read = part(parts.read, length.fillsOnly);
    this.#write = part(parts.write);
    const [plain, subclusters] = part(parts.data)?.rates(dataReadSettings) ?? [];
    this.#skippedSeconds = Math.max(0, seconds(plain) - seconds(subclusters));
    const hashes = Object.values(parts).map((workload: Workload) => workloadHash(workload));
    this.#identity = {
      workloads: hashes,
      plan,
      fillsOnly: length.fillsOnly,
      host: basis.host,
      profile: contentHash(basis.profile),
    };
  }

  /**
   * One prediction for each proposal, in their order. Proposals with the same image settings should follow each other: they
   * share an image.
   */
  predict(proposals: readonly Proposal[]): readonly Prediction[] {
    const settings = proposals.map((proposal) => proposal.settings);
    const whole = this.#whole?.rates(settings);
    const read = this.#read?.rates(settings);
    const write = this.#write?.rates(settings);
    const runs = proposals.map(({ geometry }, index) =>
      this.#run(geometry.extendedL2, whole?.[index], read?.[index], write?.[index]),
    );
    for (const { readSeconds } of runs) this.#fastestReadSeconds = Math.min(this.#fastestReadSeconds, readSeconds);
    const fastest = { readSeconds: this.#fastestReadSeconds, writeSeconds: 0, skippedSeconds: 0 };
    const rates = combinedRates(this.#traits, this.#parts, [...runs, fastest]);
    return runs.map((run, index) => {
      const value = rates[index] as number;
      this.#shares.set(proposals[index] as Proposal, this.#sharesOf(whole?.[index], read?.[index], write?.[index]));
      const spread = widestSpread(run.rates) ?? { low: 1, high: 1 };
      const samplingRatio = whole?.[index]?.samplingRatio;
      return {
        ...{ value, low: value * spread.low, high: value * spread.high },
        ...(samplingRatio === undefined ? {} : { samplingRatio }),
      };
    });
  }

  /** What part of a predicted proposal's time each component of the cost takes, whatever the rate. @param proposal as it was predicted */
  timeShares(proposal: Proposal): Float64Array {
    const shares = this.#shares.get(proposal);
    if (shares === undefined) throw new RangeError('this proposal was not predicted');
    return shares;
  }

  /** The parts' shares, weighted with the time that each has in a request. */
  #sharesOf(whole: PartRate | undefined, read: PartRate | undefined, write: PartRate | undefined): Float64Array {
    if (whole) return whole.shares;
    const { readRatio } = this.#traits;
    const readSeconds = readRatio * seconds(read);
    const writeSeconds = (1 - readRatio) * seconds(write);
    const share = (part: PartRate | undefined, index: number, time: number) => (part?.shares[index] ?? 0) * time;
    const all = readSeconds + writeSeconds;
    const { length } = read?.shares ?? write?.shares ?? [];
    return Float64Array.from(
      { length },
      (_, index) => (share(read, index, readSeconds) + share(write, index, writeSeconds)) / all,
    );
  }

  /** The name of the simulation of a proposal: 16 hexadecimal digits, the same for the same settings, requests and profile. */
  simulationId({ settings }: Proposal): string {
    return contentHash({ ...settings, simulation: this.#identity }).slice(0, idDigits);
  }

  #run(
    extendedL2: boolean,
    whole: PartRate | undefined,
    read: PartRate | undefined,
    write: PartRate | undefined,
  ): PartSeconds & { readonly rates: readonly PartRate[] } {
    const skippedSeconds = extendedL2 ? this.#skippedSeconds : 0;
    return {
      readSeconds: seconds(read) + (read ? skippedSeconds : 0),
      writeSeconds: seconds(whole ?? write),
      skippedSeconds,
      rates: [whole, read, write].filter((rate) => rate !== undefined),
    };
  }
}

/** Of a data request; 0 where there is no such part. */
function seconds(rate: PartRate | undefined): number {
  return rate ? 1 / rate.iops : 0;
}
