import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadImage } from '../../src/driver/load-image.ts';
import { ImageFormatError, InputError, UsageError } from '../../src/errors.ts';
import { Random } from '../../src/workload/random.ts';
import { systemQemu } from '../helpers/qemu.ts';
import { BareImage } from '../qcow2/bare-image.ts';
import { home } from './load-bare-image.ts';

const bin = systemQemu();
const casesPerImage = 300;
const slowestMs = 2000;
const mostBytes = 200e6;

/** Values at the edges of fields. */
const edges = [0, 1, 2, 0xff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff];
const wideEdges = [
  0n,
  1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 56n - 512n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Small images, each with another kind of table. */
const made: readonly (readonly [name: string, options: string, commands: readonly string[]])[] = [
  ['compressed', 'cluster_size=512', ['write 0 40k', 'write -c 1M 512', 'write -c 1025k 512', 'write -z 2M 5k']],
  ['subclusters', 'cluster_size=16k,extended_l2=on', ['write 1k 4k', 'write -z 2M 5k', 'write -c 64k 16k']],
  ['bits', 'cluster_size=1k,refcount_bits=1', ['write 0 40k']],
  ['wide', 'cluster_size=4k,refcount_bits=64,lazy_refcounts=on', ['write 0 40k']],
  ['data', 'cluster_size=4k,data_file=data.raw', ['write 0 40k']],
];

function makeImage([name, options, commands]: (typeof made)[number]): Buffer {
  const path = join(home, name);
  const tool = (file: string, ...args: string[]): void => {
    execFileSync(join(bin as string, file), args, { cwd: home, stdio: 'ignore' });
  };
  const io = (): void => tool('qemu-io', '-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), path);
  tool('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', options, path, '3M');
  io();
  if (!options.includes('data_file') && !options.includes('refcount_bits=1')) {
    tool('qemu-img', 'snapshot', '-c', 'one', path);
    tool('qemu-io', '-f', 'qcow2', '-c', 'write 2k 4k', path);
  }
  return readFileSync(path);
}

/** Flips bits, and puts edge values over fields; sometimes the file is cut off. */
function damage(image: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(image);
  for (let times = random.below(3); times >= 0; times--) {
    const at = random.below(3) === 0 ? random.below(200) : random.below(bytes.length);
    const kind = random.below(4);
    if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    else if (kind === 1) bytes[at] = random.below(256);
    else if (kind === 2)
      bytes.writeUInt32BE(edges[random.below(edges.length)] as number, Math.min(at & ~3, bytes.length - 4));
    else
      bytes.writeBigUInt64BE(wideEdges[random.below(wideEdges.length)] as bigint, Math.min(at & ~7, bytes.length - 8));
  }
  return random.below(20) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

test.each([['bare', undefined], ...made.map((recipe) => [recipe[0], recipe] as const)] as const)(
  'damage at random gives an image or an error that says so, soon and in little memory: %s',
  (name, recipe) => {
    if (recipe !== undefined && bin === undefined) return;
    const image = recipe === undefined ? new BareImage().bytes : makeImage(recipe);
    const random = new Random(20, name.length, name.charCodeAt(0));
    const memory = process.memoryUsage().rss;
    const outcomes = { loaded: 0, refused: 0 };
    for (let index = 0; index < casesPerImage; index++) {
      const damaged = new BareImage();
      damaged.bytes = damage(image, random);
      damaged.save(join(home, 'damaged.qcow2'));
      const before = performance.now();
      try {
        loadImage('damaged.qcow2', { followBacking: random.below(2) === 0, cwd: home });
        outcomes.loaded++;
      } catch (error) {
        outcomes.refused++;
        const known = error instanceof ImageFormatError || error instanceof UsageError || error instanceof InputError;
        if (!known) expect([index, error]).toBeUndefined();
      }
      expect(performance.now() - before).toBeLessThan(slowestMs);
      expect(process.memoryUsage().rss - memory).toBeLessThan(mostBytes);
    }
    expect(outcomes.loaded).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(casesPerImage / 5);
  },
);
