import { accessSync, constants, existsSync } from 'node:fs';
import { findExecutable } from '../../src/engine/executable.ts';
import { tracingDirectory } from '../../src/engine/record/requirements.ts';

/** Whether programs can be recorded here: root, FUSE, loop devices, the kernel's tracer and QEMU's storage daemon. */
export function recordingWorks(): boolean {
  try {
    for (const device of ['/dev/fuse', '/dev/loop-control']) accessSync(device, constants.R_OK | constants.W_OK);
  } catch {
    return false;
  }
  const programs = ['qemu-storage-daemon', 'qemu-img', 'qemu-io', 'unshare', 'nsenter', 'losetup', 'mkfs.ext4'];
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  return (
    process.getuid?.() === 0 &&
    existsSync(tracingDirectory) &&
    programs.every((name) => findExecutable(name, env) !== undefined)
  );
}
