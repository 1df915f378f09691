import { driveNode } from '../../settings/blockdev.ts';
import { printSettings } from '../../settings/print.ts';
import { cannotSay } from './guards.ts';
import { shellLine } from './quoting.ts';
import type { CommandTarget, TargetInput } from './target.ts';

const snippet = '/etc/nova/nova.conf.d/qcow2.conf';

/**
 * Nova makes the disk of an instance as an overlay on the image from Glance, with the cluster size of that image where it stays qcow2.
 * @source openstack/nova, virt/libvirt/utils.py create_image; conf/libvirt.py hw_disk_discard and disk_cachemodes
 */
export const openstackTarget: CommandTarget = {
  key: 'openstack',
  title: 'OpenStack Nova (IMAGE is its name in Glance; the second part on each compute node)',
  targets: ['openstack'],
  verification: { verified: false, by: 'needs a cloud; qemu-img and the shell accept the lines' },
  render: (input) => [...imageLines(input), ...configurationLines(input)].join('\n'),
  undo: () => `rm ${snippet} && systemctl restart nova-compute`,
  notes: (input) => [
    ...(input.request.image === undefined
      ? cannotSay('openstack', 'create', input)
      : ['instances that exist keep their image']),
    ...cannotSay('openstack', 'drive', input),
    'force_raw_images=True, the default, makes the base raw: overlays then have clusters of 64K',
  ],
};

function imageLines({ request, proposal }: TargetInput): readonly string[] {
  if (request.image !== undefined) return [];
  const settings = printSettings('create', { cluster_size: proposal.geometry.clusterBytes });
  return [
    shellLine(['qemu-img', 'convert', '-O', 'qcow2', '-o', settings, 'source.qcow2', 'glance.qcow2']),
    'openstack image create --disk-format qcow2 --container-format bare --file glance.qcow2 IMAGE',
  ];
}

function configurationLines({ proposal }: TargetInput): readonly string[] {
  const { cache, discard } = driveNode(proposal.settings.drive);
  return [
    `cat > ${snippet} <<'END'`,
    ...['[DEFAULT]', 'force_raw_images = False', 'preallocate_images = none'],
    ...['[libvirt]', 'images_type = qcow2'],
    ...(cache === undefined ? [] : [`disk_cachemodes = file=${cache}`]),
    ...(discard === undefined ? [] : [`hw_disk_discard = ${discard}`]),
    'END',
    'systemctl restart nova-compute',
  ];
}
