import { definitionsOf } from '../../settings/catalogue.ts';
import type { TargetName } from '../advice-request.ts';
import type { ProposalSettings } from '../proposal.ts';

export type { TargetName } from '../advice-request.ts';

/** What can be said where the settings are going to be typed, and what that place says by itself. */
export interface TargetLimits {
  /** For people, e.g. `Proxmox VE`. */
  readonly title: string;
  /** Create-time settings that can be said there, by QEMU's name. */
  readonly create: ReadonlySet<string>;
  /** Run-time settings that can be said there, by QEMU's name. */
  readonly drive: ReadonlySet<string>;
  /** One sentence for each setting that cannot be said there. */
  readonly missing: Readonly<Record<string, string>>;
  /** What the platform sets unasked where it differs from QEMU's own default. */
  readonly defaults: (context: { readonly hasBacking: boolean }) => ProposalSettings;
}

const allCreate: ReadonlySet<string> = new Set(definitionsOf('create').keys());
const allDrive: ReadonlySet<string> = new Set(definitionsOf('drive').keys());
const cacheModeParts = ['cache', 'cache.writeback', 'cache.direct', 'cache.no-flush'] as const;

/** Attributes of a disk's `<driver>`, and `<metadata_cache>`, which is both caches in one number. @source libvirt formatdomain.html */
const domainDrive: ReadonlySet<string> = new Set([
  ...['l2-cache-size', 'cache-size', ...cacheModeParts],
  ...['aio', 'discard', 'detect-zeroes', 'discard-no-unref'],
]);

const noDefaults = (): ProposalSettings => ({ create: {}, drive: {} });

/** A limit with the sentences for everything that is not in its sets. */
function limits(
  title: string,
  can: Pick<TargetLimits, 'create' | 'drive'>,
  cannot: { readonly create?: string; readonly drive?: string; readonly single?: Readonly<Record<string, string>> },
  defaults: TargetLimits['defaults'] = noDefaults,
): TargetLimits {
  const left = (all: ReadonlySet<string>, said: ReadonlySet<string>, sentence: string | undefined) =>
    [...all].filter((name) => !said.has(name)).map((name) => [name, `${name}: ${sentence ?? 'cannot be said there.'}`]);
  return {
    title,
    ...can,
    missing: {
      ...Object.fromEntries(left(allCreate, can.create, cannot.create)),
      ...Object.fromEntries(left(allDrive, can.drive, cannot.drive)),
      ...cannot.single,
    },
    defaults,
  };
}

/** Elements of a volume's XML. @source libvirt formatstorage.html; `virsh vol-create --prealloc-metadata` */
const volumeCreate: ReadonlySet<string> = new Set([
  ...['cluster_size', 'extended_l2', 'lazy_refcounts', 'compat', 'preallocation', 'backing_file', 'backing_fmt'],
]);

const domainDriveMissing = {
  drive: "libvirt's domain XML has no element for it; QEMU's default stays.",
  single: {
    'l2-cache-entry-size': 'l2-cache-entry-size: libvirt has no element for it; QEMU chooses it from the cache size.',
    'refcount-cache-size': "refcount-cache-size: libvirt has one number for both caches; QEMU's split stays.",
  },
};

const byName: Readonly<Record<TargetName, TargetLimits>> = {
  qemu: limits('QEMU', { create: allCreate, drive: allDrive }, {}),
  libvirt: limits(
    'libvirt',
    { create: volumeCreate, drive: domainDrive },
    { create: "libvirt's volume XML has no element for it.", ...domainDriveMissing },
  ),
  'virt-install': limits(
    'virt-install',
    // The image is made with qemu-img before: virt-install's own has clusters of 64K.
    { create: allCreate, drive: domainDrive },
    domainDriveMissing,
    // @source virt-manager virtinst/storage.py, StorageVolume.install; virtinst/devices/disk.py, set_defaults
    ({ hasBacking }) => ({ create: hasBacking ? {} : { preallocation: 'metadata' }, drive: { discard: 'unmap' } }),
  ),
  // @source pve-storage 9.1.7, Storage/Plugin.pm and Common.pm; qemu-server 9.2.6, QemuServer/Drive.pm
  proxmox: limits('Proxmox VE', { create: allCreate, drive: allDrive }, {}, ({ hasBacking }) => ({
    create: {
      ...(hasBacking ? { cluster_size: 128 * 1024, extended_l2: true } : {}),
      preallocation: 'metadata',
    },
    drive: { cache: 'none', aio: 'io_uring', 'detect-zeroes': 'on' },
  })),
  // @source openstack/nova, virt/libvirt/utils.py create_image; virt/libvirt/driver.py disk_cachemode
  openstack: limits(
    'OpenStack',
    { create: new Set(['cluster_size']), drive: new Set([...cacheModeParts, 'discard']) },
    {
      create: "Nova makes the instance's image itself and takes only the cluster size over from the image in Glance.",
      drive: 'Nova writes the domain XML itself and has no option for it.',
    },
    () => ({ create: {}, drive: { cache: 'none' } }),
  ),
  // @source kubevirt pkg/virt-launcher/virtwrap/converter: setDriverCacheMode, setDiskDriver; pkg/ephemeral-disk
  kubevirt: limits(
    'KubeVirt',
    { create: new Set(), drive: domainDrive },
    {
      create: 'CDI and virt-launcher make the images themselves and have no field for it.',
      ...domainDriveMissing,
    },
    () => ({ create: {}, drive: { cache: 'none', discard: 'unmap' } }),
  ),
  qmp: limits(
    'a running guest',
    {
      create: new Set(),
      drive: new Set([...allDrive].filter((name) => name !== 'aio' && !name.startsWith('cache.') && name !== 'cache')),
    },
    {
      create: 'the image exists already; only a conversion changes it.',
      drive: 'it is decided when the guest starts.',
    },
  ),
};

/** Every target, in the order of help texts. */
export const targetNames: readonly TargetName[] = [
  ...(['qemu', 'libvirt', 'virt-install', 'proxmox', 'openstack', 'kubevirt', 'qmp'] as const),
];

/** What a target can say and what it says unasked. */
export function targetLimits(name: TargetName): TargetLimits {
  return byName[name];
}
