import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { analyse } from './analyse.ts';
import { readBlocks } from './block-record.ts';
import { readBlocked, recordBlocked } from './record-blocked.ts';
import { recordBlocks } from './record-blocks.ts';

const usage = `npm run verdicts -- COMMAND [options]
  record FILE          runs blocks of equal configurations, some with a known loss, and appends them to FILE
    --workload NAME    a profile of bench/verdicts/workloads (cached-reads)
    --losses LIST      a side for each: the share of its requests that are made twice (0,0,0,0,0.01,0.03,0.05)
    --blocks N         at most so many (1000)
    --minutes N        at most so long (30)
    --slice MS         (10)
  blocked FILE         runs ten equal trials a side, one side after the other, as benchmarks usually are
    --workload NAME, --blocks N
  report FILE…         what these recordings show: false alarms, power, coverage
    --blocked FILE     compares their precision with that of such trials
    --out FILE         writes it there; without it the report is printed
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workload: { type: 'string', default: 'cached-reads' },
    losses: { type: 'string', default: '0,0,0,0,0.01,0.03,0.05' },
    blocks: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '30' },
    slice: { type: 'string', default: '10' },
    blocked: { type: 'string' },
    out: { type: 'string' },
  },
});
const [command, ...files] = positionals;
const [file] = files;

if (command === 'record' && file !== undefined) {
  await recordBlocks({
    workload: values.workload,
    losses: values.losses.split(',').map(Number),
    blockCount: Number(values.blocks),
    timeMs: Number(values.minutes) * 60_000,
    sliceMs: Number(values.slice),
    out: file,
  });
} else if (command === 'blocked' && file !== undefined) {
  await recordBlocked(values.workload, Number(values.blocks), file);
} else if (command === 'report' && file !== undefined) {
  const blocked = values.blocked === undefined ? [] : readBlocked(values.blocked);
  const text = files.map((one) => analyse(titleOf(one), readBlocks(one), blocked)).join('\n');
  if (values.out === undefined) process.stdout.write(text);
  else writeFileSync(values.out, text);
} else {
  process.stderr.write(usage);
  process.exitCode = 2;
}

function titleOf(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.ndjson(\.gz)?$/, '');
}
