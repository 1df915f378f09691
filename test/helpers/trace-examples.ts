import type { TraceFormatName } from '../../src/workload/trace/trace-format.ts';
import {
  BlktraceAction,
  blktraceBytes,
  concatenated,
  octfDevice,
  octfRequest,
  oracleBytes,
  tarBytes,
  vscsiBytes,
} from './trace-records.ts';

const text = (...lines: readonly string[]): Uint8Array => new Uint8Array(Buffer.from(`${lines.join('\n')}\n`));

const queues = concatenated([
  octfDevice(1000n, 7n, 'nvme0n1'),
  octfRequest(5000n, 2n, 8n, 8n),
  octfRequest(9000n, 1n, 0n, 64n),
]);

/** Small traces of every format, each of at least two requests. */
export const traceExamples: readonly (readonly [format: TraceFormatName, bytes: Uint8Array])[] = [
  ['iolog', text('fio version 2 iolog', 'disk add', 'disk open', 'disk read 0 4096', 'disk sync 0 0', 'disk close')],
  ['iolog', text('fio version 3 iolog', '0 disk add', '1 disk open', '2 disk write 0 4096', '3 disk trim 0 4096')],
  ['qtune-csv', text('t_us,op,offset,length,flags', '0,R,4096,512,MA', '10,W,0,4096,S', '12,F,0,0,P')],
  ['msr', text('128166372003061629,hm,1,Read,2096128,512,6303', '128166372016382155,hm,1,Write,3221266432,4096,1331')],
  ['alibaba', text('419,W,8792731648,16384,1577808144360767', '419,R,8792735744,4096,1577808144360890')],
  ['tencent', text('1538323200,12910952,128,0,1063', '1538323201,8,16,1,1063')],
  [
    'systor',
    text(
      'Timestamp,Response,IOType,LUN,Offset,Size',
      '1455592551.002,0.0003,W,0,4096,4096',
      '1455592551.003,0.002,R,0,4096,512',
    ),
  ],
  ['spc', text('0,20941264,8192,W,0.551706', '0,8,1024,r,0.554041')],
  ['libcachesim-csv', text('version,time,op(hex),size,lbn', '1,5633898611441,2a,512,8', '1,5633898611451,28,4096,16')],
  [
    'oracle-general',
    concatenated([oracleBytes(10, 5n, 4096, 3n), oracleBytes(10, 6n, 512, -1n), oracleBytes(12, 5n, 4096, 9000n)]),
  ],
  [
    'vscsi',
    concatenated([vscsiBytes(1, 0x2a, 512, 8n, 5632000000000n), vscsiBytes(1, 0x28, 4096, 16n, 5632000000250n)]),
  ],
  [
    'vscsi',
    concatenated([vscsiBytes(2, 0x2a, 512, 8n, 5632000000000n), vscsiBytes(2, 0x28, 4096, 16n, 5632000000250n)]),
  ],
  ['disksim', text('13.191135\t30\t8\t5\t1', '17.829285\t20\t576560\t6\t0')],
  ['disksim', text('938513000 4 264719034 16 0', '938828000 3 8 16 1')],
  [
    'blkparse',
    text(
      '  8,16   5        1     0.000000000 18615  A   R 1444645666 + 256 <- (8,17) 1444645632',
      '  8,16   5        2     0.000001850 18615  Q   R 1444645666 + 256 [java]',
      '  8,16   5        3     0.000006438 18615  D   R 1444645666 + 256 [java]',
      '  8,16   5        4     0.000008750 18615  Q  WS 64 + 8 [jbd2/sdb1-8]',
      'CPU0 (sdb):',
      ' Reads Queued:           1,      128KiB',
    ),
  ],
  [
    'blktrace',
    blktraceBytes([
      { action: BlktraceAction.processName, payload: Buffer.from('swapper\0') },
      { action: BlktraceAction.queueRead, sector: 8n, bytes: 4096 },
      { action: BlktraceAction.queueWrite, sector: 8n, bytes: 4096, payload: Buffer.from('xyz') },
    ]),
  ],
  [
    'blktrace',
    blktraceBytes(
      [{ action: BlktraceAction.queueRead, sector: 8n, bytes: 512 }, { action: BlktraceAction.queueFlush }],
      false,
    ),
  ],
  [
    'ftrace',
    text(
      '# tracer: nop',
      '#',
      '  jbd2/vda1-8-231     [000] .....    12.345678: block_bio_queue: 254,0 WS 2048 + 8 [jbd2/vda1-8]',
      '  jbd2/vda1-8-231     [000] .....    12.345679: block_rq_issue: 254,0 WS 4096 () 2048 + 8 be,0,4 [jbd2/vda1-8]',
      '  jbd2/vda1-8-231     [000] .....    12.345680: block_bio_queue: 254,0 FF 0 + 0 [jbd2/vda1-8]',
    ),
  ],
  [
    'biosnoop',
    text(
      'TIME(s)     COMM           PID    DISK    T SECTOR     BYTES   LAT(ms)',
      '0.000004    supervise      1950   xvda1   W 13092560   4096       0.74',
      '2.003920    xfsaild/md0    456    xvdc    R 62901512   8192       0.23',
    ),
  ],
  [
    'qemu-log',
    text(
      'blk_co_preadv blk 0x5620c03da960 bs 0x5620c03e4b00 offset 0 bytes 512 flags 0x0',
      'qcow2_cache_get_read co 0x1 is_l2_cache 1 index 2',
      'blk_co_pwritev blk 0x5620c03da960 bs 0x5620c03e4b00 offset 65536 bytes 65536 flags 0x8',
    ),
  ],
  [
    'qemu-log',
    text(
      '6807@1795214019.778149:virtio_blk_handle_read vdev 0x5612a572f860 req 0x5612a48a06c0 sector 0 nsectors 1',
      '6807@1795214019.778150:virtio_blk_handle_write vdev 0x5612a572f860 req 0x5612a48a06c0 sector 8 nsectors 1',
    ),
  ],
  ['octf', queues],
  [
    'octf',
    tarBytes([
      ['t/octf.summary', Buffer.from('{}')],
      ['t/octf.trace.0', queues],
      ['t/octf.trace.1', queues],
    ]),
  ],
];
