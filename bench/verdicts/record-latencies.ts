import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine, EngineJob } from '../../src/engine/engine.ts';
import { runInterleaved } from '../../src/engine/interleave.ts';
import { createQemuIoEngine } from '../../src/engine/qemu-io/qemu-io-engine.ts';
import { ResultMatcher } from '../../src/engine/qemu-io/result-matcher.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { findQemuTools } from '../../src/engine/tools.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { estimatorCases } from './estimator-cases.ts';
import { withDuplicates } from './sides.ts';

/**
 * Runs blocks of interleaved slices and keeps every latency: node record-latencies.js CASE BLOCKS DIRECTORY.
 * DIRECTORY/blocks.ndjson has one line a block; DIRECTORY/BLOCK-LANE.f32 has its nanoseconds, warm-up first.
 */
const [, , name = '', blocks = '10', directory = '.'] = process.argv;
const chosen = estimatorCases[name];
if (chosen === undefined) throw new Error(`no case ${name}; there are ${Object.keys(estimatorCases).join(', ')}`);
mkdirSync(directory, { recursive: true });

/** Latencies of the lane that runs now: trials take turns, so there is only one. */
interface Tap {
  readonly nanoseconds: Float32Array;
  count: number;
  readonly sliceEnds: number[];
}
let current: Tap | undefined;
const result = ResultMatcher.prototype.result;
ResultMatcher.prototype.result = function (this: ResultMatcher, bytes: number, nanoseconds: number): void {
  if (current !== undefined) current.nanoseconds[current.count++] = nanoseconds;
  result.call(this, bytes, nanoseconds);
};

const signal = new AbortController().signal;
const env = process.env as Record<string, string>;
const scratches: Scratch[] = [];
const engines = new Map<string | undefined, Engine>();
for (const { qemu } of chosen.lanes) {
  if (engines.has(qemu)) continue;
  const tools = await findQemuTools({ ...(qemu === undefined ? {} : { directory: resolve(qemu) }), env, signal });
  const scratch = Scratch.create({ env, pid: process.pid });
  scratches.push(scratch);
  engines.set(qemu, createQemuIoEngine({ tools, scratch }));
}

function tapped(engine: Engine, taps: Tap[]): Engine {
  return {
    name: 'qemu-io',
    describe: (s) => engine.describe(s),
    run: (job) => engine.run(job),
    recordHostIo: (job, sink) => engine.recordHostIo(job, sink),
    close: () => engine.close(),
    begin: async (job: EngineJob, lifetimeMs: number) => {
      const begun = await engine.begin?.(job, lifetimeMs);
      if (begun === undefined || 'state' in begun) throw new Error(JSON.stringify(begun));
      const tap: Tap = { nanoseconds: new Float32Array(job.workload.requestCount), count: 0, sliceEnds: [] };
      taps.push(tap);
      return {
        ...begun,
        advance: async (to) => {
          current = tap;
          const time = await begun.advance(to);
          tap.sliceEnds.push(to);
          current = undefined;
          return time;
        },
      };
    },
  };
}

try {
  const profile = await loadProfile(chosen.workload, process.cwd());
  const workload = resolveWorkload({ ...profile }, {});
  const lanes = chosen.lanes.map(({ label, create, drive, duplicates, qemu }) => {
    const job: EngineJob = {
      configuration: { label, create: create ?? {}, drive: drive ?? {} },
      workload: withDuplicates(workload, duplicates ?? 0),
      imageKey: JSON.stringify([create, qemu]),
      timeLimitMs: 120_000,
      traceHostIo: false,
      signal,
    };
    return { engine: engines.get(qemu) as Engine, job };
  });
  for (let block = 0; block < Number(blocks); block++) {
    const startMs = performance.now();
    const taps: Tap[] = [];
    const got = await runInterleaved(
      lanes.map(({ engine, job }) => ({ engine: tapped(engine, taps), job })),
      { sliceMs: 50, seed: block, scratchDirectory: scratches[0]?.directory ?? '.' },
    );
    for (const [lane, { nanoseconds, count }] of taps.entries()) {
      writeFileSync(join(directory, `${block}-${lane}.f32`), new Uint8Array(nanoseconds.buffer, 0, 4 * count));
    }
    const line = {
      block,
      ms: performance.now() - startMs,
      disturbance: got[0]?.disturbance,
      reasons: got.flatMap((one) => (one.outcome.state === 'completed' ? [] : [one.outcome.reason])),
      sliceEnds: taps.map((one) => one.sliceEnds),
      driverMs: got.map((one) => one.driverMs),
    };
    appendFileSync(join(directory, 'blocks.ndjson'), `${JSON.stringify(line)}\n`);
  }
} finally {
  for (const engine of engines.values()) await engine.close();
  for (const scratch of scratches) scratch.close();
}
