/** A QEMU release; patch levels do not change an option and are ignored in comparisons. */
export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
}

/** Reads the version out of `qemu-img --version`'s first line or a bare `7.2`. Undefined where there is none. */
export function parseQemuVersion(text: string): QemuVersion | undefined {
  const match = /(?:version\s+|^)(\d{1,3})\.(\d{1,3})/.exec(text);
  if (!match) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]) };
}

/** `7.2` */
export function formatQemuVersion(version: QemuVersion): string {
  return `${version.major}.${version.minor}`;
}

/** True where `version` is `minimum` or later. */
export function isAtLeast(version: QemuVersion, minimum: QemuVersion): boolean {
  return version.major > minimum.major || (version.major === minimum.major && version.minor >= minimum.minor);
}
