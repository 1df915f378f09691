import type { Geometry } from '../../qcow2/geometry.ts';
import { type CacheSizes, computeCacheSizes } from '../../settings/cache-sizing.ts';
import { catalogue } from '../../settings/catalogue.ts';
import type { SettingScope, SettingValues } from '../../settings/configuration.ts';
import { geometryOf } from '../../settings/resolve.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { memoryBytesOf } from '../proposal.ts';
import type { AxisValue } from './axes.ts';
import { type CacheFilter, type CountContext, countAll, countValid, type Restriction } from './count.ts';
import { fixedValue, type Role, roleOf, type SettingRole } from './roles.ts';
import { worthwhile } from './worthwhile.ts';

/** Where the number of configurations becomes smaller; in this order. */
export type SpaceStepName = 'all' | 'valid' | 'open' | 'distinct' | 'affordable' | 'undominated' | 'compared' | 'front';

export interface SpaceStep {
  readonly name: SpaceStepName;
  /** What is left, and why, for people. */
  readonly title: string;
  /** Configurations that are left; exact. */
  readonly count: number;
}

/** What the search does with one setting of QEMU. */
export interface SpaceSetting {
  readonly scope: SettingScope;
  readonly name: string;
  readonly role: Role;
  readonly because?: string;
}

/** How many configurations there are, and how those that were looked at were found among them. */
export interface SpaceSummary {
  readonly steps: readonly SpaceStep[];
  readonly settings: readonly SpaceSetting[];
}

/** What came out of the search. */
export interface SearchCounts {
  /** Whether the model of the driver ranked, or arithmetic. */
  readonly byModel: boolean;
  readonly comparedCount: number;
  readonly frontCount: number;
}

interface Caches {
  readonly cache: CacheSizes;
  readonly geometry: Geometry;
}

/** Counts the space of a request, all of it and step by step. Takes some milliseconds, whatever its size. */
export function spaceSummary(request: AdviceRequest, search: SearchCounts): SpaceSummary {
  const { diskBytes, hasBacking, qemu, memoryLimitBytes } = request;
  const context: CountContext = { diskBytes, hasBacking, ...(qemu === undefined ? {} : { qemu }) };
  const parts = new Parts(request);
  const isWorthwhile = worthwhile(request);
  const filter = (keeps: (proposal: Caches & { readonly drive: SettingValues }) => boolean): CacheFilter => {
    return (create) => {
      const geometry = geometryOf(diskBytes, create);
      return (drive) => keeps({ geometry, cache: computeCacheSizes(geometry, drive), drive });
    };
  };
  const limitBytes = memoryLimitBytes ?? Number.POSITIVE_INFINITY;
  const fits = ({ cache, geometry }: Caches) => memoryBytesOf(cache, geometry) <= limitBytes;
  const steps: SpaceStep[] = [
    { name: 'all', title: 'every value with every other', count: countAll(context, own(parts)) },
    { name: 'valid', title: 'taken by QEMU', count: countValid(context, own(parts)) },
  ];
  if (request.image || request.target || request.held) {
    steps.push({ name: 'open', title: 'not decided already', count: countValid(context, open(parts)) });
  }
  const distinct = countValid(context, searched(parts));
  steps.push({ name: 'distinct', title: "differ in this workload's host I/O", count: distinct });
  if (memoryLimitBytes !== undefined) {
    const count = countValid(context, searched(parts), filter(fits));
    steps.push({ name: 'affordable', title: 'within the memory limit', count });
  }
  steps.push({
    name: 'undominated',
    title: 'no other one is as fast for less, by arithmetic',
    count: countValid(
      context,
      searched(parts),
      filter((one) => fits(one) && isWorthwhile(one)),
    ),
  });
  const compared = search.byModel ? 'ranked by the model of the driver' : 'compared by arithmetic';
  steps.push({ name: 'compared', title: `${compared}, in steps of the cache size`, count: search.comparedCount });
  steps.push({ name: 'front', title: 'on the front of speed, memory and space', count: search.frontCount });
  return { steps, settings: catalogue.map(({ scope, name }) => settingOf(parts, scope, name)) };
}

/** The part of every setting, worked out once. */
class Parts {
  readonly #request: AdviceRequest;
  readonly #known = new Map<string, SettingRole & { readonly value: AxisValue }>();

  constructor(request: AdviceRequest) {
    this.#request = request;
  }

  of(scope: SettingScope, name: string): SettingRole & { readonly value: AxisValue } {
    const key = `${scope} ${name}`;
    let found = this.#known.get(key);
    if (found === undefined) {
      const role = roleOf(this.#request, scope, name) ?? { role: 'held', because: 'The search does not know it.' };
      found = { ...role, value: role.role === 'fixed' ? fixedValue(this.#request, scope, name) : undefined };
      this.#known.set(key, found);
    }
    return found;
  }
}

function settingOf(parts: Parts, scope: SettingScope, name: string): SpaceSetting {
  const { role, because } = parts.of(scope, name);
  return { scope, name, role, ...(because === undefined ? {} : { because }) };
}

/** Settings that say something of their own. */
function own(parts: Parts): Restriction {
  return ({ scope, name }, values) => (parts.of(scope, name).role === 'elsewhere' ? [undefined] : values);
}

/** What is decided already has one value. */
function open(parts: Parts): Restriction {
  const others = own(parts);
  return (definition, values) => {
    const { role, value } = parts.of(definition.scope, definition.name);
    return role === 'fixed' ? [value] : others(definition, values);
  };
}

/** What is not searched has one value, and of what is only those that are worth a look. */
function searched(parts: Parts): Restriction {
  return ({ scope, name }, values) => {
    const { role, tried, value } = parts.of(scope, name);
    if (role !== 'searched') return [value];
    return tried === undefined ? values : values.filter((one) => one === undefined || tried.includes(one));
  };
}
