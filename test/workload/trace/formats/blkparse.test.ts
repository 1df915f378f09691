import { expect, test } from 'vitest';
import { InputError } from '../../../../src/errors.ts';
import { blkparseFormat } from '../../../../src/workload/trace/formats/blkparse.ts';
import { readBytes } from '../../../helpers/traces.ts';

/** A line as blkparse prints it. */
function event(time: string, action: string, rest: string, device = '8,16'): string {
  return `  ${device}   5        1 ${time.padStart(15)} 18615  ${action} ${rest}\n`;
}

const whole = [
  'Input file sdb.blktrace.0 added\n',
  event('0.000000000', 'A', '  R 1444645666 + 256 <- (8,17) 1444645632'),
  event('0.000001850', 'Q', '  R 1444645666 + 256 [java]'),
  event('0.000006438', 'G', '  R 1444645666 + 256 [java]'),
  event('0.000008750', 'P', '  N [java]'),
  event('0.000012990', 'm', '  N cfq18615S / insert_request'),
  event('0.000020000', 'D', '  R 1444645666 + 256 [java]'),
  event('0.000030000', 'C', '  R 1444645666 + 256 [0]'),
  event('1.500000000', 'Q', ' WS 8 + 16 [jbd2/sdb1-8 a]'),
  event('1.500001000', 'Q', ' DS 2048 + 4096 [fstrim]'),
  event('1.500002000', 'Q', 'FWS [jbd2]'),
  event('1.500003000', 'UT', ' N [kworker] 1'),
  'CPU0 (sdb):\n',
  ' Reads Queued:           1,      128KiB\t Writes Queued:           1,        8KiB\n',
  '\n',
  'Throughput (R/W): 0KiB/s / 0KiB/s\n',
  'Events (sdb): 12 entries\n',
  'Skips: 0 forward (0 -   0.0%)\n',
].join('');

test('queue events are requests; the rest is passed over by its kind', () => {
  const read = readBytes(blkparseFormat, whole);
  expect(read.requests).toEqual([
    'read 739658580992 131072 0',
    'write 4096 8192 1499998.15',
    'trim 1048576 2097152 1499999.15',
    'sync 1500000.15',
  ]);
  expect(read.devices).toEqual(['8,16 4']);
  expect(read.passedOver).toEqual({
    notices: 1,
    remaps: 1,
    'allocations of requests': 1,
    plugs: 1,
    messages: 1,
    completions: 1,
    unplugs: 1,
    'lines of sums': 5,
    'issue events': 1,
  });
  expect(read.notes).toEqual([
    '4 queue events are taken, 1 issue event is not; --event issue takes what the device was sent, after merging and splitting',
  ]);
});

test('--event issue takes what the device was sent', () => {
  expect(readBytes(blkparseFormat, whole, { event: 'issue' }).requests).toEqual(['read 739658580992 131072 0']);
});

test('a trace that has only issue events is taken by them', () => {
  const lines = Array.from({ length: 5000 }, (_, index) =>
    event(`${index}.000000000`, 'D', ` W ${8 * index} + 8 [dd]`),
  );
  const read = readBytes(blkparseFormat, lines.join(''));
  expect(read.requests).toHaveLength(5000);
  expect(read.requests.slice(-1)).toEqual(['write 20475904 4096 4999000000']);
  expect(read.notes).toEqual(['5,000 issue events are taken, as the trace does not start with queue events']);
  expect(readBytes(blkparseFormat, lines.slice(0, 3).join('')).requests).toHaveLength(3);
});

test('what was bad among events that were kept is told by its own line', () => {
  const lines =
    event('0.5', 'D', ' W 8 + 8 [dd]') +
    event('0.6', 'D', ' W 9999999999999 + 8 [dd]') +
    event('0.7', 'D', ' W 8 + 8 [dd]');
  expect(() => readBytes(blkparseFormat, lines)).not.toThrow();
  const far =
    event('0.5', 'D', ' W 8 + 8 [dd]') +
    event('0.6', 'D', ' W 99999999999999 + 8 [dd]') +
    event('0.7', 'D', ' W 8 + 8 [dd]');
  expect(() => readBytes(blkparseFormat, far)).toThrow(
    /^trace:2: the request ends behind .* \(1 request until there\)/,
  );
});

test('flush and forced unit access are syncs of their own', () => {
  const read = readBytes(
    blkparseFormat,
    [
      event('0.1', 'Q', 'FWFSM 8 + 8 [jbd2]'),
      event('0.2', 'Q', 'FN 0 + 0 [jbd2]'),
      event('0.3', 'Q', 'N 64 + 8 [mkfs]'),
      event('0.4', 'Q', 'WBS 72 + 8 [jbd2]'),
    ].join(''),
  );
  expect(read.requests).toEqual([
    'sync 0',
    'write 4096 4096 0',
    'sync 0',
    'sync 100000',
    'trim 32768 4096 200000',
    'write 36864 4096 300000',
  ]);
  expect(read.notes).toHaveLength(4);
});

test('packet commands say nothing of where', () => {
  const read = readBytes(
    blkparseFormat,
    event('0.1', 'Q', 'R 36 (12 00 00 00 24 00 ..) [smartd]') + event('0.2', 'Q', 'R 8 + 8 [x]'),
  );
  expect(read.requests).toEqual(['read 4096 4096 0']);
  expect(read.passedOver).toEqual({ 'commands without data': 1 });
});

test('several devices', () => {
  const read = readBytes(
    blkparseFormat,
    event('0.1', 'Q', 'R 8 + 8 [x]', '8,0') + event('0.2', 'Q', 'R 8 + 8 [x]', '259,12'),
  );
  expect(read.devices).toEqual(['8,0 1', '259,12 1']);
});

test.each([
  ['cut in the middle of a number', event('0.1', 'Q', 'R 8 + 8').trimEnd(), 'the line is cut short'],
  ['cut before the kind', '  8,16   5        1     0.000001850 18615  Q', 'the line is cut short'],
  ['no kind', event('0.1', 'Q', 'HELLO 8 + 8 [x]'), '"HELLO" is no kind of request'],
  ['no time', event('soon', 'Q', 'R 8 + 8 [x]'), 'the time "soon" is not in seconds'],
  ['no sector', event('0.1', 'Q', 'R -8 + 8 [x]'), 'the sector or the number of sectors is no whole number'],
  ['no action', event('0.1', '!', 'R 8 + 8 [x]'), 'the action "!" is unknown'],
  ['another text', 'iops: 12\n', '"iops: 12" is no line of blkparse'],
])('%s is told with its line', (_, line, message) => {
  const text = event('0.1', 'Q', 'R 8 + 8 [x]') + line;
  expect(() => readBytes(blkparseFormat, text)).toThrow(InputError);
  expect(() => readBytes(blkparseFormat, text)).toThrow(`trace:2: ${message}`);
  expect(readBytes(blkparseFormat, text, { skipBadCount: 1 })).toMatchObject({
    requests: ['read 4096 4096 0'],
    skippedCount: 1,
  });
});
