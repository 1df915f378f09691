import { type Demand, gainOf } from './demand.ts';

/** Sums that are worked out at most: some tenths of a second. */
const mostWork = 20_000_000;

/**
 * The best split of a small pool whose curves have jumps, by trying every whole number of entries of every group (dynamic
 * programming over the memory): with few disks, a jump that does not fit is much of what could be saved.
 *
 * @param cacheBytes is filled, unless the pool is too large
 * @returns whether it was small enough, with entries of one size
 */
export function splitExactly(
  demand: Demand,
  groups: Uint32Array,
  budgetBytes: number,
  cacheBytes: Float64Array,
): boolean {
  const entryBytes = demand.entryBytes[groups[0] ?? 0] as number;
  const budget = Math.floor(budgetBytes / entryBytes);
  let work = 0;
  for (const group of groups) {
    if (demand.entryBytes[group] !== entryBytes) return false;
    work += ((demand.needBytes[group] as number) / entryBytes) * budget;
  }
  if (work > mostWork) return false;
  let best = new Float64Array(budget + 1);
  const choices: Uint32Array[] = [];
  for (const group of groups) {
    const next = new Float64Array(budget + 1).fill(Number.NEGATIVE_INFINITY);
    const choice = new Uint32Array(budget + 1);
    choosePerBudget(demand, group, { best, next, choice });
    choices.push(choice);
    best = next;
  }
  let left = best.reduce((most, gain, spent) => (gain > (best[most] as number) ? spent : most), 0);
  for (let at = groups.length - 1; at >= 0; at--) {
    const group = groups[at] as number;
    const entries = choices[at]?.[left] as number;
    cacheBytes[group] = entries * entryBytes;
    left -= entries * (demand.count[group] as number);
  }
  return true;
}

interface Tables {
  /** The most that the groups before save, by the entries that they take. */
  readonly best: Float64Array;
  /** The same with this group, filled here with the group's own entries. */
  readonly next: Float64Array;
  readonly choice: Uint32Array;
}

function choosePerBudget(demand: Demand, group: number, { best, next, choice }: Tables): void {
  const entryBytes = demand.entryBytes[group] as number;
  const count = demand.count[group] as number;
  const least = (demand.leastBytes[group] as number) / entryBytes;
  const most = demand.density[group] === 0 ? least : Math.max(least, (demand.needBytes[group] as number) / entryBytes);
  for (let entries = least; entries <= most; entries++) {
    const gain = count * gainOf(demand, group, entries * entryBytes);
    for (let spent = entries * count; spent < next.length; spent++) {
      const saved = (best[spent - entries * count] as number) + gain;
      if (saved <= (next[spent] as number)) continue;
      next[spent] = saved;
      choice[spent] = entries;
    }
  }
}
