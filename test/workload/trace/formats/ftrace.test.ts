import { expect, test } from 'vitest';
import { ftraceFormat } from '../../../../src/workload/trace/formats/ftrace.ts';
import { readBytes } from '../../../helpers/traces.ts';

const header = `# tracer: nop
#
# entries-in-buffer/entries-written: 5/5   #P:2
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;
const queue = '   jbd2/vda1-8-231     [000] .....    12.345678: block_bio_queue: 254,0 WS 2048 + 8 [jbd2/vda1-8]\n';
const issue =
  '   jbd2/vda1-8-231     [000] .....    12.345679: block_rq_issue: 254,0 WS 4096 () 2048 + 8 be,0,4 [jbd2/vda1-8]\n';
const flush =
  '   kworker/0:1H-55     [001] d..1.    12.345700: block_rq_issue: 254,0 FF 0 () 0 + 0 none,0,0 [kworker/0:1H]\n';
const complete =
  '          <idle>-0       [001] d.h1.    12.345900: block_rq_complete: 254,0 WS () 2048 + 8 none,0,0 [0]\n';

test('queue events, and issue events where they are asked for', () => {
  const text = header + queue + issue + flush + complete;
  expect(readBytes(ftraceFormat, text)).toMatchObject({
    requests: ['write 1048576 4096 0'],
    devices: ['254,0 1'],
    passedOver: { 'issue events': 2, 'other events': 1 },
    notes: [expect.stringMatching(/^1 queue event is taken, 2 issue events are not; --event issue/)],
  });
  expect(readBytes(ftraceFormat, text, { event: 'issue' }).requests).toEqual(['write 1048576 4096 0', 'sync 21']);
});

test('a recording of issue events alone', () => {
  expect(readBytes(ftraceFormat, header + issue + flush).requests).toEqual(['write 1048576 4096 0', 'sync 21']);
});

test('what trace-cmd and perf print, and older kernels', () => {
  const text = [
    '            dd-1234  [000]   100.000001: block_rq_issue:       8,0 R 131072 () 0 + 256 [dd]',
    'my ] x: 1.5: d 77 [001]   100.000002: block:block_rq_issue: 8,0 D 0 () 512 + 64 [my ] x: 1.5: d]',
    '            a b-1234  [000]   100.000003: block_rq_issue:       8,0 N 36 (12 00 00 00 24 00) 18446744073709551615 + 0 [a b]',
    '            dd-1234  [000]   100.000004: block_rq_issue:       8,0 FF 0 () 18446744073709551615 + 0 [dd]',
    '            dd-1234  [000]   100.000005: block_rq_issue:       8,0 N 0 () 8 + 8 [dd]',
    '            dd-1234  [000]   100.000006: block_rq_issue:       8,0 WFS 4096 () 8 + 8 [dd]',
  ].join('\n');
  const read = readBytes(ftraceFormat, text);
  expect(read.requests).toEqual([
    'read 0 131072 0',
    'trim 262144 32768 1',
    'sync 3',
    'trim 4096 4096 4',
    'write 4096 4096 5',
    'sync 5',
  ]);
  expect(read.passedOver).toEqual({ 'commands without data': 1 });
});

test('a line that ends in its time is read the same whatever lay behind it in memory', () => {
  const text = `${issue}${issue}  dd-1 [000] ..... 12.345680:`;
  for (const pieceBytes of [1, 64, 4096]) {
    expect(() => readBytes(ftraceFormat, text, {}, pieceBytes)).toThrow(
      'trace:3: "  dd-1 [000] ..... 12.345680:" is no line',
    );
  }
});

test('lost events are told', () => {
  const read = readBytes(ftraceFormat, `${issue}CPU:1 [LOST 1200 EVENTS]\n${issue}`);
  expect(read.requests).toHaveLength(2);
  expect(read.notes).toContain('the tracer lost events: its buffer was too small');
});

test.each([
  ['cut before the length', issue.slice(0, 92), 'the line is cut short'],
  [
    'cut in the process',
    issue
      .slice(0, -20)
      .trimEnd()
      .replace(/\[jbd.*/, ''),
    'the line is cut short',
  ],
  ['a clock of cycles', issue.replace('12.345679', '9912345679'), 'the time "9912345679" is not in seconds'],
  ['no kind', issue.replace(' WS ', ' YES '), '"YES" is no kind of request'],
  ['no device', issue.replace('254,0', 'vda'), 'there is no device (major,minor)'],
  ['another text', 'hello\n', '"hello" is no line of ftrace'],
])('%s is told with its line', (_, line, message) => {
  expect(() => readBytes(ftraceFormat, header + issue + line)).toThrow(`trace:8: ${message}`);
  expect(readBytes(ftraceFormat, header + issue + line, { skipBadCount: 1 }).skippedCount).toBe(1);
});
