import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the test set-up unpacks a newer libvirt and virt-install: one directory a version of libvirt, with `bin` and `schemas` inside. */
export const libvirtCacheDirectory =
  process.env.QTUNE_TEST_LIBVIRT ?? join(import.meta.dirname, '..', '..', '.cache', 'libvirt');

export const libvirtTools = ['virsh', 'virt-install', 'virt-xml'] as const;
export type LibvirtTool = (typeof libvirtTools)[number];

/** One generation of libvirt's tools. */
export interface LibvirtUnderTest {
  /** `system` or the version of libvirt. */
  readonly name: string;
  readonly tools: Readonly<Record<LibvirtTool, string>>;
  /** Directory of the RELAX NG schemas. */
  readonly schemas: string;
}

/** A program on PATH or where daemons are, or undefined. */
export function findProgram(name: string): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Every libvirt that tests can use: the system's first. */
export function libvirtsUnderTest(): readonly LibvirtUnderTest[] {
  const directories = existsSync(libvirtCacheDirectory) ? readdirSync(libvirtCacheDirectory) : [];
  return [
    found('system', findProgram, '/usr/share/libvirt/schemas'),
    ...directories
      .filter((name) => /^\d+\.\d+$/.test(name))
      .sort()
      .map((name) => {
        const home = join(libvirtCacheDirectory, name);
        return found(name, (tool) => join(home, 'bin', tool), join(home, 'root', 'usr', 'share', 'libvirt', 'schemas'));
      }),
  ].filter((one) => one !== undefined);
}

function found(
  name: string,
  find: (tool: LibvirtTool) => string | undefined,
  schemas: string,
): LibvirtUnderTest | undefined {
  const [virsh, install, xml] = libvirtTools.map(find);
  if (virsh === undefined || install === undefined || xml === undefined || !existsSync(schemas)) return undefined;
  return { name, tools: { virsh, 'virt-install': install, 'virt-xml': xml }, schemas };
}
