import { type CreateImageOptions, createImage } from '../../src/driver/create-image.ts';
import { type HostIoSink, hostFiles, hostOps, hostPurposes } from '../../src/driver/host-io.ts';
import type { ImageState } from '../../src/driver/image-state.ts';
import type { DriverOptions } from '../../src/driver/options.ts';
import { Qcow2Driver } from '../../src/driver/qcow2-driver.ts';

/** A sink that writes each I/O down: `write image 327680+4096 data`; syncs as `sync image`. */
export function recorder(): HostIoSink & { lines: string[]; take(): string[] } {
  const lines: string[] = [];
  return {
    lines,
    io(op, file, offset, length, purpose) {
      const range = hostOps[op] === 'sync' ? '' : ` ${offset}+${length} ${hostPurposes[purpose]}`;
      lines.push(`${hostOps[op]} ${hostFiles[file]}${range}`);
    },
    take() {
      return lines.splice(0);
    },
  };
}

/** Options of `cache=writeback` with caches that hold every table of a small disk. */
export const writeback: DriverOptions = {
  l2EntryCount: 4,
  l2EntryBytes: 65_536,
  refcountTableCount: 4,
  ...{ writethrough: false, noFlush: false, requestAlignment: 1 },
  ...{ discard: true, passDiscardRequest: true, passDiscardSnapshot: true, passDiscardOther: false },
  ...{ discardNoUnref: false, lazyRefcounts: false, overlapChecks: 0, zeroRange: true, qemuVersion: 702 },
};

/** A new image of 1 GiB in 64 KiB clusters. */
export function smallImage(options: Partial<CreateImageOptions> = {}): ImageState {
  return createImage({
    ...{ virtualBytes: 2 ** 30, clusterBytes: 65_536, extendedL2: false, refcountBits: 16, version: 3 },
    ...{ lazyRefcounts: false, preallocation: 'off', externalData: false, dataFileRaw: false },
    ...options,
  });
}

/** A driver whose first L2 table is there and whose caches are warm, as the table of small writes assumes. */
export function warmDriver(
  image: ImageState,
  options: Partial<DriverOptions> = {},
): { driver: Qcow2Driver; io: ReturnType<typeof recorder> } {
  const io = recorder();
  const driver = new Qcow2Driver(image, { ...writeback, ...options }, io);
  driver.write(0, 65_536);
  driver.write(65_536, 4096);
  driver.flush();
  io.take();
  return { driver, io };
}
