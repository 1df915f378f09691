import { describe, expect, it } from 'vitest';
import { cloneImage } from '../../src/driver/clone-image.ts';
import { noSink } from '../../src/driver/host-io.ts';
import { Qcow2Driver } from '../../src/driver/qcow2-driver.ts';
import { recorder, smallImage, warmDriver, writeback } from './recording.ts';

/**
 * The sequences that strace showed of QEMU 7.2 for small guest writes, case by case; the differential test covers the rest at
 * random. 64 KiB clusters, caches warm.
 */
describe('host I/O of a small guest write', () => {
  const inCluster3 = 3 * 65_536 + 8192;

  it('of the first write of an image: refcount block, L2 table and L1 entry, each synced before the next', () => {
    const io = recorder();
    const driver = new Qcow2Driver(smallImage(), writeback, io);
    driver.write(0, 4096);
    expect(io.take()).toEqual([
      'read image 131072+65536 refcount',
      'write image 131072+65536 refcount',
      'sync image',
      'write image 262144+65536 l2',
      'sync image',
      'write image 196608+8 l1',
      'sync image',
      'zero image 327680+65536 copy-on-write',
      'write image 327680+4096 data',
    ]);
    driver.flush();
    expect(io.take()).toEqual([
      'write image 131072+65536 refcount',
      'sync image',
      'write image 262144+65536 l2',
      'sync image',
    ]);
  });

  it('inside an unallocated cluster: the cluster is zeroed in place, then the data; a flush writes two tables', () => {
    const { driver, io } = warmDriver(smallImage());
    driver.write(inCluster3, 4096);
    expect(io.take()).toEqual(['zero image 458752+65536 copy-on-write', 'write image 466944+4096 data']);
    driver.flush();
    expect(io.take()).toEqual([
      'write image 131072+65536 refcount',
      'sync image',
      'write image 262144+65536 l2',
      'sync image',
    ]);
  });

  it('of a whole cluster: nothing is zeroed', () => {
    const { driver, io } = warmDriver(smallImage());
    driver.write(3 * 65_536, 65_536);
    expect(io.take()).toEqual(['write image 458752+65536 data']);
  });

  it('in place: one write, and no metadata at the flush', () => {
    const { driver, io } = warmDriver(smallImage());
    driver.write(4096, 4096);
    driver.flush();
    expect(io.take()).toEqual(['write image 331776+4096 data', 'sync image']);
    driver.flush();
    expect(io.take()).toEqual([]);
  });

  it.each(['metadata', 'falloc', 'full'] as const)('after preallocation=%s: in place at once', (preallocation) => {
    const io = recorder();
    const driver = new Qcow2Driver(smallImage({ preallocation }), writeback, io);
    driver.read(0, 4096);
    io.take();
    driver.write(inCluster3, 4096);
    driver.flush();
    expect(io.take()).toEqual([`write image ${0x50000 + inCluster3}+4096 data`, 'sync image']);
  });

  it('over data in a backing file: one merged read, one merged write', () => {
    const backing = smallImage();
    const base = new Qcow2Driver(backing, writeback, noSink);
    base.write(0, 2 ** 20);
    base.close();
    const { driver, io } = warmDriver(smallImage({ backing: { format: 'qcow2', image: backing } }));
    driver.write(inCluster3, 4096);
    expect(io.take()).toEqual(['read backing 524288+65536 copy-on-write', 'write image 458752+65536 copy-on-write']);
    driver.write(4 * 65_536 + 8192, 20_480);
    expect(io.take()).toEqual([
      'read backing 589824+8192 copy-on-write',
      'read backing 618496+36864 copy-on-write',
      'write image 524288+65536 copy-on-write',
    ]);
    driver.write(5 * 65_536, 4096);
    expect(io.take()).toEqual(['read backing 659456+61440 copy-on-write', 'write image 589824+65536 copy-on-write']);
  });

  it('with subclusters: no copy where the request fills them, and only the subcluster where it does not', () => {
    const { driver, io } = warmDriver(smallImage({ extendedL2: true }));
    driver.write(3 * 65_536 + 4096, 4096);
    expect(io.take()).toEqual(['write image 462848+4096 data']);
    driver.write(3 * 65_536 + 16_384, 1024);
    expect(io.take()).toEqual(['zero image 475136+2048 copy-on-write', 'write image 475136+1024 data']);
    driver.flush();
    expect(io.take().slice(-4)).toEqual([
      'write image 131072+65536 refcount',
      'sync image',
      'write image 262144+65536 l2',
      'sync image',
    ]);
  });

  it('with lazy refcounts: the dirty bit once, no refcounts at the flush, both at the close', () => {
    const io = recorder();
    const driver = new Qcow2Driver(smallImage({ lazyRefcounts: true }), { ...writeback, lazyRefcounts: true }, io);
    driver.write(0, 65_536);
    expect(io.take().slice(-2)).toEqual(['write image 72+8 header', 'sync image']);
    driver.write(65_536, 65_536);
    driver.flush();
    expect(io.take()).toEqual(['write image 393216+65536 data', 'write image 262144+65536 l2', 'sync image']);
    driver.close();
    expect(io.take()).toEqual([
      'write image 131072+65536 refcount',
      'sync image',
      'write image 0+65536 header',
      'sync image',
    ]);
  });

  it('with cache=writethrough: the flush is part of it', () => {
    const { driver, io } = warmDriver(smallImage(), { writethrough: true });
    driver.write(4096, 4096);
    expect(io.take()).toEqual(['write image 331776+4096 data', 'sync image']);
  });

  it('with cache=unsafe: tables are written, nothing is synced', () => {
    const { driver, io } = warmDriver(smallImage(), { noFlush: true });
    driver.write(3 * 65_536, 65_536);
    driver.flush();
    expect(io.take()).toEqual([
      'write image 458752+65536 data',
      'write image 131072+65536 refcount',
      'write image 262144+65536 l2',
    ]);
  });

  it('to an external data file: at the guest offset, without refcounts', () => {
    const { driver, io } = warmDriver(smallImage({ externalData: true }));
    driver.write(inCluster3, 4096);
    driver.flush();
    expect(io.take()).toEqual([
      'zero data 196608+65536 copy-on-write',
      `write data ${inCluster3}+4096 data`,
      'write image 262144+65536 l2',
      'sync data',
      'sync image',
    ]);
  });
});

describe('discard', () => {
  it('gives whole clusters back, and writes L2 before refcounts', () => {
    const { driver, io } = warmDriver(smallImage());
    driver.discard(0, 131_072);
    expect(io.take()).toEqual(['discard image 327680+131072 data']);
    driver.flush();
    expect(io.take()).toEqual([
      'write image 262144+65536 l2',
      'sync image',
      'write image 131072+65536 refcount',
      'sync image',
    ]);
  });

  it('drops what is no whole cluster, and everything without discard=unmap', () => {
    const { driver, io } = warmDriver(smallImage());
    driver.discard(4096, 65_536);
    const ignoring = warmDriver(smallImage(), { discard: false });
    ignoring.driver.discard(0, 131_072);
    expect([...io.take(), ...ignoring.io.take()]).toEqual([]);
  });
});

describe('a request that is none', () => {
  it.each([
    [0, 0],
    [-512, 512],
    [2 ** 30, 512],
    [2 ** 30 - 512, 1024],
  ])('of %i+%i is refused, and nothing happens', (offset, length) => {
    const { driver, io } = warmDriver(smallImage());
    for (const act of [
      () => driver.read(offset, length),
      () => driver.write(offset, length),
      () => driver.discard(offset, length),
      () => driver.writeZeroes(offset, length, true),
    ]) {
      expect(act).toThrow(RangeError);
    }
    expect(io.take()).toEqual([]);
  });
});

describe('space', () => {
  it('of a new image is what QEMU leaves', () => {
    expect(smallImage().file.lengthBytes).toBe(196_624);
    expect(smallImage({ preallocation: 'metadata' }).file.allocatedBytes).toBe(648 * 512);
  });

  it('of 2 TiB that are mapped costs the model little memory', () => {
    const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const image = smallImage({ virtualBytes: 2 ** 41, preallocation: 'metadata' });
    const after = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    expect(image.l2Tables.size).toBe(4096);
    expect(after - before).toBeLessThan(64 * 2 ** 20);
  });
});

describe('cloneImage', () => {
  it('gives a copy that goes its own way', () => {
    const image = smallImage();
    const copy = cloneImage(image);
    const driver = new Qcow2Driver(copy, writeback, noSink);
    driver.write(0, 2 ** 20);
    driver.close();
    expect(image.l1[0]).toBe(0);
    expect(image.file.lengthBytes).toBe(196_624);
    expect(copy.file.lengthBytes).toBe(327_680 + 2 ** 20);
    expect(image.refcounts.get(5)).toBe(0);
    expect(copy.refcounts.get(5)).toBe(1);
  });
});

describe('counters', () => {
  it('tell the entries that a flush looks at: all of both caches, and again where one depends on the other', () => {
    const { driver } = warmDriver(smallImage());
    const before = driver.counters.flushSteps;
    driver.flush();
    expect(driver.counters.flushSteps - before).toBe(8);
    driver.write(3 * 65_536, 65_536);
    driver.flush();
    expect(driver.counters.flushSteps - before).toBe(8 + 12);
  });
});
