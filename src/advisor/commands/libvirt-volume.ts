import { cannotSay, qemuGuards, toolGuard } from './guards.ts';
import { absolutePath } from './libvirt.ts';
import { convertCommand } from './qemu-img.ts';
import { xmlText } from './quoting.ts';
import { type CommandTarget, createSettings, exampleBackingName, type TargetInput } from './target.ts';

export const libvirtVolumeTarget: CommandTarget = {
  key: 'libvirt-volume',
  title: 'libvirt, the volume',
  targets: ['libvirt'],
  verification: { verified: true, by: 'libvirt 9.0 and 11.3: RELAX NG schema; storage driver of 9.0 with qemu-img' },
  render({ request, proposal }) {
    if (request.image !== undefined) return undefined;
    const { geometry, settings } = proposal;
    const features = [
      ...(settings.create.lazy_refcounts === true ? ['lazy_refcounts'] : []),
      ...(geometry.extendedL2 ? ['extended_l2'] : []),
    ];
    return [
      "<volume type='file'>",
      `  <name>${xmlText(volumeName(request.fileName))}</name>`,
      `  <capacity unit='bytes'>${request.diskBytes}</capacity>`,
      `  <allocation unit='bytes'>${takesAll(proposal.settings.create.preallocation) ? request.diskBytes : 0}</allocation>`,
      '  <target>',
      "    <format type='qcow2'/>",
      `    <compat>${settings.create.compat === '0.10' ? '0.10' : '1.1'}</compat>`,
      `    <clusterSize unit='B'>${geometry.clusterBytes}</clusterSize>`,
      ...(features.length === 0
        ? []
        : ['    <features>', ...features.map((name) => `      <${name}/>`), '    </features>']),
      '  </target>',
      ...(request.hasBacking ? backingStore() : []),
      '</volume>',
    ].join('\n');
  },
  undo: ({ request }) => convertCommand(absolutePath(request.fileName), request.hasBacking),
  notes: volumeNotes,
};

/** A volume's name is the last part of its path. */
function volumeName(fileName: string): string {
  return absolutePath(fileName).replace(/^.*\//, '');
}

/** libvirt asks qemu-img for `falloc` where the volume's allocation is its capacity. @source libvirt storage_util.c */
function takesAll(preallocation: unknown): boolean {
  return preallocation === 'falloc' || preallocation === 'full';
}

function backingStore(): readonly string[] {
  return [
    '  <backingStore>',
    `    <path>${absolutePath(exampleBackingName)}</path>`,
    "    <format type='qcow2'/>",
    '  </backingStore>',
  ];
}

function volumeNotes(input: TargetInput): readonly string[] {
  const { request, proposal } = input;
  const { preallocation } = proposal.settings.create;
  const preallocated = preallocation !== undefined && preallocation !== 'off';
  const refused = preallocated && request.hasBacking;
  const option = preallocated && !refused ? ' --prealloc-metadata' : '';
  return [
    `in volume.xml, then: virsh vol-create POOL volume.xml${option}`,
    toolGuard('libvirt', '7.4.0', 'clusterSize'),
    ...(proposal.geometry.extendedL2 ? [toolGuard('libvirt', '8.0.0', 'extended_l2')] : []),
    ...qemuGuards('create', createSettings(proposal), request.qemu),
    ...(request.diskBytes % 1024 === 0 ? [] : ['libvirt rounds the size up to whole KiB']),
    ...(refused ? ['cannot be said here: preallocation: libvirt refuses it with a backing store.'] : []),
    ...(preallocation === 'full' ? ['cannot be said here: preallocation=full: libvirt asks for falloc instead.'] : []),
    ...cannotSay('libvirt', 'create', input),
  ];
}
