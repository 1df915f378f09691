import { absolutePath } from './libvirt.ts';
import { xmlText } from './quoting.ts';
import { backingPlaceholder, type CommandTarget } from './target.ts';

export const libvirtVolumeTarget: CommandTarget = {
  key: 'libvirt-volume',
  title: 'libvirt, the volume: virsh vol-create POOL volume.xml (clusterSize needs libvirt 7.4)',
  render({ request, proposal }) {
    const { geometry, settings } = proposal;
    const name = absolutePath(request.fileName).replace(/^.*\//, '');
    const features = geometry.extendedL2 ? ['    <features>', '      <extended_l2/>', '    </features>'] : [];
    return [
      "<volume type='file'>",
      `  <name>${xmlText(name)}</name>`,
      `  <capacity unit='bytes'>${request.diskBytes}</capacity>`,
      "  <allocation unit='bytes'>0</allocation>",
      ...(settings.create.preallocation === undefined
        ? []
        : ['  <!-- for preallocation=metadata: virsh vol-create POOL volume.xml --prealloc-metadata -->']),
      '  <target>',
      "    <format type='qcow2'/>",
      '    <compat>1.1</compat>',
      `    <clusterSize unit='B'>${geometry.clusterBytes}</clusterSize>`,
      ...features,
      '  </target>',
      ...(request.hasBacking
        ? [
            '  <backingStore>',
            `    <path>${absolutePath(backingPlaceholder)}</path>`,
            "    <format type='qcow2'/>",
            '  </backingStore>',
          ]
        : []),
      '</volume>',
    ].join('\n');
  },
};
