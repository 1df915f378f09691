import type { SettingScope } from '../../settings/configuration.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { candidateClusterBytes, considersPreallocation } from '../candidates.ts';
import { canSay, fixedSettings } from './fixed.ts';
import { considersLazyRefcounts } from './lazy-refcounts.ts';

/**
 * What the search does with a setting: `searched`: tries its values. `same-io`: leaves it at its default, since no value changes the host
 * I/O of this workload. `held`: leaves it although it matters. `fixed`: the question, the image or the target decides it. `elsewhere`:
 * it says what another setting says, or names a file.
 */
export type Role = 'searched' | 'same-io' | 'held' | 'fixed' | 'elsewhere';

export interface SettingRole {
  readonly role: Role;
  /** Why, one sentence; of a searched setting why not all of its values are tried, absent where they are. */
  readonly because?: string;
  /** The values that are tried where these are not all. */
  readonly tried?: readonly (number | string | boolean)[];
}

type RoleOf = (request: AdviceRequest) => SettingRole;

const is = (role: Role, because: string): RoleOf => {
  const one: SettingRole = { role, because };
  return () => one;
};
const named = is('elsewhere', 'It names a file, which is part of the question.');
const encrypted = is('elsewhere', 'Encryption is asked for, not chosen for speed.');
const spelled = (by: string) => is('elsewhere', `${by} says the same.`);
const hostFile = is('held', "It is for the host's file system, which is not known here.");
const freed = (what: string): RoleOf => {
  return ({ traits }) =>
    traits.trims
      ? { role: 'held', because: `The guest trims: ${what}` }
      : { role: 'same-io', because: 'Nothing is trimmed.' };
};

const create: Readonly<Record<string, RoleOf>> = {
  cluster_size: () => ({
    role: 'searched',
    because:
      'Clusters below 16K make the tables larger than a thousandth of the disk, and writes that allocate collapse.',
    tried: candidateClusterBytes,
  }),
  extended_l2: () => ({ role: 'searched' }),
  preallocation: (request) =>
    considersPreallocation(request)
      ? {
          role: 'searched',
          because: 'falloc and full take the whole disk on the host at once.',
          tried: ['off', 'metadata'],
        }
      : { role: 'held', because: preallocationHeld(request) },
  refcount_bits: is(
    'same-io',
    'A refcount block of the narrowest clusters searched holds 2,048 clusters or more at any width: it adds less than 1 I/O in 500 to writes that allocate.',
  ),
  lazy_refcounts: (request) =>
    considersLazyRefcounts(request) === 'create'
      ? { role: 'searched' }
      : { role: lazyMatters(request) ? 'held' : 'same-io', because: lazyHeld(request) },
  compat: is('same-io', 'Version 2 only lacks what version 3 has; the same reads and writes follow.'),
  compression_type: is('same-io', 'It is for compressed clusters, which a guest never writes.'),
  data_file: named,
  data_file_raw: named,
  keep_data_file: named,
  backing_file: named,
  backing_fmt: named,
  nocow: hostFile,
  extent_size_hint: hostFile,
  encryption: encrypted,
};

const drive: Readonly<Record<string, RoleOf>> = {
  'l2-cache-size': () => ({ role: 'searched' }),
  'l2-cache-entry-size': () => ({
    role: 'searched',
    because: 'Entries below 4K save no read: the host reads pages of 4K.',
    tried: Array.from({ length: 10 }, (_, step) => 4096 * 2 ** step),
  }),
  'refcount-cache-size': freed(
    'freed clusters touch refcounts anywhere, which the model is not asked; four blocks stay.',
  ),
  'cache-size': spelled('l2-cache-size with refcount-cache-size'),
  'cache-clean-interval': is('same-io', 'It gives memory back when the disk is idle.'),
  'lazy-refcounts': (request) =>
    considersLazyRefcounts(request) === 'drive'
      ? { role: 'searched' }
      : { role: 'elsewhere', because: 'lazy_refcounts says the same when the image is created.' },
  'overlap-check': is(
    'same-io',
    'Checks are made in memory, and guard against a damaged image; only "all" reads, of snapshots.',
  ),
  'overlap-check.template': spelled('overlap-check'),
  'pass-discard-request': freed('space is what it is for.'),
  'pass-discard-snapshot': is('same-io', 'It is for the time when a snapshot is deleted.'),
  'pass-discard-other': is('same-io', 'It frees what no request of the guest frees.'),
  'discard-no-unref': freed('it keeps the file from fragmenting, which the model does not price.'),
  discard: freed(
    'discard=unmap is added where space counts most; it makes trims cost I/O that ignoring them does not.',
  ),
  'detect-zeroes': is('same-io', 'Written data is taken to be other than zero.'),
  cache: is('held', "It decides about safety and the host's memory; all figures are for cache=none."),
  'cache.writeback': spelled('cache'),
  'cache.direct': spelled('cache'),
  'cache.no-flush': spelled('cache'),
  aio: is('held', 'The same I/O reaches the host, and what that costs the host decides; figures are for io_uring.'),
};

/** What the search does with a setting of the catalogue; undefined for one that this room has not heard of. */
export function roleOf(request: AdviceRequest, scope: SettingScope, name: string): SettingRole | undefined {
  const own = ruleFor(scope, name)?.(request);
  if (own === undefined || own.role === 'elsewhere') return own;
  if (scope === 'create' && request.image) return { role: 'fixed', because: 'The image was created with it.' };
  if (request.held?.[scope][name] !== undefined) return { role: 'fixed', because: 'You hold it.' };
  if (!canSay(request, scope, name)) return { role: 'fixed', because: 'The target cannot express it.' };
  return own;
}

function ruleFor(scope: SettingScope, name: string): RoleOf | undefined {
  if (scope === 'create') return name.startsWith('encrypt.') ? encrypted : create[name];
  return name.startsWith('overlap-check.') ? spelled('overlap-check') : drive[name];
}

function preallocationHeld({ priority, hasBacking }: AdviceRequest): string {
  if (hasBacking) return 'Over a backing file first writes still copy.';
  if (priority !== 'speed') return 'It trades space at once for speed, which is not what counts most.';
  return 'Nothing is written that could be prepared.';
}

/** Whether the workload allocates and flushes, which is where lazy refcounts save a write and a flush. */
function lazyMatters({ traits }: AdviceRequest): boolean {
  return traits.readRatio < 1 && traits.syncsPerWrite > 0 && traits.firstWriteRatio > 0;
}

function lazyHeld(request: AdviceRequest): string {
  return lazyMatters(request)
    ? 'It saves a refcount block at a flush, for a check of the whole image after a crash: looked at for speed only.'
    : 'It saves refcount blocks at flushes, and this workload does not allocate and flush.';
}

/** The value that every proposal has where the role is `fixed`; undefined where QEMU's default stays. */
export function fixedValue(request: AdviceRequest, scope: SettingScope, name: string) {
  return fixedSettings(request)[scope][name];
}
