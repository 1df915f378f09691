import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Bench } from 'tinybench';
import { readTrace, recogniseTrace } from '../src/workload/trace/open-trace.ts';
import { defaultTraceOptions as options } from '../src/workload/trace/trace-options.ts';

const requestCount = 1_000_000;

interface Line {
  readonly index: number;
  readonly operation: number;
  readonly offset: number;
  readonly length: number;
}

/** One request as a line of each format, times 100 µs apart. */
const spellings: Readonly<Record<string, { readonly header: string; line(request: Line): string }>> = {
  'iolog v2': {
    header: 'fio version 2 iolog\n/dev/vda add\n/dev/vda open\n',
    line: ({ operation, offset, length }) => `/dev/vda ${['read', 'write'][operation]} ${offset} ${length}\n`,
  },
  'iolog v3': {
    header: 'fio version 3 iolog\n0 vda add\n0 vda open\n',
    line: ({ index, operation, offset, length }) =>
      `${index * 100} vda ${['read', 'write'][operation]} ${offset} ${length}\n`,
  },
  CSV: {
    header: 't_us,op,offset,length,flags\n',
    line: ({ index, operation, offset, length }) => `${index * 100},${'RW'[operation]},${offset},${length},S\n`,
  },
  MSR: {
    header: '',
    line: ({ index, operation, offset, length }) =>
      `${128166372003061629n + BigInt(index * 1000)},hm,0,${['Read', 'Write'][operation]},${offset},${length},413\n`,
  },
  Alibaba: {
    header: '',
    line: ({ index, operation, offset, length }) =>
      `${index % 700},${'RW'[operation]},${offset},${length},${1577808144360767 + index * 100}\n`,
  },
  blkparse: {
    header: '',
    line: ({ index, operation, offset, length }) =>
      `  8,0    1 ${String(index).padStart(8)} ${String(Math.floor(index / 10_000)).padStart(5)}.${String((index % 10_000) * 100_000).padStart(9, '0')}  4162  Q  ${'RW'[operation]}S ${offset / 512} + ${length / 512} [fio]\n`,
  },
};

/** Traces of a million requests from a file to the columns that an engine reads, their hash included. */
export async function register(bench: Bench): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'qtune-importers-'));
  const count = requestCount.toLocaleString('en');
  const add = async (name: string, content: Uint8Array): Promise<void> => {
    const path = join(directory, name.replaceAll(' ', '-'));
    await writeFile(path, content);
    bench.add(`${count} requests: ${name}`, async () => {
      const file = await open(path, 'r');
      const { compression, format } = await recogniseTrace(file, name, undefined);
      if (format === undefined) throw new Error(`${name} was not recognised`);
      const trace = { file, shown: name, compression, format };
      const { requests } = await readTrace(trace, { diskBytes: undefined, options });
      await file.close();
      if (requests.count !== requestCount) throw new Error(`${name} was misread`);
    });
  };
  for (const [name, { header, line }] of Object.entries(spellings)) {
    const text = Buffer.from(header + requestLines(line).join(''));
    await add(name, text);
    if (name === 'CSV') await add('CSV in gzip', gzipSync(text));
  }
  bench.addEventListener('complete', () => void rm(directory, { recursive: true, force: true }));
}

/** Places all over 256 GiB in an order without a pattern; 40 % writes, 30 % of them long. */
function requestLines(line: (request: Line) => string): readonly string[] {
  return Array.from({ length: requestCount }, (_, index) =>
    line({
      index,
      operation: index % 5 < 3 ? 0 : 1,
      offset: ((index * 40_503_767) % 2 ** 26) * 4096,
      length: index % 10 < 7 ? 4096 : 131_072,
    }),
  );
}
