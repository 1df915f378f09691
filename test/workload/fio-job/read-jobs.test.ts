import { describe, expect, it } from 'vitest';
import { InputError, UsageError } from '../../../src/errors.ts';
import { looksLikeFioJob } from '../../../src/workload/fio-job/job-file.ts';
import { parseFioJob } from '../../../src/workload/fio-job/load-fio-job.ts';
import { parseAmount, parseTimeUs } from '../../../src/workload/fio-job/units.ts';
import { resolveWorkload } from '../../../src/workload/resolve-workload.ts';
import { readAll } from '../read-all.ts';

const parse = (text: string) => parseFioJob(text, 'a.fio', 'a.fio');
const job = (options: string) => parse(`[job]\n${options}`);

const codes = (text: string) => (parse(text).warnings ?? []).map(({ code }) => code);

function errorOf(text: string): InputError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('the job file was taken');
}

describe('units of fio', () => {
  it.each([
    ['4096', 1024, { bytes: 4096 }],
    ['4k', 1024, { bytes: 4096 }],
    ['4KB', 1024, { bytes: 4096 }],
    ['4ki', 1024, { bytes: 4096 }],
    ['4kib', 1024, { bytes: 4000 }],
    ['4k', 1000, { bytes: 4000 }],
    ['4KiB', 1000, { bytes: 4096 }],
    ['2g', 1024, { bytes: 2 ** 31 }],
    ['1t', 1024, { bytes: 2 ** 40 }],
    ['0x1000', 1024, { bytes: 4096 }],
    ['30%', 1024, { percent: 30 }],
    ['101%', 1024, undefined],
    ['1.5g', 1024, undefined],
    ['-4k', 1024, undefined],
    ['1e30', 1024, undefined],
    ['9999999p', 1024, undefined],
    ['4x', 1024, undefined],
  ] as const)('%s with a kb_base of %i', (text, base, expected) => {
    expect(parseAmount(text, base)).toEqual(expected);
  });

  it.each([
    ['30', 1e6, 3e7],
    ['30', 1, 30],
    ['500ms', 1e6, 5e5],
    ['2m', 1e6, 1.2e8],
    ['1d', 1e6, 8.64e10],
    ['10 parsecs', 1e6, undefined],
  ])('the time %s', (text, bareUs, expected) => {
    expect(parseTimeUs(text, bareUs)).toBe(expected);
  });
});

describe('what is a job file', () => {
  it.each([
    ['[global]\nbs=4k\n', true],
    ['; a comment\n\n# another\n  [job one]  ; with more\nrw=read\n', true],
    ['schema: qtune.profile/1\n', false],
    ['fio version 2 iolog\n', false],
    ['bs=4k\n[job]\n', false],
    ['[1, 2, 3]\n{"a": 1}', true],
    ['[not closed\n', false],
    ['[a]\0\n', false],
    ['', false],
  ])('%j', (head, expected) => {
    expect(looksLikeFioJob(head)).toBe(expected);
  });
});

it('takes defaults from every [global] before a job, and what the job says itself', () => {
  const { jobs } = parse(
    '[global]\nbs=4k\nsize=1m\n[a]\n[b]\nbs=8k\n[global]\nrw=randwrite\nsize=2m\n[c]\n\n[d] ; last\nstonewall\nnumjobs=2\n',
  );
  expect(jobs.map(({ name, line, stage, copyCount }) => [name, line, stage, copyCount])).toEqual([
    ['a', 4, 0, 1],
    ['b', 5, 0, 1],
    ['c', 10, 0, 1],
    ['d', 12, 1, 2],
  ]);
  expect(jobs.map(({ sizes, size, isRandom }) => [sizes[0].minBytes, size, isRandom])).toEqual([
    [4096, { bytes: 2 ** 20 }, false],
    [8192, { bytes: 2 ** 20 }, false],
    [4096, { bytes: 2 ** 21 }, true],
    [4096, { bytes: 2 ** 21 }, true],
  ]);
});

it('reads values for reads, writes and trims each', () => {
  const [{ sizes } = {}] = job('bs=4k,8k,16k').jobs;
  expect(sizes?.map((size) => size.minBytes)).toEqual([4096, 8192, 16384]);
  const [split] = job('bssplit=4k/10:64k/:8k,512/50:1k').jobs;
  expect(split?.sizes[0].split).toEqual([
    { bytes: 4096, percent: 10 },
    { bytes: 65536, percent: 45 },
    { bytes: 8192, percent: 45 },
  ]);
  expect(split?.sizes[2]).toEqual({
    minBytes: 512,
    maxBytes: 1024,
    split: [
      { bytes: 512, percent: 50 },
      { bytes: 1024, percent: 50 },
    ],
  });
  const [zoned] = job('rw=randread\nrandom_distribution=zoned:60/10:40,50/20:50/30').jobs;
  expect(zoned?.distribution).toEqual({
    kind: 'zoned',
    zones: [
      [
        { accessPercent: 60, size: { percent: 10 } },
        { accessPercent: 40, size: { percent: 90 } },
      ],
      [
        { accessPercent: 50, size: { percent: 20 } },
        { accessPercent: 50, size: { percent: 30 } },
      ],
      [
        { accessPercent: 50, size: { percent: 20 } },
        { accessPercent: 50, size: { percent: 30 } },
      ],
    ],
  });
});

it('makes a load of depth, rates, pauses and times', () => {
  const loadOf = (options: string) => job(options).jobs[0]?.load;
  expect(loadOf('rw=read\nsize=1m')).toEqual({ iodepth: 1, jobCount: 1 });
  expect(loadOf('ioengine=psync\niodepth=32')?.iodepth).toBe(1);
  expect(
    loadOf('ioengine=io_uring\niodepth=32\nrate_iops=500\nthinktime=2ms\nthinktime_blocks=8\nruntime=1m\nramp_time=5'),
  ).toEqual({
    iodepth: 32,
    jobCount: 1,
    rateIops: 500,
    thinkTimeUs: 2000,
    thinkTimeBlockCount: 8,
    atMostMs: 60_000,
    rampTimeMs: 5000,
  });
  expect(loadOf('runtime=10\ntime_based')).toEqual({ iodepth: 1, jobCount: 1, runtimeMs: 10_000 });
  // Three quarters of the requests are reads, so that their bound is reached first.
  expect(loadOf('rw=randrw\nrwmixread=75\nrate=3m,2m')?.rateBytesPerSecond).toBe(4 * 2 ** 20);
});

describe('what is not followed is named', () => {
  it('with its line, apart from what has no effect', () => {
    const { warnings = [] } = parse(
      '[global]\nioengine=libaio\ndirect=1\nverify=crc32c\ngroup_reporting\n[a]\nsize=1m\nzonemode=strided\nsqthread_poll=1\nvendor_thing=7\nend_fsync=0\n',
    );
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      ['fio-not-honoured', 'not honoured: verify (line 4), zonemode (line 8), vendor_thing (line 10)'],
      [
        'fio-direct',
        'direct (line 3) is a matter of the drive, which has cache=none where --drive does not say otherwise',
      ],
      ['fio-no-effect', 'without effect here: group_reporting, ioengine, sqthread_poll'],
    ]);
  });

  it('but not what fio does anyhow', () => {
    const text = 'nrfiles=1\nzonemode=none\nverify=0\nrandom_generator=tausworthe\ndirect=1\nsize=1m';
    expect(codes(`[a]\n${text}\n`)).toEqual(['fio-direct']);
  });

  it('nor are a page cache, a depth without effect and several files passed over', () => {
    expect(codes('[a]\nsize=1m\n')).toEqual(['fio-buffered']);
    expect(codes('[a]\nsize=1m\ndirect=1\niodepth=8\n')).toContain('fio-depth');
    expect(codes('[a]\nsize=1m\ndirect=1\niodepth=8\nioengine=libaio\n')).not.toContain('fio-depth');
    const { warnings } = parse('[a]\nsize=1m\nfilename=/dev/vdb:/dev/vdc\n');
    expect(warnings?.[0]?.message).toBe('not honoured: several files in filename (line 3)');
    expect(codes('[a]\nsize=1m\nfilename=C\\:/disk\n')).not.toContain('fio-not-honoured');
  });

  it('and files of several jobs, as there is one disk', () => {
    expect(codes('[a]\nsize=1m\n')).not.toContain('fio-files');
    expect(codes('[a]\nsize=1m\nnumjobs=2\n')).toContain('fio-files');
    expect(codes('[global]\nfilename=/dev/vdb\n[a]\nsize=1m\n[b]\nsize=1m\n')).not.toContain('fio-files');
    expect(codes('[a]\nsize=1m\nfilename=x\n[b]\nsize=1m\nfilename=y\n')).toContain('fio-files');
  });
});

describe('errors name the line', () => {
  it.each([
    ['bs=4k\n[job]\n', 1, 'before the first [section]'],
    ['[job]\nbs=4x\n', 2, 'bs: "4x" is not a size'],
    ['[job]\nbs=1.5k\n', 2, 'not a size'],
    ['[job]\nbs=0\n', 2, '1 byte to 1 GiB'],
    ['[job]\nbs=1k,2k,3k,4k\n', 2, 'more than three values'],
    ['[job]\nsize=1e30\n', 2, 'size: "1e30" is not a size'],
    ['[job]\nsize=99999999999999999999\n', 2, 'not a size'],
    ['[job]\nrw=scribble\n', 2, '"scribble" is no kind of requests'],
    ['[job]\nrw=\n', 2, 'it needs a value'],
    ['[job]\nbssplit=4k/60:8k/60\n', 2, 'add up to 120'],
    ['[job]\nbssplit=/\n', 2, 'not a size'],
    ['[job]\nbsrange=4k\n', 2, 'not written as 4k-64k'],
    ['[job]\nrandom_distribution=zipf:1\n', 2, 'theta'],
    ['[job]\nrandom_distribution=zipf:1.2:7\n', 2, 'between 0 and 1'],
    ['[job]\nrandom_distribution=gamma:1\n', 2, 'unknown'],
    ['[job]\nrandom_distribution=zoned:50/50\n', 2, 'add up to 50 %'],
    ['[job]\nrandom_distribution=zoned:60/80:40/80\n', 2, 'add up to 160 %'],
    ['[job]\nrwmixread=101\n', 2, 'not between 0 and 100'],
    ['[job]\niodepth=0\n', 2, 'not between 1 and 1024'],
    ['[job]\nnumjobs=1000000000\n', 1, 'more than 256 jobs'],
    ['[job]\nnumjobs=1e9\n', 2, 'not a whole number'],
    ['[job]\nruntime=soon\n', 2, 'not a time'],
    ['[job]\ntime_based\n', 1, 'needs a runtime'],
    ['[job]\nrate=1m\nrate_iops=5\n', 1, 'exclude each other'],
    ['[job]\nsize=\u0024{SIZE}\n', 2, '\u0024{SIZE} depends on the machine'],
    ['[job]\nnumjobs=$ncpus\n', 2, '$ncpus depends on the machine'],
    ['[job]\ninclude other.fio\n', 2, 'included files'],
    ['[job]\nread_iolog=trace.log\n', 2, 'a log of their own'],
    ['[job]\nblocksiz=4k\n', 2, 'no option "blocksiz"'],
    ['[job\nbs=4k\n', 1, 'written as [name]'],
    ['[job]\n\n=4k\n', 3, 'no option before'],
    ['[job]\n{"a": 1}\n', 2, 'neither an option nor a section'],
    ['[global]\nbs=4k\n', undefined, 'no job'],
    [`[job]\nbs=${'4'.repeat(2 ** 17)}\n`, 2, 'longer than 4095 characters'],
    [`[job]\n${'a'.repeat(2 ** 20)}\n`, undefined, 'larger than 256 KiB'],
    ['[job]\nbs=4k\0\n', 2, 'null byte'],
    ['[a]\n'.repeat(10_000), 1001, 'more than 1000 sections'],
    ['[a]\n'.repeat(500), 257, 'more than 256 jobs'],
  ])('%.40j', (text, line, message) => {
    const error = errorOf(text);
    expect(error.position).toEqual(line === undefined ? { file: 'a.fio' } : { file: 'a.fio', line });
    expect(error.message).toContain(message);
  });

  it('and say what to do', () => {
    expect(errorOf('[job]\nread_iolog=trace.log\n').hint).toBe('Give the log itself to qtune: --workload trace.log.');
    expect(errorOf('[job]\nblocksiz=4k\n').hint).toBe('Did you mean blocksize?');
    expect(errorOf('[job]\ninclude other.fio\n').hint).toContain('--showcmd');
  });
});

describe('fitting to a disk', () => {
  const resolve = (options: string, diskBytes?: number) =>
    resolveWorkload(job(options), diskBytes === undefined ? {} : { diskBytes });

  it('takes a disk of what the jobs need where none is given', () => {
    expect(job('size=5k\noffset=3m').diskBytes).toBe(4 * 2 ** 20);
    expect(job('size=1m\nnumjobs=4\noffset_increment=1m').diskBytes).toBe(4 * 2 ** 20);
    expect(resolve('size=1m').requestCount).toBe(256);
  });

  it('asks for the disk where a job takes all or a share of it', () => {
    for (const options of ['rw=read', 'size=50%', 'size=1m\noffset=10%']) {
      expect(() => resolve(options)).toThrow(/--disk|whole disk/);
      expect(resolve(options, 2 ** 24).requestCount).toBeGreaterThan(0);
    }
  });

  it.each([
    ['size=2g', 2 ** 30, 'needs a disk of at least 2 GiB'],
    ['size=1m\noffset=2g', 2 ** 30, 'needs a disk'],
    ['offset=100%', 2 ** 30, 'needs a disk'],
    ['size=1k', 2 ** 30, 'less than a request'],
    ['size=7p\nbs=4k', 2 ** 53 - 1, 'more than 1000000000'],
    ['size=1m\nloops=1000000000', 2 ** 30, 'more than 1000000000'],
    ['rw=randread\nbs=512\nnumber_ios=10', 2 ** 42, 'too many blocks to remember'],
    ['rw=randread\nbs=4k\nnumjobs=200\nnumber_ios=10', 2 ** 38, 'too many blocks to remember'],
  ])('refuses %j', (options, diskBytes, message) => {
    expect(() => resolve(options, diskBytes)).toThrow(UsageError);
    expect(() => resolve(options, diskBytes)).toThrow(message);
  });

  it('another seed gives other requests of the same kind', () => {
    const profile = job('rw=randread\nsize=1m');
    const [first, second] = [1, 2].map((seed) => resolveWorkload(profile, { seed }));
    expect(first?.identity).not.toEqual(second?.identity);
    const offsets = (workload = first) => readAll(workload?.requests() ?? []).map(({ offset }) => offset);
    expect(offsets(first)).not.toEqual(offsets(second));
    expect([...offsets(first)].sort()).toEqual([...offsets(second)].sort());
  });

  it('ends where only sizes of no share would fit, and where a range hardly ever does', () => {
    const split = readAll(resolve('rw=write\nbssplit=4k/:64k/100\nsize=132k', 2 ** 20).requests());
    expect(split.map(({ length }) => length)).toEqual([65_536, 65_536]);
    const range = readAll(resolve('rw=write\nbs_unaligned\nbsrange=1-1g\nsize=1m', 2 ** 20).requests());
    expect(range.at(-1)?.offset).toBeLessThan(2 ** 20);
  });

  it('several jobs take turns, those behind a stonewall come last', () => {
    const workload = resolveWorkload(
      parse('[global]\nsize=12k\n[a]\nrw=read\n[b]\nrw=write\nsize=8k\n[c]\nstonewall\nrw=trim\n'),
    );
    const operations = readAll(workload.requests()).map(({ operation }) => operation);
    expect(operations).toEqual(['read', 'write', 'read', 'write', 'read', 'trim', 'trim', 'trim']);
    expect(workload.parts?.map(({ name, stage, requestCount }) => [name, stage, requestCount])).toEqual([
      ['a', undefined, 3],
      ['b', undefined, 2],
      ['c', 1, 3],
    ]);
    expect(workload.requestCount).toBe(8);
  });

  it('the load is part of the identity where it is more than one after the other', () => {
    const identity = (options: string) => JSON.stringify(resolve(`size=1m\n${options}`).identity);
    expect(identity('')).toBe(identity('ramp_time=0'));
    expect(identity('')).not.toBe(identity('rate_iops=10'));
    expect(identity('ioengine=libaio')).not.toBe(identity('ioengine=libaio\niodepth=4'));
  });
});
