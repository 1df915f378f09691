import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the test set-up unpacks QEMU releases beside the system's: one directory a release, with `bin` inside. */
export const qemuCacheDirectory =
  process.env.QTUNE_TEST_QEMU ?? join(import.meta.dirname, '..', '..', '.cache', 'qemu');

export interface QemuUnderTest {
  /** `system`, `10.0`, `11.1` */
  readonly name: string;
  /** The directory that holds qemu-img and qemu-io. */
  readonly bin: string;
}

/** The directory on PATH that holds `qemu-img`, or undefined. */
export function systemQemu(): string | undefined {
  return (process.env.PATH ?? '').split(delimiter).find((directory) => {
    try {
      accessSync(join(directory, 'qemu-img'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Every QEMU that tests can use: the system's first, then the unpacked ones in order of version. */
export function qemusUnderTest(): readonly QemuUnderTest[] {
  const system = systemQemu();
  const found: QemuUnderTest[] = system === undefined ? [] : [{ name: 'system', bin: system }];
  if (existsSync(qemuCacheDirectory)) {
    for (const name of readdirSync(qemuCacheDirectory)
      .filter((entry) => /^\d+\.\d+$/.test(entry))
      .sort()) {
      const bin = join(qemuCacheDirectory, name, 'bin');
      if (existsSync(join(bin, 'qemu-img'))) found.push({ name, bin });
    }
  }
  return found;
}
