import { describe, expect, test } from 'vitest';
import type { AdviceRequest } from '../../../src/advisor/advice-request.ts';
import { baselineProposal } from '../../../src/advisor/candidates.ts';
import { type ProposalSettings, propose } from '../../../src/advisor/proposal.ts';
import type { Reason, Rule, RuleContext } from '../../../src/advisor/rule.ts';
import { cacheCleanIntervalRule } from '../../../src/advisor/rules/cache-clean-interval.ts';
import { clusterSizeRule } from '../../../src/advisor/rules/cluster-size.ts';
import { compatRule } from '../../../src/advisor/rules/compat.ts';
import { detectZeroesRule } from '../../../src/advisor/rules/detect-zeroes.ts';
import { discardRule } from '../../../src/advisor/rules/discard.ts';
import { extendedL2Rule } from '../../../src/advisor/rules/extended-l2.ts';
import { hostCacheRule } from '../../../src/advisor/rules/host-cache.ts';
import { rules } from '../../../src/advisor/rules/index.ts';
import { l2CacheEntrySizeRule } from '../../../src/advisor/rules/l2-cache-entry-size.ts';
import { l2CacheSizeRule } from '../../../src/advisor/rules/l2-cache-size.ts';
import { lazyRefcountsRule } from '../../../src/advisor/rules/lazy-refcounts.ts';
import { overlapCheckRule } from '../../../src/advisor/rules/overlap-check.ts';
import { preallocationRule } from '../../../src/advisor/rules/preallocation.ts';
import { refcountBitsRule } from '../../../src/advisor/rules/refcount-bits.ts';
import { refcountCacheSizeRule } from '../../../src/advisor/rules/refcount-cache-size.ts';
import { adviceRequest, gib, tib, traits } from '../requests.ts';

function context(settings: Partial<ProposalSettings> = {}, changes: Partial<AdviceRequest> = {}): RuleContext {
  const request = adviceRequest(changes);
  const proposal = propose(request, { create: {}, drive: {}, ...settings });
  return { request, proposal, baseline: baselineProposal(request) };
}

function explain(rule: Rule, settings?: Partial<ProposalSettings>, changes?: Partial<AdviceRequest>): Reason {
  const reason = rule.explain(context(settings, changes));
  if (!reason) throw new Error(`${rule.id} has nothing to say`);
  expect(reason.setting).toBe(rule.setting);
  return reason;
}

test('every rule speaks for another setting', () => {
  expect(new Set(rules.map((rule) => rule.setting)).size).toBe(rules.length);
});

describe('cluster_size', () => {
  test('default clusters are explained by the size of their tables', () => {
    expect(explain(clusterSizeRule).because).toContain('256 MiB');
  });
  test('larger ones shrink the tables and cost space, discards and a conversion', () => {
    const reason = explain(clusterSizeRule, { create: { cluster_size: 2 ** 19 } });
    expect(reason.because).toContain('from 256 MiB to 32 MiB');
    expect(reason.costs).toMatch(/first write takes 512 KiB.*converting/);
  });
  test('with subclusters a first write does not take a whole cluster', () => {
    const reason = explain(clusterSizeRule, { create: { cluster_size: 2 ** 20, extended_l2: true } });
    expect(reason.costs).not.toContain('first write');
  });
});

describe('extended_l2', () => {
  test('is explained by copying where there is a backing file', () => {
    const settings = { create: { cluster_size: 2 ** 17, extended_l2: true } };
    expect(explain(extendedL2Rule, settings, { hasBacking: true }).because).toContain(
      'at most 4 KiB from the backing file',
    );
    expect(explain(extendedL2Rule, settings).because).toContain('unit of allocation stays at 4 KiB');
    expect(explain(extendedL2Rule, settings).costs).toContain('5.2');
  });
  test('left off it says why', () => {
    expect(explain(extendedL2Rule).because).toContain('nothing to copy');
    expect(explain(extendedL2Rule, {}, { hasBacking: true }).because).toContain('copies the rest of its cluster');
  });
});

describe('l2-cache-size', () => {
  test('says how much a partial cache covers and what that costs', () => {
    const { because } = explain(l2CacheSizeRule);
    expect(because).toContain('covers 256 GiB');
    expect(because).toContain('88 %');
  });
  test('a full cache costs memory', () => {
    const reason = explain(l2CacheSizeRule, { drive: { 'l2-cache-size': 2 ** 28 } });
    expect(reason.because).toContain('256 MiB holds every L2 table');
    expect(reason.costs).toContain('256 MiB of the host');
  });
  test('names the limit that keeps it small', () => {
    const settings = { drive: { 'l2-cache-size': 2 ** 23 } };
    expect(explain(l2CacheSizeRule, settings, { memoryLimitBytes: 2 ** 24 }).because).toContain('limit of 16M');
  });
});

describe('l2-cache-entry-size', () => {
  test('is small where the cache does not cover the disk', () => {
    expect(explain(l2CacheEntrySizeRule).because).toContain('a miss should read little');
  });
  test('is the whole table where it does, unless set', () => {
    expect(explain(l2CacheEntrySizeRule, {}, { diskBytes: 100 * gib }).because).toContain('whole tables of 64 KiB');
    const settings = { create: { cluster_size: 2 ** 21 }, drive: { 'l2-cache-entry-size': 2 ** 16 } };
    expect(explain(l2CacheEntrySizeRule, settings).because).toContain('whole tables of 2 MiB');
  });
});

describe('preallocation', () => {
  const settings = { create: { preallocation: 'metadata' } };
  test('is explained by flushes where the workload has them, else by growth', () => {
    expect(explain(preallocationRule, settings, { traits: traits('database') }).because).toContain('flushes often');
    expect(explain(preallocationRule, settings).because).toContain('first write takes what it writes');
    expect(explain(preallocationRule, settings).costs).toContain('320 MiB at once');
  });
  test('is left off for an overlay by QEMU’s own rule', () => {
    expect(explain(preallocationRule, {}, { hasBacking: true }).because).toContain('only together with extended_l2');
    expect(explain(preallocationRule).because).toContain('too small');
  });
});

describe('settings that rules add', () => {
  test('cache-clean-interval where memory counts most', () => {
    expect(cacheCleanIntervalRule.adds?.(context({}, { priority: 'memory' }))).toEqual({ 'cache-clean-interval': 60 });
    expect(cacheCleanIntervalRule.adds?.(context())).toEqual({});
    expect(explain(cacheCleanIntervalRule).because).toContain('600 s');
    expect(explain(cacheCleanIntervalRule, { drive: { 'cache-clean-interval': 60 } }).because).toContain('60 s');
  });
  test('discard=unmap where space counts most and the guest trims', () => {
    expect(discardRule.adds?.(context({}, { priority: 'space' }))).toEqual({ discard: 'unmap' });
    expect(discardRule.adds?.(context({}, { priority: 'space', traits: traits('database') }))).toEqual({});
    expect(explain(discardRule).because).toContain('add discard=unmap');
    expect(explain(discardRule, { drive: { discard: 'unmap' } }).because).toContain('go back to the host');
    expect(discardRule.explain(context({}, { traits: traits('database') }))).toBeUndefined();
  });
});

test('what is left alone is explained too', () => {
  expect(explain(lazyRefcountsRule).because).toContain('after a crash');
  expect(explain(refcountCacheSizeRule).because).toContain('256 KiB');
  expect(explain(hostCacheRule).because).toContain('cache=none');
  expect(explain(compatRule).because).toContain('1.1');
  expect(explain(overlapCheckRule).because).toContain('not measurable');
  expect(explain(overlapCheckRule, {}, { diskBytes: 16 * tib }).because).toContain('overlap-check.active-l2=off');
});

describe('rules for an image that exists', () => {
  const image = { create: { cluster_size: 2 ** 17 }, fileName: 'a.qcow2', hasSnapshots: false };
  const given = (rule: Rule, drive: ProposalSettings['drive'] = {}) => {
    const request = adviceRequest({ image });
    const proposal = propose(request, { create: image.create, drive });
    const baseline = propose(request, { create: image.create, drive: {} });
    return rule.explain({ request, proposal, baseline });
  };
  test('create-time settings are what it has, until it is converted', () => {
    expect(given(clusterSizeRule)?.because).toContain('The image has clusters of 128 KiB');
    expect(given(clusterSizeRule)?.because).toContain('Only a conversion changes it.');
    expect(given(extendedL2Rule)?.because).toContain('The image has none.');
    expect(given(preallocationRule)).toBeUndefined();
    expect(given(compatRule)).toBeUndefined();
    expect(given(refcountBitsRule)).toBeUndefined();
  });
  test('what would be better is a conversion', () => {
    const request = adviceRequest({ image });
    const proposal = propose(request, { create: { cluster_size: 2 ** 20 }, drive: {} });
    const baseline = propose(request, { create: image.create, drive: {} });
    expect(clusterSizeRule.explain({ request, proposal, baseline })?.costs).toContain('has to be converted');
  });
});

describe('a target without words for it', () => {
  test.each([
    [extendedL2Rule, 'openstack', 'OpenStack cannot say it: Nova'],
    [preallocationRule, 'kubevirt', 'KubeVirt cannot say it: CDI'],
    [l2CacheEntrySizeRule, 'libvirt', 'libvirt cannot say it: libvirt has no element'],
    [l2CacheSizeRule, 'openstack', 'OpenStack cannot say it'],
    [lazyRefcountsRule, 'openstack', 'OpenStack cannot say it'],
    [detectZeroesRule, 'openstack', 'OpenStack cannot say it'],
  ] as const)('%o on %s says so', (rule, target, words) => {
    expect(explain(rule, {}, { target }).because).toContain(words);
  });
  test('nothing is added there that cannot be said', () => {
    const changes = { target: 'kubevirt', priority: 'memory' } as const;
    expect(cacheCleanIntervalRule.adds?.(context({}, { priority: 'memory' }))).not.toEqual({});
    expect(cacheCleanIntervalRule.adds?.(context({}, changes))).toEqual({});
  });
});

describe('nothing to gain from a cache', () => {
  test('is told with the figures of this workload', () => {
    const { because } = explain(l2CacheSizeRule, {}, { diskBytes: 20 * gib, traits: traits('build') });
    // 84 writes of 100 requests, 26 % of them first, 0.75 flushes each.
    expect(because).toContain('Of 100 requests 0 read a table, while 21.8 are first writes and 63 flushes follow');
  });
  test('and with the entries that its own requests need, where it has any', () => {
    const own = { ...traits('boot'), neededSliceCount: 17 };
    const { because } = explain(l2CacheSizeRule, {}, { diskBytes: 20 * gib, traits: own });
    expect(because).toContain('need 17 entries of 4 KiB, 68 KiB, for 99 % of the hits');
    expect(because).toContain('needed 32 at most');
  });
  test('is not told where requests miss', () => {
    expect(explain(l2CacheSizeRule).because).not.toContain('cost more than the cache');
  });
});

describe('values that somebody or a search chose', () => {
  test.each([
    [refcountCacheSizeRule, { 'refcount-cache-size': 2 ** 20 }, 'count 32 GiB of the file at once'],
    [overlapCheckRule, { 'overlap-check': 'none' }, 'checked less than by default'],
    [overlapCheckRule, { 'overlap-check': 'all' }, 'tables of the snapshots'],
    [hostCacheRule, { cache: 'unsafe' }, 'no flush reaches the disk'],
    [detectZeroesRule, { 'detect-zeroes': 'on' }, 'take no space'],
  ] as const)('%o explains %o', (rule, drive, words) => {
    expect(explain(rule, { drive }).because).toContain(words);
  });
  test('version 2 says what it lacks', () => {
    expect(explain(compatRule, { create: { compat: '0.10' } }).because).toContain('version 3 in place');
  });
});
