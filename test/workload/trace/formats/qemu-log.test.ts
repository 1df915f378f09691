import { expect, test } from 'vitest';
import { qemuLogFormat } from '../../../../src/workload/trace/formats/qemu-log.ts';
import { readBytes } from '../../../helpers/traces.ts';

const noFlushes = "QEMU's log has no flushes and no discards";

test('events of block backends, with their flags', () => {
  const read = readBytes(
    qemuLogFormat,
    `blk_co_preadv blk 0x5620c03da960 bs 0x5620c03e4b00 offset 0 bytes 512 flags 0x0
blk_co_pwritev blk 0x5620c03da960 bs 0x5620c03e4b00 offset 65536 bytes 65536 flags 0x8
qcow2_cache_get_read co 0x1 is_l2_cache 1 index 2
blk_co_pwritev blk 0x5620c03da960 bs 0x5620c03e4b00 offset 1048576 bytes 65536 flags 0x2
blk_co_pwritev blk 0x5620c03da961 bs 0x5620c03e4b00 offset 2097152 bytes 4096 flags 0x10
[    0.000000] Linux version 6.1.0
`,
  );
  expect(read.requests).toEqual([
    'read 0 512',
    'write 65536 65536',
    'trim 1048576 65536',
    'write 2097152 4096',
    'sync',
  ]);
  expect(read.devices).toEqual(['blk 0x5620c03da960 3', 'blk 0x5620c03da961 2']);
  expect(read.passedOver).toEqual({ 'other lines of the log': 2 });
  expect(read.notes).toContain(noFlushes);
});

test('what a request shows at two levels counts once', () => {
  const read = readBytes(
    qemuLogFormat,
    `6807@1795214026.717583:virtio_blk_handle_read vdev 0x5612a572f860 req 0x5612a48a06c0 sector 0 nsectors 8
6807@1795214026.717665:blk_co_preadv blk 0x5612a49a18a0 bs 0x5612a49a3ee0 offset 0 bytes 4096 flags 0x8
6807@1795214026.733724:virtio_blk_req_complete vdev 0x5612a572f860 req 0x5612a48a06c0 status 0
6807@1795214027.217665:blk_co_preadv blk 0x5612a49a18a0 bs 0x5612a49a3ee0 offset 4096 bytes 4096 flags 0x8
`,
  );
  expect(read.requests).toEqual(['read 0 4096 0', 'read 4096 4096 500000']);
  expect(read.devices).toEqual(['blk 0x5612a49a18a0 2']);
  expect(read.notes[0]).toBe(
    '2 blk_co_* events are taken, 1 virtio_blk_handle_* event is not; both show the same requests',
  );
});

test('events of virtio-blk where there are no others', () => {
  const read = readBytes(
    qemuLogFormat,
    `virtio_blk_handle_read vdev 0x5612a572f860 req 0x5612a48a06c0 sector 33554304 nsectors 8
virtio_blk_handle_write vdev 0x5612a572f860 req 0x5612a48a06c0 sector 8 nsectors 8
`,
  );
  expect(read.requests).toEqual(['read 17179803648 4096', 'write 4096 4096']);
  expect(read.devices).toEqual(['vdev 0x5612a572f860 2']);
});

test('times of the day in front of the program, as later releases write them', () => {
  const rest = 'blk 0x1 bs 0x2 offset 0 bytes 512 flags 0x0';
  const read = readBytes(
    qemuLogFormat,
    `2026-03-01T23:59:59.750000Z qemu-system-x86_64(1234:main): blk_co_preadv ${rest}
2026-03-02T00:00:00Z guest7 qemu-system-x86_64(1234:main): blk_co_pwritev ${rest}
2026-03-02T00:00:00.000001Z blk_co_pwritev ${rest}
`,
  );
  expect(read.requests).toEqual(['read 0 512 0', 'write 0 512 250000', 'write 0 512 250001']);
});

test.each([
  ['cut short', 'blk_co_preadv blk 0x1 bs 0x2 offset 0 bytes 51', 'the line is cut short'],
  [
    'other fields',
    'blk_co_preadv blk 0x1 bs 0x2 nbytes 0 offset 51 flags 0x0',
    'does not have the fields of its event',
  ],
  [
    'a negative offset',
    'blk_co_preadv blk 0x1 bs 0x2 offset -1 bytes 51 flags 0x0',
    'offset and bytes are whole numbers',
  ],
  ['binary', '\0\0\0\0', 'the line is no text'],
])('%s is told with its line', (_, line, message) => {
  const text = `blk_co_preadv blk 0x1 bs 0x2 offset 0 bytes 512 flags 0x0\n${line}`;
  expect(() => readBytes(qemuLogFormat, text)).toThrow(new RegExp(`^trace:2: .*${message}`));
  expect(readBytes(qemuLogFormat, text, { skipBadCount: 1 })).toMatchObject({
    skippedCount: 1,
    requests: ['read 0 512'],
  });
});
