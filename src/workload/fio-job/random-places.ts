import type { Zone } from './fio-job.ts';
import { hotPlaces, type PlaceDraw } from './hot-places.ts';
import type { JobPlan } from './job-plan.ts';
import { RandomMap } from './random-map.ts';
import { Taus88 } from './taus88.ts';

/** The next random block of a kind of requests, counted in its alignment; −1 where all were visited. */
export class RandomPlaces {
  readonly map: RandomMap | undefined;
  readonly #plan: JobPlan;
  readonly #random = new Taus88(0);
  readonly #zoneRandom = new Taus88(0);
  readonly #hot: PlaceDraw | undefined;

  constructor(plan: JobPlan) {
    this.#plan = plan;
    this.#hot = hotDraw(plan);
    this.seed();
    this.map = plan.mapBlockCount > 0 ? new RandomMap(plan.mapBlockCount) : undefined;
  }

  /** Begins to draw the same blocks again, but for hot spots. */
  seed(): void {
    this.#random.seed(this.#plan.seeds.places);
    this.#zoneRandom.seed(this.#plan.seeds.zones);
  }

  draw(kind: number): number {
    if (this.#hot !== undefined) return this.#hot();
    const plan = this.#plan;
    const blockCount = plan.blockCounts[kind] ?? 0;
    if (blockCount === 0) return -1;
    const { distribution } = plan.job;
    if (distribution.kind === 'zoned') return this.#zoned(distribution.zones[kind] ?? [], kind, blockCount);
    const block = this.#random.below(blockCount);
    return this.map === undefined || this.map.isFree(block) ? block : this.map.nextFree(block);
  }

  #zoned(zones: readonly Zone[], kind: number, blockCount: number): number {
    let access = this.#zoneRandom.percent();
    let start = 0;
    for (const { accessPercent, size } of zones) {
      const length = 'bytes' in size ? size.bytes : size.percent;
      if (access <= accessPercent) {
        const isShare = 'percent' in size;
        const alignBytes = this.#plan.alignBytes[kind] ?? 1;
        const from = isShare ? Math.floor((start * blockCount) / 100) : Math.floor(start / alignBytes);
        const to = isShare ? from + Math.floor((blockCount * length) / 100) : Math.floor((start + length) / alignBytes);
        return to > blockCount ? -1 : from + this.#random.below(to - from);
      }
      access -= accessPercent;
      start += length;
    }
    return this.#random.below(blockCount);
  }
}

function hotDraw({ job, hotPlaceCount, hotSeed, zeta }: JobPlan): PlaceDraw | undefined {
  const { distribution } = job;
  if (!job.isRandom || distribution.kind === 'random' || distribution.kind === 'zoned') return undefined;
  return hotPlaces(distribution, hotPlaceCount, hotSeed, zeta);
}
