import { describe, expect, test } from 'vitest';
import { surveyWarnings } from '../../../src/workload/trace/survey.ts';
import { readTraceText } from './read-trace-text.ts';

const csv = (...lines: string[]): string => `${['t_us,op,offset,length,flags', ...lines].join('\n')}\n`;
const mebibyte = 2 ** 20;

describe('a window of time', () => {
  const trace = csv('5000,W,0,512,', '6000,W,512,512,', '7000,F,0,0,', '8000,R,1024,512,');

  test('is counted from the first request, and what is taken starts at 0', async () => {
    const { requests, survey } = await readTraceText(trace, { fromMs: 1, toMs: 3 });
    expect(requests.map(({ operation, timeUs }) => [operation, timeUs])).toEqual([
      ['write', 0],
      ['sync', 1000],
    ]);
    expect(survey.outsideWindowCount).toBe(2);
  });

  test('that nothing lies in is an error, and so is one of a trace without times', async () => {
    await expect(readTraceText(trace, { fromMs: 4 })).rejects.toThrow(
      'trace: none of its 4 requests lies between --from and --to',
    );
    await expect(readTraceText('fio version 2 iolog\nd read 0 512\n', { toMs: 4 })).rejects.toThrow(
      'trace: a fio iolog without times has no window',
    );
  });

  test('keeps to the clock of the device that is picked', async () => {
    const text = '1,R,0,512,1000000\n2,W,0,512,3000000\n2,W,512,512,3000500\n';
    const { requests } = await readTraceText(text, { device: '2', toMs: 0.4 });
    expect(requests).toEqual([{ operation: 'write', offset: 0, length: 512, timeUs: 0 }]);
  });
});

test('speed divides the times', async () => {
  const { requests, profile } = await readTraceText(csv('0,W,0,512,', '3000,W,0,512,'), { speed: 2 });
  expect(requests.map(({ timeUs }) => timeUs)).toEqual([0, 1500]);
  expect(profile.requests.durationMs).toBe(1.5);
});

describe('the order of time', () => {
  test('may step back by up to a second, which is no step then and is told', async () => {
    const { requests, survey } = await readTraceText(csv('2000000,W,0,512,', '1000000,W,0,512,', '2000007,R,0,512,'));
    expect(requests.map(({ timeUs }) => timeUs)).toEqual([0, 0, 7]);
    expect(survey.notes).toEqual([{ what: expect.stringContaining('times step back'), count: 1 }]);
  });

  test('may not step back further', async () => {
    await expect(readTraceText(csv('2000001,W,0,512,', '1000000,W,0,512,'))).rejects.toThrow(
      'trace:3: its time is 1.000 s before that of a request before it (1 request until there)',
    );
  });

  test('comes from waits where an iolog of version 2 has some', async () => {
    const { requests, profile } = await readTraceText(
      'fio version 2 iolog\nd add\nd read 0 512\nd wait 1500 0\nd read 512 512\nd read 1024 512\nd wait 500 0\nd sync 0 0\n',
    );
    expect(requests.map(({ timeUs }) => timeUs)).toEqual([0, 1500, 1500, 2000]);
    expect(profile.requests.isTimed).toBe(true);
    const { profile: plain } = await readTraceText('fio version 2 iolog\nd read 0 512\n');
    expect(plain.requests).toMatchObject({ isTimed: false, durationMs: 0 });
  });
});

describe('several devices', () => {
  const trace = '7,R,0,512,10\n8,W,512,512,20\n8,W,1024,512,30\n';

  test('are taken onto one disk, with a warning that names them', async () => {
    const { requests, survey } = await readTraceText(trace);
    expect(requests).toHaveLength(3);
    expect(surveyWarnings(survey, 'trace')).toEqual([
      {
        code: 'trace-devices',
        subject: 'trace',
        message: 'the requests of 2 devices are taken onto one disk: 8 (2), 7 (1)',
        hint: 'Pick one with --device NAME.',
      },
    ]);
  });

  test('one of them is picked by its name', async () => {
    const { requests, survey } = await readTraceText(trace, { device: '7' });
    expect(requests).toEqual([{ operation: 'read', offset: 0, length: 512, timeUs: 0 }]);
    expect(surveyWarnings(survey, 'trace')).toEqual([]);
  });

  test('one that is not there is an error that names those that are', async () => {
    await expect(readTraceText(trace, { device: '9' })).rejects.toMatchObject({
      message: 'trace: it has no requests of a device "9"',
      hint: 'It has 8 (2 requests), 7 (1 requests).',
    });
  });

  test('of an iolog are refused, unless one is picked', async () => {
    const log = 'fio version 2 iolog\na add\nb add\na read 0 512\nb write 0 512\n';
    await expect(readTraceText(log)).rejects.toMatchObject({
      message: 'trace:5: requests of a second file, "b"; a workload is of one disk (1 request until there)',
      hint: 'Pick one with --device NAME.',
    });
    expect((await readTraceText(log, { device: 'b' })).requests).toMatchObject([{ operation: 'write' }]);
  });

  test('with names without end are refused before they fill the memory', async () => {
    const names = Array.from({ length: 80 }, (_, index) => `${index}${'x'.repeat(60_000)} read 0 512`);
    const log = `fio version 2 iolog\n${names.join('\n')}\n`;
    await expect(readTraceText(log, { skipBadCount: 1000 })).rejects.toThrow(
      'the names of its devices take more than 4 MiB',
    );
  });
});

describe('bad lines', () => {
  const trace = csv('0,W,0,512,', 'rubbish', '10,W,512,0,', '20,W,512,512,');

  test('are an error with what was read until there', async () => {
    await expect(readTraceText(trace)).rejects.toMatchObject({
      message: 'trace:3: the line has 1 columns in place of 5 (1 request until there)',
      hint: '--skip-bad N goes on behind up to N bad ones.',
    });
  });

  test('are skipped and counted up to a number', async () => {
    const { requests, survey } = await readTraceText(trace, { skipBadCount: 2 });
    expect(requests).toHaveLength(2);
    expect(surveyWarnings(survey, 'trace')).toEqual([
      {
        code: 'trace-skipped',
        subject: 'trace',
        message: '2 bad lines or records were skipped; the first: line 3, the line has 1 columns in place of 5',
      },
    ]);
    await expect(readTraceText(trace, { skipBadCount: 1 })).rejects.toThrow(
      'trace:4: the length of a write is 0 (1 request until there, 1 bad ones skipped)',
    );
  });

  test('of a megabyte are skipped like others', async () => {
    const long = csv('0,W,0,512,', 'x'.repeat(3_000_000), '20,W,512,512,');
    expect((await readTraceText(long, { skipBadCount: 1 })).requests).toHaveLength(2);
    await expect(readTraceText(long)).rejects.toThrow('trace:3: the line is longer than 64 KiB');
  });
});

describe('onto a smaller disk', () => {
  const trace = csv('0,W,0,4096,', '1,W,10485760,4096,', '2,W,10489856,4096,', '3,D,0,20971520,');

  test('requests are refused', async () => {
    await expect(readTraceText(trace, {}, 4 * mebibyte)).rejects.toThrow(
      'trace:3: the write of 4096 bytes at 10485760 ends past the end of the disk of 4194304 bytes',
    );
  });

  test('they are folded: modulo its size, what does not fit is moved or cut', async () => {
    const { requests, survey } = await readTraceText(trace, { fit: 'fold' }, 4 * mebibyte);
    expect(requests.map(({ offset, length }) => [offset, length])).toEqual([
      [0, 4096],
      [2 * mebibyte, 4096],
      [2 * mebibyte + 4096, 4096],
      [0, 4 * mebibyte],
    ]);
    expect(survey.movedCount).toBe(3);
  });

  test('they are scaled: pieces of a MiB keep their order and what is inside', async () => {
    const { requests, profile } = await readTraceText(trace, { fit: 'scale' }, 4 * mebibyte);
    expect(requests.map(({ offset, length }) => [offset, length])).toEqual([
      [0, 4096],
      [2 * mebibyte, 4096],
      [2 * mebibyte + 4096, 4096],
      [0, 4 * mebibyte],
    ]);
    expect(profile.requests.endBytes).toBe(4 * mebibyte);
  });

  test('scaling spreads a trace over a larger disk', async () => {
    const text = csv('0,W,0,4096,', '1,W,1048576,4096,', '2,W,2101248,512,');
    const { requests } = await readTraceText(text, { fit: 'scale' }, 30 * mebibyte);
    expect(requests.map(({ offset }) => offset)).toEqual([0, 10 * mebibyte, 20 * mebibyte + 4096]);
  });

  test('the size of the disk has to be known', async () => {
    await expect(readTraceText(trace, { fit: 'scale' })).rejects.toThrow('--fit scale needs the disk');
  });
});
