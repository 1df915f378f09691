import type { SettingValues } from '../../../settings/configuration.ts';
import type { ProposalSettings } from '../../proposal.ts';
import type { Hazards, VersionedDefault } from '../explanation.ts';
import type { Lab } from '../lab/lab.ts';

/** The same in every version that has the setting. */
export function always(value: string, source: string): readonly VersionedDefault[] {
  return [{ versions: 'every version that has it', value, source }];
}

/** What the disk in question was created with; empty for a new one. */
export function ownCreate({ request }: Lab): SettingValues {
  return request.image?.create ?? {};
}

/** QEMU's defaults on that disk, with some settings changed. */
export function ownSettings(lab: Lab, changes: Partial<ProposalSettings>): ProposalSettings {
  return { create: { ...ownCreate(lab), ...changes.create }, drive: changes.drive ?? {} };
}

/** A setting of which nothing comes into the image. */
export const unwritten = 'The image does not say it: every version opens it.';

const nothing = 'Nothing changes.';

/** What a run-time setting that only holds tables or checks does to none of the four. */
export function harmless(changes: Partial<Hazards> = {}): Hazards {
  return { powerCut: nothing, olderVersions: unwritten, snapshot: nothing, discard: nothing, ...changes };
}

/** How to see what a new image was created with. */
export const seeInfo = "qemu-img info disk.qcow2     # under 'Format specific information'";

/** How to see a run-time setting: QEMU has no command that tells most of them. */
export function seeCommandLine(name: string): readonly string[] {
  return [
    `tr '\\0' '\\n' < /proc/PID/cmdline | grep ${name}     # QEMU reports it nowhere else; absent: the default`,
    'qtune inspect domain.xml     # or the command line',
  ];
}

/** By conversion: it cannot be changed in place. */
export function convert(option: string): readonly string[] {
  return [
    `qemu-img create -f qcow2 -o ${option} disk.qcow2 1T     # a new image`,
    `qemu-img convert -p -O qcow2 -o ${option} disk.qcow2 new.qcow2     # an image that is there, guest stopped`,
  ];
}

/** On a drive, and live. Bytes are plain integers in JSON. */
export function onDrive(option: string, json: string): readonly string[] {
  return [
    `-drive file=disk.qcow2,format=qcow2,if=virtio,${option}`,
    `-blockdev '{"driver":"qcow2","node-name":"disk0",${json},"file":{"driver":"file","filename":"disk.qcow2"}}'`,
    'QMP blockdev-reopen with the whole node and this option (QEMU 6.1), the guest going on; qtune apply --qmp SOCKET does that',
  ];
}
