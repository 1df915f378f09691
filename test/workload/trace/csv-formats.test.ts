import { describe, expect, test } from 'vitest';
import { traceFormats } from '../../../src/workload/trace/formats/index.ts';
import type { TraceFormatName } from '../../../src/workload/trace/trace-format.ts';
import { readTraceText } from './read-trace-text.ts';

const times = (requests: { timeUs: number }[]) => requests.map(({ timeUs }) => timeUs);

/** One small file of each format of text with columns, as its documentation has it, and what its requests are. */
const samples: readonly {
  readonly name: TraceFormatName;
  readonly text: string;
  readonly requests: readonly [operation: string, offset: number, length: number, timeUs: number][];
  readonly devices: readonly string[];
}[] = [
  {
    name: 'qtune-csv',
    text: 't_us,op,offset,length,flags\n0,R,4096,512,MA\n10,W,0,4096,S\n11.5,D,8192,65536,\n12,F,0,0,P\n',
    requests: [
      ['read', 4096, 512, 0],
      ['write', 0, 4096, 10],
      ['trim', 8192, 65536, 11.5],
      ['sync', 0, 0, 12],
    ],
    devices: ['disk'],
  },
  {
    name: 'msr',
    text: '128166372003061629,hm,1,Read,2096128,512,6303\r\n128166372016382155,hm,1,Write,3221266432,4096,1331\r\n',
    requests: [
      ['read', 2096128, 512, 0],
      // 13320526 units of 100 ns; microseconds since 1601 would lose the last digits.
      ['write', 3221266432, 4096, 1332052.6],
    ],
    devices: ['hm_1'],
  },
  {
    name: 'alibaba',
    text: '419,W,8792731648,16384,1577808144360767\n419,R,8792735744,4096,1577808144360890\n',
    requests: [
      ['write', 8792731648, 16384, 0],
      ['read', 8792735744, 4096, 123],
    ],
    devices: ['419'],
  },
  {
    name: 'tencent',
    text: '1538323200,12910952,128,0,1063\n1538323201,8,16,1,1063\n',
    requests: [
      ['read', 12910952 * 512, 65536, 0],
      ['write', 4096, 8192, 1e6],
    ],
    devices: ['1063'],
  },
  {
    name: 'systor',
    text: [
      'Timestamp,Response,IOType,LUN,Offset,Size',
      '1455592551.002381000,0.000389,W,0,3154152960,4096',
      '1455592551.002401500,0.000022,,0,0,0',
      '1455592551.002501000,0.002000,R,0,4096,512',
      '',
    ].join('\n'),
    requests: [
      ['write', 3154152960, 4096, 0],
      ['read', 4096, 512, 120],
    ],
    devices: ['0'],
  },
  {
    name: 'spc',
    text: '0,20941264,8192,W,0.551706\n0,8,1024,r,0.554041,17,more\n',
    requests: [
      ['write', 20941264 * 512, 8192, 0],
      ['read', 4096, 1024, 2335],
    ],
    devices: ['0'],
  },
  {
    name: 'libcachesim-csv',
    text: 'version,time,op(hex),size,lbn\n1,5633898611441,2a,512,8\n1,5633898611451,28,4096,16\n1,5633898611459,12,0,0\n',
    requests: [
      ['write', 4096, 512, 0],
      ['read', 8192, 4096, 10],
    ],
    devices: ['disk'],
  },
];

describe.each(samples)('$name', ({ name, text, requests, devices }) => {
  test('is told by its content, and by this format alone', () => {
    const head = Buffer.from(text);
    expect(traceFormats.filter((format) => format.recognises(head)).map((format) => format.name)).toEqual([name]);
    // Cut in the middle of the second line, as where the head ends.
    const cut = head.subarray(0, text.indexOf('\n') + 8);
    expect(traceFormats.filter((format) => format.recognises(cut)).map((format) => format.name)).toEqual([name]);
  });

  test('gives its requests in bytes and microseconds', async () => {
    const content = await readTraceText(text);
    expect(content.survey.format).toBe(name);
    expect(content.requests.map(({ operation, offset, length }) => [operation, offset, length])).toEqual(
      requests.map(([operation, offset, length]) => [operation, offset, length]),
    );
    for (const [index, time] of times(content.requests).entries())
      expect(time).toBeCloseTo(requests[index]?.[3] ?? -1, 6);
    expect(content.survey.devices.map(({ what }) => what)).toEqual(devices);
  });

  test('refuses a line that is cut short, with its number', async () => {
    const lines = text.trimEnd().split('\n');
    const broken = `${[...lines, 'x'].join('\n')}\n`;
    await expect(readTraceText(broken, { format: name })).rejects.toThrow(`trace:${lines.length + 1}: `);
  });
});

test('sizes of Tencent are sectors and those of Alibaba bytes, whatever their order of columns', async () => {
  const { requests } = await readTraceText('1538323200,1,1,1,2\n');
  expect(requests).toMatchObject([{ operation: 'write', offset: 512, length: 512 }]);
  expect((await readTraceText('2,W,1,1,1538323200\n')).requests).toMatchObject([{ offset: 1, length: 1 }]);
});

test('ids of libCacheSim are multiples of the given unit, and without operations all are reads', async () => {
  const content = await readTraceText('time,obj_id,obj_size\n3,7,4096\n4,2,512\n', { idUnitBytes: 8192 });
  expect(content.requests).toMatchObject([
    { operation: 'read', offset: 7 * 8192, length: 4096, timeUs: 0 },
    { operation: 'read', offset: 2 * 8192, length: 512, timeUs: 1e6 },
  ]);
  expect(content.survey.notes.map(({ what }) => what)).toEqual([
    'the trace does not say what requests do: all are taken as reads',
    'offsets are ids times 8192 bytes; --id-unit says another',
  ]);
});

test('lines of SYSTOR without a type and other SCSI commands are counted, not taken', async () => {
  for (const name of ['systor', 'libcachesim-csv']) {
    const text = samples.find((sample) => sample.name === name)?.text ?? '';
    expect((await readTraceText(text)).survey.passedOver.map(({ count }) => count)).toEqual([1]);
  }
});

test.each([
  ['t_us,op,offset,length,flags\n0,X,0,512,\n', 'trace:2: the operation "X" is none of R, W, D, F and N (0 requests'],
  ['t_us,op,offset,length,flags\n0,RW,0,512,\n', 'trace:2: the operation "RW" is none of'],
  ['t_us,op,offset,length,flags\n0,R,0,512\n', 'trace:2: the line has 4 columns in place of 5'],
  ['t_us,op,offset,length,flags\n-1,R,0,512,\n', 'trace:2: the time "-1" is not a number'],
  ['t_us,op,offset,length,flags\n1e3,R,0,512,\n', 'trace:2: the time "1e3" is not a number'],
  ['t_us,op,offset,length,flags\n0,R,0,0,\n', 'trace:2: the length of a read is 0'],
  ['t_us,op,offset,length,flags\n0,R,9007199254740991,512,\n', 'trace:2: the request ends behind the largest disk'],
  ['t_us,op,offset,length,flags\n0,R,0,512,\n9,W,1.5,512,\n', 'trace:3: the offset "1.5" is not a whole number'],
])('%j is refused', async (text, message) => {
  await expect(readTraceText(text)).rejects.toThrow(message);
});
