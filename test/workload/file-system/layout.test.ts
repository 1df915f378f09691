import { expect, test } from 'vitest';
import { Ext4Layout } from '../../../src/workload/file-system/layout.ts';

// dumpe2fs of what mkfs.ext4 1.47 made of a file of 8 GiB.
test('metadata lies where mkfs.ext4 puts it on 8 GiB', () => {
  const layout = new Ext4Layout(8 * 2 ** 30);
  expect([layout.blockCount, layout.groupCount, layout.inodesPerGroup]).toEqual([2_097_152, 64, 8192]);
  expect([layout.blockBitmap(0), layout.inodeBitmap(0)]).toEqual([1025, 1041]);
  expect(layout.inodeTable(0)).toEqual({ first: 1057, count: 512 });
  expect(layout.inodeTable(1).first).toBe(1569);
  expect([layout.blockBitmap(17), layout.inodeBitmap(17)]).toEqual([524_289, 524_305]);
  expect(layout.inodeTable(16).first).toBe(524_320);
  expect(layout.inodeTable(49).first).toBe(1_573_408);
  expect(layout.reservedBlockCount(1)).toBe(33_793 - 32_768);
  expect(layout.reservedBlockCount(16)).toBe(532_512 - 524_288);
  expect(layout.reservedBlockCount(17)).toBe(0);
  expect(layout.reservedBlockCount(49)).toBe(1_606_657 - 1_605_632);
  expect(layout.journal).toEqual({ first: 1_081_344, count: 16_384 });
});

test.each([2 ** 28, 2 ** 30, 5 * 2 ** 30 + 4096, 2 ** 40])('nothing overlaps on %d bytes', (bytes) => {
  const layout = new Ext4Layout(bytes);
  const { journal } = layout;
  expect(journal.first + journal.count).toBeLessThanOrEqual(layout.blockCount);
  for (let group = 0; group < Math.min(layout.groupCount, 40); group++) {
    const table = layout.inodeTable(group);
    expect(layout.inodeBlock(group, layout.inodesPerGroup - 1)).toBe(table.first + table.count - 1);
    if (group % 16 !== 15 && group + 1 < layout.groupCount) {
      expect(layout.inodeTable(group + 1).first).toBe(table.first + table.count);
    }
  }
});
