import type { AdviceRequest } from '../advice-request.ts';
import { blockdevTarget } from './blockdev.ts';
import { convertTarget } from './convert.ts';
import { driveTarget } from './drive.ts';
import { kubevirtTarget } from './kubevirt.ts';
import { libvirtTarget } from './libvirt.ts';
import { libvirtVolumeTarget } from './libvirt-volume.ts';
import { openstackTarget } from './openstack.ts';
import { proxmoxTarget } from './proxmox.ts';
import { qemuImgTarget } from './qemu-img.ts';
import { applyTarget, qmpTarget, virshQmpTarget } from './qmp.ts';
import { requirePastable } from './quoting.ts';
import type { CommandTarget, TargetInput } from './target.ts';
import { virtInstallTarget, virtXmlTarget } from './virt-install.ts';

/** Every target, in the order of the output. */
export const commandTargets: readonly CommandTarget[] = [
  qemuImgTarget,
  convertTarget,
  driveTarget,
  blockdevTarget,
  libvirtVolumeTarget,
  libvirtTarget,
  virtInstallTarget,
  virtXmlTarget,
  proxmoxTarget,
  openstackTarget,
  kubevirtTarget,
  applyTarget,
  qmpTarget,
  virshQmpTarget,
];

/** What to type, by the targets' keys. */
export interface CommandSheet {
  readonly commands: Readonly<Record<string, string>>;
  /** How to get back to QEMU's defaults. */
  readonly undo: Readonly<Record<string, string>>;
  /** What each requires and what cannot be said there. */
  readonly commandNotes: Readonly<Record<string, readonly string[]>>;
}

/**
 * What to type, for the request's target or for all.
 * @throws UsageError where the image's name cannot be pasted
 */
export function commandSheet(input: TargetInput): CommandSheet {
  const { request } = input;
  requirePastable(request.fileName);
  const { image } = request;
  const names = image === undefined ? [] : [image.fileName, ...Object.values(image.running ?? {})];
  for (const name of names) requirePastable(name);
  const rendered = commandTargets
    .filter((target) => isWanted(target, request))
    .flatMap((target) => {
      const text = target.render(input);
      return text === undefined ? [] : [{ target, text }];
    });
  const byKey = <T>(value: (one: (typeof rendered)[number]) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(rendered.map((one) => [one.target.key, value(one)]));
  return {
    commands: byKey(({ text }) => text),
    undo: byKey(({ target }) => target.undo(input)),
    commandNotes: byKey(({ target }) => target.notes(input)),
  };
}

function isWanted({ targets }: CommandTarget, { target }: AdviceRequest): boolean {
  return target === undefined || targets.includes(target);
}
