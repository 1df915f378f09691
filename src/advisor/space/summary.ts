import type { Geometry } from '../../qcow2/geometry.ts';
import { type CacheSizes, computeCacheSizes } from '../../settings/cache-sizing.ts';
import { catalogue } from '../../settings/catalogue.ts';
import type { SettingScope, SettingValues } from '../../settings/configuration.ts';
import { geometryOf } from '../../settings/resolve.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { memoryBytesOf } from '../proposal.ts';
import { type CacheFilter, type CountContext, countAll, countValid, type Restriction } from './count.ts';
import { fixedValue, type Role, roleOf } from './roles.ts';
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
  const isWorthwhile = worthwhile(request);
  const filter = (keeps: (proposal: Caches & { readonly drive: SettingValues }) => boolean): CacheFilter => {
    return (create, drive) => {
      const geometry = geometryOf(diskBytes, create);
      return keeps({ geometry, cache: computeCacheSizes(geometry, drive), drive });
    };
  };
  const limitBytes = memoryLimitBytes ?? Number.POSITIVE_INFINITY;
  const fits = ({ cache, geometry }: Caches) => memoryBytesOf(cache, geometry) <= limitBytes;
  const steps: SpaceStep[] = [
    { name: 'all', title: 'every value with every other', count: countAll(context, own(request)) },
    { name: 'valid', title: 'taken by QEMU', count: countValid(context, own(request)) },
  ];
  if (request.image || request.target || request.held) {
    steps.push({ name: 'open', title: 'not decided already', count: countValid(context, open(request)) });
  }
  const distinct = countValid(context, searched(request));
  steps.push({ name: 'distinct', title: "differ in this workload's host I/O", count: distinct });
  if (memoryLimitBytes !== undefined) {
    const count = countValid(context, searched(request), filter(fits));
    steps.push({ name: 'affordable', title: 'within the memory limit', count });
  }
  steps.push({
    name: 'undominated',
    title: 'no other one is as fast for less, by arithmetic',
    count: countValid(
      context,
      searched(request),
      filter((one) => fits(one) && isWorthwhile(one)),
    ),
  });
  const compared = search.byModel ? 'ranked by the model of the driver' : 'compared by arithmetic';
  steps.push({ name: 'compared', title: `${compared}, in steps of the cache size`, count: search.comparedCount });
  steps.push({ name: 'front', title: 'on the front of speed, memory and space', count: search.frontCount });
  return { steps, settings: catalogue.map(({ scope, name }) => settingOf(request, scope, name)) };
}

function settingOf(request: AdviceRequest, scope: SettingScope, name: string): SpaceSetting {
  const { role, because } = known(request, scope, name);
  return { scope, name, role, ...(because === undefined ? {} : { because }) };
}

function known(request: AdviceRequest, scope: SettingScope, name: string): NonNullable<ReturnType<typeof roleOf>> {
  return roleOf(request, scope, name) ?? { role: 'held', because: 'The search does not know it.' };
}

/** Settings that say something of their own. */
function own(request: AdviceRequest): Restriction {
  return ({ scope, name }, values) => (known(request, scope, name).role === 'elsewhere' ? [undefined] : values);
}

/** What is decided already has one value. */
function open(request: AdviceRequest): Restriction {
  return (definition, values) => {
    const { scope, name } = definition;
    const { role } = known(request, scope, name);
    return role === 'fixed' ? [fixedValue(request, scope, name)] : own(request)(definition, values);
  };
}

/** What is not searched has one value, and of what is only those that are worth a look. */
function searched(request: AdviceRequest): Restriction {
  return (definition, values) => {
    const { scope, name } = definition;
    const { role, tried } = known(request, scope, name);
    if (role === 'fixed') return [fixedValue(request, scope, name)];
    if (role !== 'searched') return [undefined];
    return tried === undefined ? values : values.filter((value) => value === undefined || tried.includes(value));
  };
}
