import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { measureImage } from '../../src/qcow2/measure.ts';
import { isAtLeast } from '../../src/settings/qemu-version.ts';
import { parseBytes } from '../../src/units/bytes.ts';
import { oracles, run, seededPicker, twoAtATime } from '../settings/qemu-oracle.ts';

// `qemu-img measure --size TEXT` with the smallest clusters shows to 512 bytes what QEMU makes of a size; `--size BYTES` must give the same.

const spellings = [
  ...'0 1 511 512 513 1b 1B 1k 1K 1.5K 1.K 1. 1.0 0x10 0X10 0x1000 010 +5 1.0001K 0.0001K 0.1M 0.1G 1.1G 12.345G 0.3G'.split(
    ' ',
  ),
  ...'99.99G 1.99999999999999999999K 0.00000001G 1g 1m .5K .125M 100000000000 0.0b'.split(' '),
];
const refused = '1.5 0.5b 1e3 1.e3 1.5e1K 0x 0x1.8 1_000 1,5K 1.5.2K 1kk . .K K inf nan 0b11 1KB 1x -5'.split(' ');

async function measured(bin: string, size: string): Promise<string | undefined> {
  const args = ['measure', '--size', size, '-O', 'qcow2', '-o', 'cluster_size=512', '--output', 'json'];
  const output = await run(join(bin, 'qemu-img'), args);
  return output.ok ? JSON.stringify(JSON.parse(output.stdout)) : undefined;
}

function ours(size: string): string | undefined {
  try {
    const diskBytes = parseBytes(size, '--disk');
    const options = { clusterBytes: 512, extendedL2: false, refcountBits: 16, preallocation: 'off' } as const;
    const { requiredBytes, fullyAllocatedBytes } = measureImage({ diskBytes, ...options });
    return JSON.stringify({ required: requiredBytes, 'fully-allocated': fullyAllocatedBytes });
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

test('every spelling of a size is read as QEMU reads it', async (context) => {
  const tools = await oracles();
  if (tools.length === 0) return context.skip('no QEMU on this machine');
  const pick = seededPicker(3);
  const random = Array.from({ length: 60 }, () => `${pick(100)}.${pick(10 ** 6)}${'kMG'.charAt(pick(3))}`);
  const all = [...spellings, ...random, ...refused];
  for (const qemu of tools) {
    // Before 8.1 a fraction needed a digit in front, and one that rounds to 1 was lost; qtune reads as the newer ones do.
    const old = !isAtLeast(qemu.version, { major: 8, minor: 1 });
    const theirs = await twoAtATime(all, (size) => measured(qemu.bin, size));
    const differences = all.flatMap((size, index) => {
      if (old && (size.startsWith('.') || size.startsWith('1.9999999999'))) return [];
      return theirs[index] === ours(size) ? [] : [`${qemu.name}: ${size}: QEMU ${theirs[index]}, qtune ${ours(size)}`];
    });
    expect(differences).toEqual([]);
  }
});
