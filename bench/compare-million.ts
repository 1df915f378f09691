/**
 * A million trial records, half of them a side, as `qtune run` writes them, through `qtune compare`: time and largest
 * resident memory, three times.
 *
 *     npm run build && npm run compare-million [-- RECORDS CELLS SLICES]
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../src/stats/random.ts';
import { completedTrial, sampleHeader, sampleMetrics } from '../test/helpers/trials.ts';

const [recordCount = 1_000_000, cellCount = 250, sliceCount = 0] = process.argv.slice(2).map(Number);
const perSide = recordCount / 2;
const cli = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'bin.js');
const directory = await mkdtemp(join(tmpdir(), 'qtune-million-'));
try {
  const paths = [join(directory, 'base.ndjson'), join(directory, 'head.ndjson')] as const;
  for (const [side, path] of paths.entries()) await writeJournal(path, side);
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  const lengthText = `${(bytes / recordCount).toFixed(0)} bytes each, ${(bytes / 1e9).toFixed(2)} GB`;
  const slicesText = sliceCount > 0 ? ` with ${sliceCount} slices` : '';
  print(`${recordCount.toLocaleString('en')} records${slicesText} in ${cellCount} cells, ${lengthText}`);
  for (let round = 1; round <= 3; round++) {
    const { seconds, peakBytes, outputLength } = await compare(paths);
    print(`round ${round}: ${seconds.toFixed(1)} s, ${(peakBytes / 1e6).toFixed(0)} MB resident at most`);
    if (outputLength === 0) throw new Error('nothing came out');
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Numbers are drawn, not repeated, so that they have as many digits as measured ones. */
async function writeJournal(path: string, side: number): Promise<void> {
  const random = createRandom(side);
  const noise = (): number => 1 + (random.next() / 2 ** 32 - 0.5) / 50;
  const repetitions = perSide / cellCount;
  const labels = Array.from({ length: Math.min(50, cellCount) }, (_, index) => `l2-cache-size=${index + 1}M`);
  const workloads = Array.from({ length: cellCount / labels.length }, (_, index) => `workload-${index + 1}`);
  const header = sampleHeader();
  const [workload] = header.plan.workloads;
  if (workload === undefined) throw new Error('the sample has a workload');
  const plan = {
    ...header.plan,
    repetitions,
    trialCount: perSide,
    workloads: workloads.map((name) => ({ ...workload, name })),
    configurations: labels.map(configurationOf),
  };
  const file = await open(path, 'w');
  let text = `${JSON.stringify({ ...header, plan })}\n`;
  let id = 0;
  for (let block = 0; block < repetitions; block++) {
    for (const name of workloads) {
      for (const label of labels) {
        id += 1;
        const driverMs = Array.from({ length: sliceCount }, () => 50 * noise());
        const trial = completedTrial({
          id: id.toString(16).padStart(16, '0'),
          workload: name,
          configuration: configurationOf(label),
          repetition: block,
          block,
          metrics: sampleMetrics(20_000 * noise()),
          ...(sliceCount > 0 ? { slices: { session: `${name}-${block}`, driverMs } } : {}),
        });
        text += `${JSON.stringify(trial)}\n`;
        if (text.length > 4_000_000) {
          await file.write(text);
          text = '';
        }
      }
    }
  }
  await file.write(text);
  await file.close();
}

function configurationOf(label: string) {
  return { label, create: {}, drive: { 'l2-cache-size': Number.parseInt(label.slice(14), 10) * 1_048_576 } };
}

async function compare(paths: readonly [string, string]) {
  const started = performance.now();
  const child = spawn(process.execPath, [cli, 'compare', ...paths], { stdio: ['ignore', 'pipe', 'inherit'] });
  let outputLength = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    outputLength += chunk.length;
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  let peakBytes = 0;
  while (child.exitCode === null) {
    peakBytes = Math.max(peakBytes, highWaterMark(child.pid));
    await Promise.race([ended, sleep(20)]);
  }
  await ended;
  return { seconds: (performance.now() - started) / 1000, peakBytes, outputLength };
}

/** Linux's own record of the largest resident set; 0 once the process is gone. */
function highWaterMark(pid: number | undefined): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
