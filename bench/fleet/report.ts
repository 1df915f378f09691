/**
 * Writes `reports/fleet/`: a sample fleet and the answer to it, the split against an exact solver, and how long a fleet of a million
 * disks takes.
 *
 *     npm run build && npm run fleet-report
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Demand, gainOf } from '../../src/fleet/split/demand.ts';
import { splitExactly } from '../../src/fleet/split/exact-split.ts';
import { splitPool } from '../../src/fleet/split/split-pool.ts';
import { traitsCurves } from '../../src/fleet/traits-curve.ts';
import { renderTable } from '../../src/report/table.ts';
import { Random } from '../../src/workload/random.ts';
import { sampleHeader, sampleRows } from './sample-fleet.ts';

const entry = 4096;
const caseCount = 400;
const rounds = 5;
const out = resolve('reports/fleet');
const cli = resolve(process.argv[2] ?? 'dist/cli/bin.js');

mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'fleet.csv'), `${[sampleHeader, ...sampleRows(200, 4)].join('\n')}\n`);
writeFileSync(
  join(out, 'fleet.txt'),
  execFileSync('node', [cli, 'capacity', 'fleet.csv', '--budget', '2G'], { cwd: out }),
);
writeFileSync(join(out, 'split.txt'), splitTable());
writeFileSync(join(out, 'million.txt'), await millionTable());

/** Saved misses of random small fleets over those of the exact optimum, by the number of disks. */
function splitTable(): string {
  const rows = [2, 4, 8, 16, 32].map((disks) => {
    const ratios = Array.from({ length: caseCount }, (_, seed) => ratioOf(disks, seed)).sort((a, b) => a - b);
    const at = (share: number): string => `${(100 * (ratios[Math.floor(share * (caseCount - 1))] ?? 0)).toFixed(4)} %`;
    return [String(disks), String(caseCount), at(0), at(0.01), at(0.5)];
  });
  const columns = ['disks', 'fleets', 'worst', '1st percentile', 'median'].map(
    (title) => ({ title, align: 'right' }) as const,
  );
  return `Misses saved by the split, over those of the best of all splits (dynamic programming):\nrandom fleets of all named workloads, 2 to 60 entries of 4 KiB each, seeds 0 to ${caseCount - 1}.\n\n${renderTable(columns, rows)}`;
}

function ratioOf(length: number, seed: number): number {
  const random = new Random(seed, length);
  const curves = traitsCurves();
  const demand: Demand = {
    length,
    curves,
    curve: new Uint16Array(length).map(() => random.below(curves.length)),
    count: new Float64Array(length).fill(1),
    entryBytes: new Uint16Array(length).fill(entry),
    leastBytes: new Float64Array(length).fill(2 * entry),
    needBytes: new Float64Array(length).map(() => (2 + random.below(59)) * entry),
    density: new Float32Array(length).map(() => 10 ** (4 * random.fraction() - 6)),
  };
  const groups = new Uint32Array(length).map((_, group) => group);
  const budget = (2 * length + random.below(30 * length)) * entry;
  const [fast, exact] = [new Float64Array(length), new Float64Array(length)];
  splitPool(demand, groups, budget, fast);
  splitExactly(demand, groups, budget, exact);
  const gain = (cache: Float64Array): number =>
    cache.reduce((sum, bytes, group) => sum + gainOf(demand, group, bytes), 0);
  return gain(fast) / gain(exact);
}

/** Seconds and memory of the whole command, and of node and of counting lines beside it. */
async function millionTable(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'qtune-fleet-'));
  try {
    const file = join(directory, 'million.csv');
    const stream = createWriteStream(file);
    stream.write(`${sampleHeader}\n`);
    for (const row of sampleRows(1_000_000, 200)) if (!stream.write(`${row}\n`)) await once(stream, 'drain');
    stream.end();
    await once(stream, 'close');
    const bytes = readFileSync(file).length;
    const commands: readonly (readonly [string, readonly string[]])[] = [
      ['qtune capacity, --budget 9T', ['node', cli, 'capacity', file, '--budget', '9T']],
      [
        'the same with --out, every disk',
        ['node', cli, 'capacity', file, '--budget', '9T', '--out', join(directory, 'o.csv')],
      ],
      ['node -e 0', ['node', '-e', '0']],
      ['wc -l', ['wc', '-l', file]],
    ];
    const load = loadavg()
      .map((value) => value.toFixed(1))
      .join(', ');
    const rows: string[][] = [];
    for (const [name, words] of commands) rows.push([name, ...(await leastOf(words))]);
    const columns = [
      { title: 'Command' },
      ...['least s', 'least CPU s', 'most MB'].map((title) => ({ title, align: 'right' }) as const),
    ];
    return `A million disks, each different, of 200 hosts: CSV of ${(bytes / 1e6).toFixed(0)} MB.\nLeast of ${rounds} runs each on a shared machine with two cores; load when it began (1, 5, 15 min): ${load}.\nCPU is user and system time together.\n\n${renderTable(columns, rows)}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function leastOf(words: readonly string[]): Promise<readonly string[]> {
  let [elapsed, processor, memory] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  for (let round = 0; round < rounds; round++) {
    const child = spawn('/usr/bin/time', ['-f', '%e %U %S %M', ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(said);
    const [e = 0, u = 0, s = 0, m = 0] = (said.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
    elapsed = Math.min(elapsed, e);
    processor = Math.min(processor, u + s);
    memory = Math.max(memory, (m * 1024) / 1e6);
  }
  return [elapsed.toFixed(2), processor.toFixed(2), memory.toFixed(0)];
}
