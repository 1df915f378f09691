import type { Bench } from 'tinybench';
import { type CreateImageOptions, createImage } from '../src/driver/create-image.ts';
import type { HostIoSink } from '../src/driver/host-io.ts';
import type { ImageState } from '../src/driver/image-state.ts';
import type { DriverOptions } from '../src/driver/options.ts';
import { Qcow2Driver } from '../src/driver/qcow2-driver.ts';
import { Random } from '../src/workload/random.ts';

const requestCount = 2 ** 20;
const clusterBytes = 65_536;
const sectorOf = 4096;

const options: DriverOptions = {
  l2EntryCount: 128,
  l2EntryBytes: clusterBytes,
  refcountTableCount: 4,
  ...{ writethrough: false, noFlush: false, requestAlignment: 1 },
  ...{ discard: true, passDiscardRequest: true, passDiscardSnapshot: true, passDiscardOther: false },
  ...{ discardNoUnref: false, lazyRefcounts: false, overlapChecks: 0x17f, zeroRange: true, qemuVersion: 702 },
};

function imageOf(gibibytes: number, preallocation: CreateImageOptions['preallocation']): ImageState {
  return createImage({
    ...{ virtualBytes: gibibytes * 2 ** 30, clusterBytes, extendedL2: false, refcountBits: 16, version: 3 },
    ...{ lazyRefcounts: false, preallocation, externalData: false, dataFileRaw: false },
  });
}

/** The model of the driver, in requests: 2^20 of them in each round. */
export async function register(bench: Bench): Promise<void> {
  const random = new Random(1);
  const mapped = imageOf(20, 'metadata');
  const offsets = Float64Array.from({ length: requestCount }, () => {
    return random.below((20 * 2 ** 30) / sectorOf) * sectorOf;
  });
  const order = Uint32Array.from({ length: requestCount }, (_, index) => index);
  for (let index = requestCount - 1; index > 0; index--) {
    const other = random.below(index + 1);
    const kept = order[index] as number;
    order[index] = order[other] as number;
    order[other] = kept;
  }
  const bytes = new Float64Array(1);
  const sink: HostIoSink = {
    io(_op, _file, _offset, length) {
      bytes[0] = (bytes[0] as number) + length;
    },
  };
  const count = requestCount.toLocaleString('en');
  const covered = new Qcow2Driver(mapped, options, sink);
  bench.add(`${count} reads that hit`, () => {
    for (const offset of offsets) covered.read(offset, sectorOf);
  });
  const small = new Qcow2Driver(mapped, { ...options, l2EntryCount: 256, l2EntryBytes: 4096 }, sink);
  bench.add(`${count} reads of which 6 in 10 miss`, () => {
    for (const offset of offsets) small.read(offset, sectorOf);
  });
  const written = new Qcow2Driver(mapped, options, sink);
  bench.add(`${count} writes in place`, () => {
    for (const offset of offsets) written.write(offset, sectorOf);
  });
  let empty = imageOf(64, 'off');
  bench.add(
    `${count} allocating writes`,
    () => {
      const driver = new Qcow2Driver(empty, options, sink);
      for (const cluster of order) driver.write(cluster * clusterBytes, sectorOf);
    },
    {
      beforeEach() {
        empty = imageOf(64, 'off');
      },
    },
  );
  bench.add('a mapped image of 2 TiB', () => {
    imageOf(2048, 'metadata');
  });
}
