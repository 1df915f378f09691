import type { Geometry } from '../../qcow2/geometry.ts';
import { defaultL2CacheMaximumBytes } from '../../settings/cache-sizing.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import type { AdviceRequest } from '../advice-request.ts';
import {
  type CreateVariant,
  considersPreallocation,
  createChoices,
  enumerateProposals,
  type Proposals,
  proposalsOf,
} from '../candidates.ts';
import type { Proposal } from '../proposal.ts';
import { entryChoices, partialCaches } from '../space/cache-grid.ts';
import { considersLazyRefcounts } from '../space/lazy-refcounts.ts';
import { worthwhile } from '../space/worthwhile.ts';

/** Steps between cache sizes, in doublings: the coarsest that gives enough configurations. */
const steps: readonly number[] = [2, 1, 1 / 2, 1 / 3, 1 / 4];
/** Enough for a plain word: more would not be told apart by the few requests that are made of one, and take longer. */
const enoughConfigurations = 500;
/** The same for the requests of a profile or a trace, of which as many are run whatever the number of configurations. */
const enoughForRequests = 2000;
/**
 * Every proposal for the model to rank: what the arithmetic looks at, and for each shape of the image a grid of cache sizes and
 * entry sizes, with and without metadata in advance and lazy refcounts where these matter. Left out is what arithmetic tells to be no better than
 * another one.
 */
export function rankingSpace(request: AdviceRequest): Proposals {
  const enough = request.workload === undefined ? enoughConfigurations : enoughForRequests;
  const arithmetic = enumerateProposals(request);
  let found = arithmetic;
  for (const step of steps) {
    if (found.length >= enough) break;
    found = withStep(request, arithmetic, step);
  }
  return found;
}

/** What of the first writes may be decided in advance: one at a time, since metadata that is in place has no refcounts to postpone. */
function variants(request: AdviceRequest): readonly CreateVariant[] {
  return [
    {},
    ...(considersPreallocation(request) ? [{ preallocation: 'metadata' } as const] : []),
    ...(considersLazyRefcounts(request) === 'create' ? [{ lazyRefcounts: true } as const] : []),
  ];
}

function withStep(request: AdviceRequest, arithmetic: Proposals, step: number): Proposals {
  const found = new Map<string, Proposal>();
  for (const proposal of [...arithmetic, ...grid(request, step)]) {
    const { create, drive } = proposal.settings;
    const { l2EntryBytes, l2EntryCount } = proposal.cache;
    const key = JSON.stringify([create, l2EntryBytes, l2EntryCount, drive['lazy-refcounts']]);
    if (!found.has(key)) found.set(key, proposal);
  }
  const isWorthwhile = worthwhile(request);
  const [one = arithmetic[0], ...others] = [...found.values()].filter(({ geometry, cache, settings }) =>
    isWorthwhile({ geometry, cache, drive: settings.drive }),
  );
  return [one, ...others];
}

function grid(request: AdviceRequest, step: number): readonly Proposal[] {
  const lazily = considersLazyRefcounts(request) === 'drive';
  const choices = (geometry: Geometry): readonly SettingValues[] => {
    const plain = driveChoices(geometry, step);
    return lazily ? [...plain, ...plain.map((drive) => ({ ...drive, 'lazy-refcounts': true }))] : plain;
  };
  return variants(request)
    .flatMap((variant) => createChoices(request, variant))
    .flatMap((create) => proposalsOf(request, create, choices));
}

function driveChoices(geometry: Geometry, step: number): readonly SettingValues[] {
  const { l2FullCoverageBytes } = geometry;
  return entryChoices(geometry).flatMap((entryBytes) => {
    const entry = { 'l2-cache-entry-size': entryBytes };
    return [
      entry,
      ...partialCaches(geometry, entryBytes, step).map((bytes) => ({ 'l2-cache-size': bytes, ...entry })),
      ...(l2FullCoverageBytes > defaultL2CacheMaximumBytes ? [{ 'l2-cache-size': l2FullCoverageBytes, ...entry }] : []),
    ];
  });
}
