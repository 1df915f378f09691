import type { MissCurve } from '../miss-curve.ts';
import { boughtAt, CurveQueue, slopesOf } from './curve-queue.ts';
import { type Demand, gainOf } from './demand.ts';
import { splitExactly } from './exact-split.ts';
import { findPrice, type Price } from './price.ts';
import { spendRest } from './spend-rest.ts';

/** How well a pool of memory is split. */
export interface PoolOutcome {
  /** L2 cache of all disks of the pool, bytes. */
  readonly spentBytes: number;
  /** Misses a second saved, compared with the least caches. */
  readonly savedPerSecond: number;
  /** No split of the same memory saves more than this. */
  readonly boundPerSecond: number;
  /** Misses a second that a byte more would save. */
  readonly pricePerByte: number;
}

/**
 * Splits memory between the disks of a pool so that it saves the most misses: every disk buys L2 cache as long as a byte saves
 * at least the price, and the price is the one at which the memory is spent. For curves without jumps that is the best there is,
 * up to steps of the cache; for others the hull decides and what is left goes where it saves most, or, of few disks, every split is tried.
 *
 * @param groups of the pool
 * @param budgetBytes for the L2 caches of the pool, at least the sum of the least
 * @param cacheBytes is filled: the cache of one disk of each group
 * @source Lagrangian relaxation of the separable resource allocation problem (Everett, "Generalized Lagrange multiplier
 * method", Operations Research 11, 1963)
 */
export function splitPool(
  demand: Demand,
  groups: Uint32Array,
  budgetBytes: number,
  cacheBytes: Float64Array,
): PoolOutcome {
  let leastBytes = 0;
  for (const group of groups) leastBytes += (demand.count[group] as number) * (demand.leastBytes[group] as number);
  const price = findPrice(queuesOf(demand, groups), budgetBytes - leastBytes);
  const relaxed = buyAll(demand, groups, price, budgetBytes, cacheBytes);
  const jumps = groups.some((group) => !(demand.curves[demand.curve[group] as number] as MissCurve).isConcave);
  if (!jumps || !splitExactly(demand, groups, budgetBytes, cacheBytes)) {
    spendRest(demand, groups, budgetBytes, price.fitting, cacheBytes);
  }
  let spentBytes = 0;
  let savedPerSecond = 0;
  for (const group of groups) {
    const count = demand.count[group] as number;
    const cache = cacheBytes[group] as number;
    spentBytes += count * cache;
    savedPerSecond +=
      count * (gainOf(demand, group, cache) - gainOf(demand, group, demand.leastBytes[group] as number));
  }
  return { spentBytes, savedPerSecond, boundPerSecond: Math.max(relaxed, savedPerSecond), pricePerByte: price.fitting };
}

function queuesOf(demand: Demand, groups: Uint32Array): readonly CurveQueue[] {
  const sizes = new Uint32Array(demand.curves.length);
  for (const group of groups) if (demand.density[group] !== 0) addOne(sizes, demand.curve[group] as number);
  const lists = [...sizes].map((size) => new Uint32Array(size));
  const filled = new Uint32Array(sizes.length);
  for (const group of groups) {
    if (demand.density[group] === 0) continue;
    const curve = demand.curve[group] as number;
    (lists[curve] as Uint32Array)[filled[curve] as number] = group;
    addOne(filled, curve);
  }
  return lists.flatMap((list, curve) =>
    list.length === 0 ? [] : [new CurveQueue(demand, demand.curves[curve] as MissCurve, list)],
  );
}

function addOne(counts: Uint32Array, at: number): void {
  counts[at] = (counts[at] as number) + 1;
}

/**
 * Gives each disk whole steps of what it buys. Pieces that are worth exactly the price are shared out evenly; where a curve has
 * jumps they are taken whole or not at all, in the order of the file.
 * @returns what the relaxed problem saves, compared with the least: a bound
 */
function buyAll(
  demand: Demand,
  groups: Uint32Array,
  price: Price,
  budgetBytes: number,
  cacheBytes: Float64Array,
): number {
  const slopes = demand.curves.map(({ corners }) => slopesOf(corners.mapped, corners.saved));
  let left = budgetBytes;
  let bound = price.fitting * budgetBytes;
  for (const group of groups) {
    left -= (demand.count[group] as number) * (demand.leastBytes[group] as number);
  }
  for (let place = 0; place < groups.length; place++) {
    const group = groups[place] as number;
    const number = demand.curve[group] as number;
    const curve = demand.curves[number] as MissCurve;
    const count = demand.count[group] as number;
    const least = demand.leastBytes[group] as number;
    const need = demand.needBytes[group] as number;
    const density = demand.density[group] as number;
    const step = demand.entryBytes[group] as number;
    let [low, high] = [0, 0];
    if (density > 0) {
      const { mapped } = curve.corners;
      const rises = slopes[number] as Float64Array;
      low = need * boughtAt(mapped, rises, density, price.fitting);
      high = price.exceeding === price.fitting ? low : need * boughtAt(mapped, rises, density, price.exceeding);
    }
    const relaxed = Math.max(least, low);
    const wanted = curve.isConcave ? low + price.shareRatio * (high - low) : high;
    let given = Math.max(least, Math.floor(wanted / step) * step);
    if (count * (given - least) > left) given = Math.max(least, Math.floor(low / step) * step);
    if (count * (given - least) > left) given = least;
    left -= count * (given - least);
    cacheBytes[group] = given;
    const hullGain = density * need * hullAt(curve, Math.min(1, relaxed / need));
    bound += count * (hullGain - gainOf(demand, group, least) - price.fitting * relaxed);
  }
  return bound;
}

/** The hull's value, which the curve may lie below. */
function hullAt({ corners, savedAt, isConcave }: MissCurve, at: number): number {
  if (isConcave) return savedAt(at);
  const { mapped, saved } = corners;
  const next = mapped.findIndex((place) => place >= at);
  if (next <= 0) return next === 0 ? 0 : (saved.at(-1) ?? 1);
  const [from, to] = [mapped[next - 1] as number, mapped[next] as number];
  const [below, above] = [saved[next - 1] as number, saved[next] as number];
  return below + ((at - from) / (to - from)) * (above - below);
}
