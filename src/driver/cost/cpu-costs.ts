import type { DriverCounters } from '../counters.ts';
import { type CostProfile, type CpuKind, cpuKinds } from './cost-profile.ts';

const at = Object.fromEntries(cpuKinds.map((name, index) => [name, index])) as Record<CpuKind, number>;

/** Prices what the driver's counters gained since the last look. */
export class CpuCosts {
  readonly #ns: Float64Array;
  readonly #now = new Float64Array(cpuKinds.length);
  readonly #before = new Float64Array(cpuKinds.length);

  constructor(cpu: CostProfile['cpu']) {
    this.#ns = Float64Array.from(cpuKinds, (kind) => cpu[kind].ns);
  }

  /** Takes the counters as they are for the new start. */
  begin(counters: DriverCounters): void {
    this.#read(counters, this.#before);
  }

  /** @returns nanoseconds since the last look; also added to `totals` from index `first` on, in the order of the kinds */
  take(counters: DriverCounters, totals: Float64Array, first: number): number {
    const now = this.#now;
    const before = this.#before;
    this.#read(counters, now);
    let sum = 0;
    for (let index = 0; index < now.length; index++) {
      const gained = (now[index] as number) - (before[index] as number);
      before[index] = now[index] as number;
      if (gained <= 0) continue;
      const ns = gained * (this.#ns[index] as number);
      totals[first + index] = (totals[first + index] as number) + ns;
      sum += ns;
    }
    return sum;
  }

  #read(counters: DriverCounters, into: Float64Array): void {
    const requests = counters.reads + counters.writes;
    into[at.read] = counters.reads;
    into[at.write] = counters.writes;
    into[at.discard] = counters.discards;
    into[at.writeZeroes] = counters.writeZeroes;
    into[at.sync] = counters.syncs;
    into[at.part] = counters.parts - requests;
    into[at.lookup] = counters.l2Lookups + counters.refcountLookups - requests;
    into[at.step] = counters.cacheSteps;
    into[at.miss] = counters.l2Misses + counters.refcountMisses;
    into[at.flushStep] = counters.flushSteps;
    into[at.refcountStep] = counters.refcountSteps;
    into[at.overlapStep] = counters.overlapSteps;
    into[at.allocate] = counters.allocatedClusters;
    into[at.zeroByte] = counters.zeroFilledBytes;
    into[at.copyByte] = counters.copyOnWriteBytes;
    into[at.inflateByte] = counters.inflatedBytes;
  }
}
