import type { Bench } from 'tinybench';
import { parseFioJob } from '../src/workload/fio-job/load-fio-job.ts';
import { phaseRequests } from '../src/workload/phase.ts';
import { type PostmarkSpec, postmarkDefaults } from '../src/workload/postmark/parameters.ts';
import { postmarkRequests } from '../src/workload/postmark/request-stream.ts';
import { Operation, type RequestBlock } from '../src/workload/request.ts';
import { resolveWorkload } from '../src/workload/resolve-workload.ts';
import type { StreamSpec } from '../src/workload/stream.ts';

const requestCount = 1_000_000;

/** 4 KiB reads of a 2 TiB disk. */
const base: StreamSpec = {
  pattern: 'random',
  startBytes: 0,
  spanBytes: 2 ** 41,
  alignBytes: 4096,
  sizes: [{ value: 4096, weight: 1 }],
  operations: [{ value: Operation.read, weight: 1 }],
  sequentialRatio: 0,
  syncEveryWriteCount: 0,
  strideRecordCount: 17,
  theta: 0.9,
  hotRunBytes: 2 ** 20,
};

const mixed: StreamSpec = {
  ...base,
  sizes: [
    { value: 4096, weight: 60 },
    { value: 65_536, weight: 40 },
  ],
  operations: [
    { value: Operation.read, weight: 70 },
    { value: Operation.write, weight: 30 },
  ],
  sequentialRatio: 0.3,
  syncEveryWriteCount: 32,
};

const postmark: PostmarkSpec = {
  ...postmarkDefaults,
  number: 5000,
  transactions: 20_000,
  startBytes: 0,
  spanBytes: 2 ** 33,
  buffering: true,
  readBlock: 512,
  writeBlock: 512,
  trim: false,
  commitEvery: 5000,
};

/** Jobs of 4 KiB requests. */
const fioJobs = {
  sequential: 'rw=read',
  'random without a map': 'rw=randread\nnorandommap',
  'a mix with syncs': 'rw=randrw\nnorandommap\nfsync=32',
  zipf: 'rw=randread\nrandom_distribution=zipf:1.2',
  pareto: 'rw=randread\nrandom_distribution=pareto:0.2',
};

/** Consumes a stream as an engine does, down to each column. */
function drain(blocks: Iterable<RequestBlock>): number {
  let sum = 0;
  for (const block of blocks) {
    for (let index = 0; index < block.count; index++) sum += block.offsetBytes[index] ?? 0;
  }
  return sum;
}

/** Generation of requests, from the seed to the columns that an engine reads. */
export async function register(bench: Bench): Promise<void> {
  const count = requestCount.toLocaleString('en');
  const add = (name: string, spec: StreamSpec): void => {
    const phase = { kind: 'streams', streams: [{ value: spec, weight: 1 }], dataRequestCount: requestCount } as const;
    bench.add(`${count} requests: ${name}`, () => void drain(phaseRequests(phase, 1, 0)));
  };
  for (const pattern of ['sequential', 'random', 'permutation', 'zipf', 'pareto', 'hotspot', 'normal'] as const)
    add(pattern, { ...base, pattern });
  add('mixed sizes, operations and syncs', mixed);
  for (const [name, options] of Object.entries(fioJobs)) {
    const profile = parseFioJob(`[job]\n${options}\nsize=2t\nio_size=${4 * requestCount}k\n`, 'job.fio', 'job.fio');
    const workload = resolveWorkload(profile);
    bench.add(`${count} requests: fio job, ${name}`, () => void drain(workload.requests()));
  }
  let postmarkCount = 0;
  for (const block of postmarkRequests(postmark)) postmarkCount += block.count;
  bench.add(`${postmarkCount.toLocaleString('en')} requests: postmark`, () => void drain(postmarkRequests(postmark)));
}
