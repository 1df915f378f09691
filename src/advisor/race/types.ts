import type { SlicedBlock } from '../../stats/interleaved-comparison.ts';
import type { PairedComparison } from '../../stats/paired-comparison.ts';

/** What makes two configurations alike: those that are close in all of it are wrongly predicted in the same way. */
export interface RaceFeatures {
  /** Base-2 logarithm of the cluster size. */
  readonly clusterLog2: number;
  readonly subclusters: boolean;
  readonly preallocated: boolean;
  readonly lazyRefcounts: boolean;
  /** Base-2 logarithm of the share of the disk that the L2 cache covers; 0 from full coverage on. */
  readonly coverageLog2: number;
  /** Base-2 logarithm of the size of a cache entry. */
  readonly entryLog2: number;
}

/** One configuration in a race. */
export interface RaceCandidate {
  /** Unique among the candidates. */
  readonly key: string;
  /** Natural logarithm of the rate that the model predicts, requests per second. */
  readonly logRate: number;
  /** What choosing it costs in memory, space and distance from the defaults; the cheapest of those that are tied is picked. */
  readonly cost: number;
  readonly features: RaceFeatures;
  /** An image that its heats share and that is made for the first of them: its name, and the time that takes, roughly; milliseconds. */
  readonly image?: { readonly name: string; readonly ms: number };
}

/** How one configuration did in a heat. */
export type LaneResult =
  | {
      readonly key: string;
      /** Logarithm of its rate over anything that is the same for the whole heat. */
      readonly logRate: number;
      /** Standard error of it within the heat, from its slices; 0 where that is not known. */
      readonly logError: number;
      /** Slices of the heat's first lane and of this one, for the statistics of `compare`; absent for the first lane. */
      readonly against?: SlicedBlock;
    }
  | { readonly key: string; readonly failure: string };

/** One heat: a few configurations that took turns in slices, on new images. */
export interface HeatResult {
  readonly lanes: readonly LaneResult[];
  /** All that it took, milliseconds: images, processes and slices. */
  readonly costMs: number;
  /** Something outside took part of the machine. */
  readonly disturbed?: boolean;
}

/** Runs a heat; the first key is what the others are compared with. Undefined where nothing can be run any more. */
export type Track = (keys: readonly string[]) => Promise<HeatResult | undefined>;

/**
 * What a race is for. `fastest`: the cheapest of those within the tolerance of the best. `cheapest`: the cheapest of those that are
 * not slower than the baseline by more than the tolerance.
 */
export type RaceGoal = 'fastest' | 'cheapest';

export interface RaceOptions {
  /** Key of the defaults, which take part in every heat. */
  readonly baseline: string;
  /** The defaults are what others are compared with and cannot be picked, as where they do not fit into a limit. */
  readonly baselineBarred?: boolean;
  readonly goal: RaceGoal;
  /** Time for all heats with the confirmation, milliseconds. */
  readonly budgetMs: number;
  readonly seed: number;
  /** Differences below this are none, as a ratio: 0.02. */
  readonly toleranceRatio: number;
  /** Configurations in a heat, the baseline among them; at least 3. */
  readonly laneCount?: number;
  readonly mostHeats?: number;
  /** No prior: the model's order counts for nothing; to see what it is worth. */
  readonly ignoreModel?: boolean;
  /** Keys that run in the opening whatever is thought of them. */
  readonly mustRun?: readonly string[];
  /** A lane's time where it is known beforehand, milliseconds; what images take is not in it. */
  readonly expectedLaneMs?: number;
  /** Fresh blocks for the winner; the race's own track where absent. */
  readonly confirmation?: { readonly track: Track; readonly blockMs: number };
  /** Heats have no noise: one lane of each is enough, and nothing needs a confirmation. */
  readonly exact?: boolean;
  readonly onProgress?: (progress: RaceProgress) => void;
}

/** Where a race stands, sent before each heat. */
export interface RaceProgress {
  readonly stage: 'opening' | 'racing' | 'confirming';
  readonly heatCount: number;
  readonly entrants: readonly string[];
  /** What would be picked now, and how sure it is. */
  readonly leader: string;
  readonly probability: number;
  /** Configurations that may still turn out best. */
  readonly contenderCount: number;
  readonly spentMs: number;
}

/** How the pick stands against the defaults, by the statistics of `compare`, in blocks that at most chose between it and its runner-up. */
export interface Confirmation {
  readonly comparison: PairedComparison;
  /** The same blocks, runner-up over winner; absent where there was none. */
  readonly runnerUp?: { readonly key: string; readonly ratio: number | null };
}

/** What a race came to. */
export interface RaceOutcome {
  readonly pick: string;
  /** Chance, by all that was measured, that the pick is as good as the goal asks: for `fastest`, within the tolerance of the best. */
  readonly probability: number;
  /** Whether it stopped because that was sure enough, and not because the time was up. */
  readonly decided: boolean;
  /** Whether the model's order was believed to the end. */
  readonly modelTrusted: boolean;
  /** Absent where the defaults came out on top, or where there was no time. */
  readonly confirmation?: Confirmation;
  /** The configuration that was ahead before the confirmation; the pick, unless that spoke for its runner-up or for the defaults. */
  readonly winner: string;
  readonly racedCount: number;
  readonly heatCount: number;
  readonly confirmationCount: number;
  readonly spentMs: number;
  /** Those that failed, and why. */
  readonly failures: ReadonlyMap<string, string>;
  /** Rate of every configuration over the baseline's, believed at the end: logarithm and standard deviation. */
  readonly beliefs: ReadonlyMap<
    string,
    { readonly logRatio: number; readonly deviation: number; readonly count: number }
  >;
}
