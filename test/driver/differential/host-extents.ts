import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type HostFileState, hostBlockBytes } from '../../../src/driver/host-file-state.ts';
import type { BackingState, ImageState } from '../../../src/driver/image-state.ts';
import type { DifferentialCase } from './case.ts';
import type { Bench } from './outcome.ts';
import { backingName, dataName, imageName } from './shell.ts';

/**
 * Tells the model which parts of the files beneath an image are holes, where QEMU asks the file system for that: raw backing
 * files, and the data of preallocated images. An image that is read without QEMU's help has to do without.
 */
export function addHostExtents(tested: DifferentialCase, state: ImageState, bench: Bench): void {
  const { image } = tested;
  if (image.preallocation !== 'off' || image.dataFile !== 'none') {
    mark(state.file, imageName, bench);
    if (state.dataFile) mark(state.dataFile, dataName, bench);
  }
  let backing: BackingState | undefined = state.backing;
  for (let depth = 1; backing !== undefined; depth++) {
    if (backing.format === 'raw') mark(backing.file, backingName(depth, 'raw'), bench);
    backing = backing.format === 'qcow2' ? backing.image.backing : undefined;
  }
}

interface MapEntry {
  readonly start: number;
  readonly length: number;
  readonly zero: boolean;
}

/** Makes the state say what `qemu-img map` says of the file as a raw image. */
function mark(state: HostFileState, name: string, bench: Bench): void {
  const tool = bench.bin === undefined ? 'qemu-img' : join(bench.bin, 'qemu-img');
  const run = spawnSync(tool, ['map', '--output=json', '-f', 'raw', name], { cwd: bench.directory, encoding: 'utf8' });
  const entries: readonly MapEntry[] = JSON.parse(run.stdout);
  state.punch(0, Math.ceil(state.lengthBytes / hostBlockBytes) * hostBlockBytes);
  for (const { start, length, zero } of entries) {
    if (!zero) state.write(start, Math.min(length, state.lengthBytes - start));
  }
  state.setAllocatedBytes(statSync(join(bench.directory, name)).blocks * 512);
}
