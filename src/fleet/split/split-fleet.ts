import { UsageError } from '../../errors.ts';
import { formatBytes } from '../../units/bytes.ts';
import type { Fleet } from '../fleet.ts';
import type { FleetSurvey } from '../survey.ts';
import { type Demand, gainOf } from './demand.ts';
import { splitPool } from './split-pool.ts';

/** One budget for all disks, or one for the disks of every host. */
export interface Budget {
  readonly bytes: number;
  readonly scope: 'all' | 'host';
}

export interface HostSplit {
  /** All caches of the host's disks. */
  readonly memoryBytes: number;
  readonly missesPerSecond: number;
}

/** The best split of a budget. */
export interface FleetSplit {
  readonly budget: Budget;
  /** All metadata caches under the new settings, with what no setting changes; of all hosts. */
  readonly memoryBytes: number;
  /** The same with the least caches that QEMU sets up. */
  readonly leastBytes: number;
  readonly missesPerSecond: number;
  /** Misses with the least caches, and with the same cache for every disk. */
  readonly leastCacheMissesPerSecond: number;
  readonly evenMissesPerSecond: number;
  /** What is saved over the least caches, as a share of what no split can exceed; 1 is the optimum. */
  readonly boundRatio: number;
  /** Misses a second that another MiB would save, by the slope at the end of the budget; of the host with the most, where each has its own budget. */
  readonly nextMebibyteSavesPerSecond: number;
  /** `l2-cache-size` by group, bytes. */
  readonly cacheBytes: Float64Array;
  /** By the number of the host. */
  readonly hosts: readonly HostSplit[];
}

/** @throws UsageError where the budget, or that of a host, is below the least that QEMU sets up */
export function splitFleet(fleet: Fleet, survey: FleetSurvey, demand: Demand, budget: Budget): FleetSplit {
  checkBudget(fleet, survey, budget);
  const cacheBytes = new Float64Array(demand.length);
  let [saved, bound, price] = [0, 0, 0];
  const pools = budget.scope === 'all' ? [everyGroup(demand.length)] : groupsByHost(fleet);
  pools.forEach((groups, host) => {
    const sums = budget.scope === 'all' ? survey.total : survey.hosts[host];
    const outcome = splitPool(demand, groups, budget.bytes - (sums?.fixedBytes ?? 0), cacheBytes);
    saved += outcome.savedPerSecond;
    bound += outcome.boundPerSecond;
    price = Math.max(price, outcome.pricePerByte);
  });
  const { hosts, missesPerSecond, leastCacheMissesPerSecond } = missesOf(fleet, demand, survey, cacheBytes);
  return {
    budget,
    memoryBytes: hosts.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    leastBytes: survey.total.leastBytes,
    missesPerSecond,
    leastCacheMissesPerSecond,
    evenMissesPerSecond: evenMisses(fleet, demand, survey, budget),
    boundRatio: bound === 0 ? 1 : saved / bound,
    nextMebibyteSavesPerSecond: price * 2 ** 20,
    cacheBytes,
    hosts,
  };
}

function checkBudget(fleet: Fleet, { total, hosts }: FleetSurvey, { bytes, scope }: Budget): void {
  const host =
    scope === 'all'
      ? -1
      : hosts.reduce((most, sums, at) => (sums.leastBytes > (hosts[most]?.leastBytes ?? -1) ? at : most), 0);
  const sums = scope === 'all' ? total : hosts[host];
  if (sums === undefined || sums.leastBytes <= bytes) return;
  const name = fleet.hosts.text(Math.max(0, host)) || 'no name';
  const whose = scope === 'all' ? 'these disks' : `the disks of host "${name}"`;
  const flag = scope === 'all' ? '--budget' : '--budget-per-host';
  const { fixedBytes } = sums;
  const fixed = `refcount caches and the caches of backing images, ${formatBytes(fixedBytes)}, and two L2 entries for each of ${sums.diskCount} disks`;
  throw new UsageError(
    `${flag}: ${formatBytes(bytes)} is less than the least that QEMU sets up for ${whose}, ${sums.leastBytes} bytes (${formatBytes(sums.leastBytes)})`,
    {
      hint: `That is ${fixed}. Give more, use larger clusters on fewer images, or shorten chains.`,
    },
  );
}

function everyGroup(length: number): Uint32Array {
  const groups = new Uint32Array(length);
  for (let group = 0; group < length; group++) groups[group] = group;
  return groups;
}

/** The groups of each host, in their order. */
function groupsByHost({ groups, hosts }: Fleet): readonly Uint32Array[] {
  const starts = new Uint32Array(hosts.count + 1);
  for (let group = 0; group < groups.count; group++) {
    const next = groups.hostOf(group) + 1;
    starts[next] = (starts[next] as number) + 1;
  }
  for (let host = 0; host < hosts.count; host++)
    starts[host + 1] = (starts[host + 1] as number) + (starts[host] as number);
  const ends = starts.slice();
  const ordered = new Uint32Array(groups.count);
  for (let group = 0; group < groups.count; group++) {
    const host = groups.hostOf(group);
    ordered[ends[host] as number] = group;
    ends[host] = (ends[host] as number) + 1;
  }
  return Array.from({ length: hosts.count }, (_, host) => ordered.subarray(starts[host], starts[host + 1]));
}

function missesOf(fleet: Fleet, demand: Demand, { hosts, total }: FleetSurvey, cacheBytes: Float64Array) {
  const cold = total.leastMissesPerSecond + coldMisses(demand);
  const saved = new Float64Array(hosts.length);
  const spent = new Float64Array(hosts.length);
  const full = new Float64Array(hosts.length);
  let leastSaved = 0;
  for (let group = 0; group < demand.length; group++) {
    const host = fleet.groups.hostOf(group);
    const count = demand.count[group] as number;
    const cache = cacheBytes[group] as number;
    saved[host] = (saved[host] as number) + count * gainOf(demand, group, cache);
    spent[host] = (spent[host] as number) + count * cache;
    full[host] = (full[host] as number) + count * gainOf(demand, group, demand.needBytes[group] as number);
    leastSaved += count * gainOf(demand, group, demand.leastBytes[group] as number);
  }
  const split = hosts.map(
    (sums, host): HostSplit => ({
      memoryBytes: sums.fixedBytes + (spent[host] as number),
      missesPerSecond: sums.leastMissesPerSecond + Math.max(0, (full[host] as number) - (saved[host] as number)),
    }),
  );
  return {
    hosts: split,
    missesPerSecond: split.reduce((sum, { missesPerSecond }) => sum + missesPerSecond, 0),
    leastCacheMissesPerSecond: cold - leastSaved,
  };
}

/** What a cache could save, beyond what no cache saves. */
function coldMisses(demand: Demand): number {
  let sum = 0;
  for (let group = 0; group < demand.length; group++) {
    sum += (demand.count[group] as number) * gainOf(demand, group, demand.needBytes[group] as number);
  }
  return sum;
}

/** For comparison: the budget in equal parts, one for each disk of the pool. */
function evenMisses(fleet: Fleet, demand: Demand, { total, hosts }: FleetSurvey, budget: Budget): number {
  let misses = total.leastMissesPerSecond;
  for (let group = 0; group < demand.length; group++) {
    const sums = budget.scope === 'all' ? total : (hosts[fleet.groups.hostOf(group)] ?? total);
    const each = (budget.bytes - sums.fixedBytes) / sums.diskCount;
    const need = demand.needBytes[group] as number;
    const cache = Math.min(need, Math.max(demand.leastBytes[group] as number, each));
    misses += (demand.count[group] as number) * (gainOf(demand, group, need) - gainOf(demand, group, cache));
  }
  return misses;
}
