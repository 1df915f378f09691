import type { MissCurve } from '../miss-curve.ts';
import { type Demand, gainOf } from './demand.ts';
import { StepHeap } from './step-heap.ts';

/** Above this many groups what is left over is a few kilobytes for each, and goes round in the order of the file. */
const mostHeaped = 100_000;
const mostRounds = 8;

/**
 * Spends what whole steps left over, step by step where it saves most per byte; never more than there is.
 */
export function spendRest(
  demand: Demand,
  groups: Uint32Array,
  budgetBytes: number,
  price: number,
  cacheBytes: Float64Array,
): void {
  const few = groups.length <= mostHeaped;
  if (few && price > 0) stepBack(demand, groups, cacheBytes);
  let left = budgetBytes;
  for (const group of groups) left -= (demand.count[group] as number) * (cacheBytes[group] as number);
  if (few) spendByGain(demand, groups, left, cacheBytes);
  else spendInTurn(demand, groups, left, cacheBytes);
}

/** The hull is a little below a smooth curve: from one step less, single steps find the very best whole steps. */
function stepBack(demand: Demand, groups: Uint32Array, cacheBytes: Float64Array): void {
  for (const group of groups) {
    const curve = demand.curves[demand.curve[group] as number] as MissCurve;
    if (!curve.isConcave) continue;
    const smaller = (cacheBytes[group] as number) - (demand.entryBytes[group] as number);
    cacheBytes[group] = Math.max(demand.leastBytes[group] as number, smaller);
  }
}

function spendByGain(demand: Demand, groups: Uint32Array, available: number, cacheBytes: Float64Array): void {
  let left = available;
  const heap = new StepHeap();
  const targets = new Float64Array(demand.length);
  const offer = (group: number): void => {
    const next = bestStep(demand, group, cacheBytes[group] as number, left / (demand.count[group] as number));
    if (next.value <= 0) return;
    targets[group] = next.cacheBytes;
    heap.push(group, next.value);
  };
  for (const group of groups) offer(group);
  while (!heap.isEmpty && left > 0) {
    const group = heap.pop();
    const cost = (demand.count[group] as number) * ((targets[group] as number) - (cacheBytes[group] as number));
    if (cost <= left) {
      left -= cost;
      cacheBytes[group] = targets[group] as number;
    }
    // What was too dear is offered again if a smaller step fits.
    offer(group);
  }
}

interface Step {
  readonly cacheBytes: number;
  /** Misses a second saved per byte. */
  readonly value: number;
}

/** The step of one disk's cache that saves most per byte, among those that take at most `most` bytes. */
function bestStep(demand: Demand, group: number, from: number, most: number): Step {
  const [need, entry] = [demand.needBytes[group] as number, demand.entryBytes[group] as number];
  const curve = demand.curves[demand.curve[group] as number] as MissCurve;
  let best: Step = { cacheBytes: from, value: 0 };
  const consider = (cacheBytes: number): void => {
    const cost = cacheBytes - from;
    if (cost <= 0 || cost > most) return;
    const value = (gainOf(demand, group, cacheBytes) - gainOf(demand, group, from)) / cost;
    if (value > best.value) best = { cacheBytes, value };
  };
  if (demand.density[group] === 0 || from >= need) return best;
  consider(from + entry);
  // Where the curve has jumps, single steps may save nothing and several at once a lot.
  if (!curve.isConcave) for (const place of curve.points) consider(Math.ceil((place * need) / entry) * entry);
  return best;
}

function spendInTurn(demand: Demand, groups: Uint32Array, available: number, cacheBytes: Float64Array): void {
  let left = available;
  for (let round = 0; round < mostRounds && left > 0; round++) {
    const before = left;
    for (const group of groups) {
      const cost = (demand.count[group] as number) * (demand.entryBytes[group] as number);
      const now = cacheBytes[group] as number;
      if (cost > left || demand.density[group] === 0 || now >= (demand.needBytes[group] as number)) continue;
      cacheBytes[group] = now + (demand.entryBytes[group] as number);
      left -= cost;
    }
    if (left === before) break;
  }
}
