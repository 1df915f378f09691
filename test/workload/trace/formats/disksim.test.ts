import { expect, test } from 'vitest';
import { disksimFormat } from '../../../../src/workload/trace/formats/disksim.ts';
import { readBytes } from '../../../helpers/traces.ts';

test('DiskSim: milliseconds, bit 0 of the flags is a read', () => {
  const read = readBytes(disksimFormat, '13.191135\t30\t8\t5\t1\n17.829285 20 576560 6 2\n\n24 20 16 1 10\r\n');
  expect(read.requests).toEqual(['read 4096 2560 0', 'write 295198720 3072 4638.15', 'write 8192 512 10808.865']);
  expect(read.devices).toEqual(['20 2', '30 1']);
  expect(read.notes).toEqual(['times are taken as milliseconds, as DiskSim writes them: the first has a fraction']);
});

test('SSDsim and MQSim: nanoseconds', () => {
  const read = readBytes(disksimFormat, '938513000 4 264719034 16 0\n938828500 3 8 16 1\n');
  expect(read.requests).toEqual(['write 135536145408 8192 0', 'read 4096 8192 315.5']);
  expect(read.notes).toEqual([
    'times are taken as nanoseconds, as SSDsim and MQSim write them: the first is a whole number',
  ]);
});

test.each([
  ['a fraction among nanoseconds', '1 0 8 8 1\n1.5 0 8 8 1', 'the time "1.5" is no such number'],
  ['too few numbers', '1 0 8 8 1\n2 0 8 8', 'a line has 5 numbers'],
  ['too many', '1 0 8 8 1\n2 0 8 8 1 1', 'a line has 5 numbers'],
  ['a negative sector', '1 0 8 8 1\n2 0 -8 8 1', 'sector, sectors and flags are whole numbers below 2^53'],
  ['no sectors at all', '1 0 8 8 1\n2 0 8 0 1', 'the length of a read is 0'],
])('%s is told with its line', (_, text, message) => {
  expect(() => readBytes(disksimFormat, text)).toThrow(`trace:2: ${message}`);
  expect(readBytes(disksimFormat, text, { skipBadCount: 1 })).toMatchObject({
    skippedCount: 1,
    requests: ['read 4096 4096 0'],
  });
});
