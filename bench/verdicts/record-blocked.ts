import { appendFileSync, readFileSync } from 'node:fs';
import type { Engine, EngineJob } from '../../src/engine/engine.ts';
import { createQemuIoEngine } from '../../src/engine/qemu-io/qemu-io-engine.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { findQemuTools } from '../../src/engine/tools.ts';
import { studyWorkload } from './study-workload.ts';

/** Ten trials of one side, then ten of the other, as benchmarks are usually run; both sides are equal. */
export interface BlockedRecord {
  readonly workload: string;
  readonly pinned: boolean;
  /** IOPS of each trial. */
  readonly base: readonly number[];
  readonly head: readonly number[];
  /** Of all trials together, milliseconds. */
  readonly ms: number;
}

const trialsPerSide = 10;

/** Runs blocked comparisons of equal sides, pinned and not in turn, and appends each to a file. */
export async function recordBlocked(workload: string, count: number, out: string): Promise<void> {
  const env = process.env;
  const signal = new AbortController().signal;
  const tools = await findQemuTools({ cwd: process.cwd(), env, signal });
  const scratch = Scratch.create({ env, pid: process.pid });
  const engines = [true, false].map((pinned) => ({
    pinned,
    engine: createQemuIoEngine({ tools, scratch, ...(pinned ? {} : { cpus: null }) }),
  }));
  const job: EngineJob = {
    configuration: { label: 'default', create: {}, drive: {} },
    workload: await studyWorkload(workload),
    imageKey: workload,
    timeLimitMs: 60_000,
    traceHostIo: false,
    signal,
  };
  try {
    for (let index = 0; index < count; index++) {
      for (const { pinned, engine } of engines) {
        const startedMs = performance.now();
        const base = await trials(engine, job);
        const head = await trials(engine, job);
        const record: BlockedRecord = { workload, pinned, base, head, ms: Math.round(performance.now() - startedMs) };
        appendFileSync(out, `${JSON.stringify(record)}\n`);
      }
    }
  } finally {
    for (const { engine } of engines) await engine.close();
    scratch.close();
  }
}

async function trials(engine: Engine, job: EngineJob): Promise<readonly number[]> {
  const rates: number[] = [];
  for (let trial = 0; trial < trialsPerSide; trial++) {
    const outcome = await engine.run(job);
    if (outcome.state !== 'completed') throw new Error(outcome.reason);
    rates.push(outcome.metrics.iops);
  }
  return rates;
}

export function readBlocked(path: string): readonly BlockedRecord[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BlockedRecord);
}
