import { normalDraws } from '../../../src/advisor/race/normal-draws.ts';
import type { HeatResult, RaceCandidate, Track } from '../../../src/advisor/race/types.ts';
import { createRandom } from '../../../src/stats/random.ts';

/** A made-up space: cluster sizes × subclusters × cache sizes × entry sizes, with true rates and a model that is off. */
export interface SimulatedSpace {
  readonly candidates: readonly RaceCandidate[];
  readonly truth: ReadonlyMap<string, number>;
}

export interface SimulatedWorld {
  readonly seed: number;
  /** What an uncovered cache costs, and what large clusters cost or give for each doubling; log rates. */
  readonly missCost?: number;
  readonly clusterGain?: number;
  /** Standard deviations of the model's error: shared by a cluster size, and of each configuration. */
  readonly sharedError?: number;
  readonly ownError?: number;
  /** Shuffles the model's predictions. */
  readonly shuffled?: boolean;
}

export const baselineKey = '16 plain 0 12';

export function simulatedSpace(world: SimulatedWorld): SimulatedSpace {
  const { seed, missCost = 0.4, clusterGain = 0.1, sharedError = 0.1, ownError = 0.02 } = world;
  const random = createRandom(seed);
  const normal = () => normalDraws(random, 1)[0] as number;
  const truth = new Map<string, number>();
  const predictions: number[] = [];
  const rest: Omit<RaceCandidate, 'logRate'>[] = [];
  for (let clusterLog2 = 14; clusterLog2 <= 21; clusterLog2++) {
    const shared = sharedError * normal();
    for (const subclusters of [false, true]) {
      for (const coverageLog2 of [0, -1, -2, -3, -4]) {
        for (const entryLog2 of [12, 14, 16]) {
          const key = `${clusterLog2} ${subclusters ? 'sub' : 'plain'} ${coverageLog2} ${entryLog2}`;
          const away = Math.abs(clusterLog2 - 16);
          const rate =
            9 +
            missCost * coverageLog2 * 0.5 +
            clusterGain * (3 - Math.abs(clusterLog2 - 19)) -
            (subclusters ? 0.03 : 0);
          truth.set(key, rate);
          predictions.push(rate + shared + ownError * normal());
          rest.push({
            key,
            cost: away * 0.05 + (subclusters ? 0.1 : 0) + (entryLog2 === 12 ? 0 : 0.02) + (coverageLog2 < 0 ? 0.05 : 0),
            features: { clusterLog2, subclusters, preallocated: false, lazyRefcounts: false, coverageLog2, entryLog2 },
          });
        }
      }
    }
  }
  if (world.shuffled === true) {
    for (let at = predictions.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [predictions[at], predictions[other]] = [predictions[other] as number, predictions[at] as number];
    }
  }
  return { truth, candidates: rest.map((one, at) => ({ ...one, logRate: predictions[at] as number })) };
}

export interface SimulatedNoise {
  readonly seed: number;
  readonly noise: number;
  readonly laneMs?: number;
  /** Keys that fail, with the reason. */
  readonly failing?: ReadonlyMap<string, string>;
  /** Every so many heats one is disturbed, and ten times as noisy. */
  readonly disturbEvery?: number;
}

/** Heats of a space with noise, each at a level of its own; counts them and keeps who ran. */
export function simulatedTrack({ truth }: SimulatedSpace, how: SimulatedNoise): Track & { readonly ran: string[][] } {
  const random = createRandom(how.seed);
  const normal = () => normalDraws(random, 1)[0] as number;
  const ran: string[][] = [];
  const track = async (keys: readonly string[]): Promise<HeatResult> => {
    ran.push([...keys]);
    const disturbed = how.disturbEvery !== undefined && ran.length % how.disturbEvery === 0;
    const noise = how.noise * (disturbed ? 10 : 1);
    const level = normal();
    const rates = keys.map((key) => (truth.get(key) ?? Number.NaN) + level + noise * normal());
    const [first = 0] = rates;
    return {
      costMs: keys.length * (how.laneMs ?? 400),
      disturbed,
      lanes: keys.map((key, at) => {
        const failure = how.failing?.get(key);
        if (failure !== undefined) return { key, failure };
        const logRate = rates[at] as number;
        return {
          ...{ key, logRate, logError: 0 },
          ...(at === 0 ? {} : { against: { base: [1], head: [Math.exp(logRate - first)] } }),
        };
      }),
    };
  };
  return Object.assign(track, { ran });
}
