import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { loadTraceText, readTraceText } from './read-trace-text.ts';

const fixture = (extension: string): Buffer =>
  readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'traces', `mkfs-ext4-16g.csv.${extension}`));

const extensions = ['gz', 'zst', 'xz'] as const;
const names = { gz: 'gzip', zst: 'zstd', xz: 'xz' } as const;
const header = 't_us,op,offset,length,flags\n';

/** A zstd frame of blocks that each repeat a byte, without content size and checksum. */
function zstdRuns(blocks: readonly (readonly [byte: string, count: number])[], windowByte = 0x38): Buffer {
  const parts = blocks.map(([byte, count], index) => {
    const block = Buffer.alloc(4);
    block.writeUIntLE((count << 3) | (1 << 1) | (index === blocks.length - 1 ? 1 : 0), 0, 3);
    block.write(byte, 3, 'latin1');
    return block;
  });
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, windowByte]), ...parts]);
}

/** The same of bytes as they are. */
function zstdRaw(text: string): Buffer {
  const block = Buffer.alloc(3);
  block.writeUIntLE((text.length << 3) | 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]), block, Buffer.from(text)]);
}

test('the same requests come out of every compression', async () => {
  const [gzip, zstd, xz] = await Promise.all(extensions.map((extension) => loadTraceText(fixture(extension))));
  expect(gzip?.requests.count).toBe(62);
  expect([zstd?.requests.hash, xz?.requests.hash]).toEqual([gzip?.requests.hash, gzip?.requests.hash]);
  expect([gzip, zstd, xz].map((profile) => profile?.survey.compression)).toEqual(['gzip', 'zstd', 'xz']);
});

describe.each(extensions)('%s', (extension) => {
  test('of several members is read to the end', async () => {
    const whole = fixture(extension);
    const profile = await loadTraceText(Buffer.concat([whole, whole]), { skipBadCount: 1 });
    // The second header line is no request, and times begin again.
    expect(profile.requests.count).toBe(124);
    expect(profile.survey.firstSkipped).toContain('line 64, the time "t_us" is not a number');
  });

  test('cut anywhere is an error with the offset, never a shorter trace', async () => {
    const whole = fixture(extension);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 6, max: whole.length - 1 }), async (length) => {
        const error: unknown = await loadTraceText(whole.subarray(0, length), { format: 'qtune-csv' }).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(InputError);
        expect(error instanceof Error ? error.message : '').toMatch(
          new RegExp(`^trace: offset ${length}: its ${names[extension]} data (end too early|are damaged)`),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('with a wrong byte is an error or reads on, never a hang or another kind of error', async () => {
    const whole = fixture(extension);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        const result: unknown = await loadTraceText(damaged, { format: 'qtune-csv', skipBadCount: 1000 }).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (result !== undefined) expect(result).toBeInstanceOf(InputError);
      }),
      { numRuns: 150 },
    );
  });

  test('with something behind the end is not taken for whole', async () => {
    await expect(loadTraceText(Buffer.concat([fixture(extension), Buffer.from('and more')]))).rejects.toThrow(
      InputError,
    );
  });
});

test('the message says what was read until the cut', async () => {
  const text = header + Array.from({ length: 50_000 }, (_, index) => `${index},W,${index * 512},512,\n`).join('');
  const cut = gzipSync(text).subarray(0, 100_000);
  await expect(loadTraceText(cut)).rejects.toThrow(
    /^trace: offset 100000: its gzip data end too early \([\d,]{6} requests until there\)$/,
  );
});

describe('zstd that asks for too much', () => {
  test('frames to skip are skipped, before and behind the trace', async () => {
    const skipped = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const { requests } = await readTraceText(Buffer.concat([skipped, zstdRaw(`${header}0,W,0,512,\n`), skipped]));
    expect(requests).toHaveLength(1);
  });

  test('a window of gigabytes is refused before it is made', async () => {
    await expect(loadTraceText(zstdRuns([['x', 1]], 0xa0))).rejects.toThrow(
      'a frame needs a window of 1073741824 bytes; 134217728 are the most',
    );
    const single = Buffer.from('28b52ffde0000000000000001003000061', 'hex');
    await expect(loadTraceText(single)).rejects.toThrow(/a frame needs a window of \d{15,} bytes/);
  });

  test('a block larger than zstd allows is refused', async () => {
    await expect(loadTraceText(zstdRuns([['x', 131_073]]))).rejects.toThrow('a block of 131073 bytes is larger than');
  });

  test('a line of 10 GB is refused where its first 64 KiB are read', async () => {
    const line = zstdRuns(Array.from({ length: 80_000 }, () => ['x', 131_072] as const));
    const bomb = Buffer.concat([zstdRaw(`${header}0,W,0,512,\n`), line]);
    expect(bomb.length).toBeLessThan(400_000);
    await expect(loadTraceText(bomb)).rejects.toThrow(
      'trace:3: the line is longer than 64 KiB (1 request until there)',
    );
  });

  test('a long line that may be skipped is passed over', async () => {
    const line = zstdRuns([...Array.from({ length: 1000 }, () => ['x', 131_072] as const), ['\n', 1]]);
    const bomb = Buffer.concat([zstdRaw(`${header}0,W,0,512,\n`), line, zstdRaw('1,R,0,512,\n')]);
    const { requests, survey } = await readTraceText(bomb, { skipBadCount: 1 });
    expect(requests.map(({ operation }) => operation)).toEqual(['write', 'read']);
    expect(survey.skippedCount).toBe(1);
  });
});
