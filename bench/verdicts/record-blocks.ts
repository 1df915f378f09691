import { appendFileSync } from 'node:fs';
import { keepOff } from '../../src/engine/affinity.ts';
import { runInterleaved } from '../../src/engine/interleave.ts';
import { createQemuIoEngine } from '../../src/engine/qemu-io/qemu-io-engine.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { findQemuTools } from '../../src/engine/tools.ts';
import type { BlockRecord } from './block-record.ts';
import { withDuplicates } from './sides.ts';
import { studyWorkload } from './study-workload.ts';

export interface RecordOptions {
  /** A profile of this directory. */
  readonly workload: string;
  /** Loss of each side: its share of requests that are made twice. */
  readonly losses: readonly number[];
  /** Stops after so many blocks or so much time, whichever is first. */
  readonly blockCount: number;
  readonly timeMs: number;
  readonly sliceMs: number;
  /** Appended to. */
  readonly out: string;
}

/** Runs blocks of equal configurations, some with a known loss, and appends what each took to a file. */
export async function recordBlocks(options: RecordOptions): Promise<void> {
  const env = process.env;
  const signal = new AbortController().signal;
  const tools = await findQemuTools({ cwd: process.cwd(), env, signal });
  const scratch = Scratch.create({ env, pid: process.pid });
  const engine = createQemuIoEngine({ tools, scratch });
  const workload = await studyWorkload(options.workload);
  const members = options.losses.map((loss) => ({
    engine,
    job: {
      configuration: { label: 'default', create: {}, drive: {} },
      workload: withDuplicates(workload, loss),
      imageKey: options.workload,
      timeLimitMs: 60_000,
      traceHostIo: false,
      signal,
    },
  }));
  const startedMs = performance.now();
  try {
    const { cpus } = await engine.describe(signal);
    const kept = await keepOff(cpus, process.pid, env);
    for (let block = 0; block < options.blockCount && performance.now() - startedMs < options.timeMs; block++) {
      const beganMs = performance.now();
      // The seed is new in every block, and the same in every recording.
      const results = await runInterleaved(members, {
        sliceMs: options.sliceMs,
        seed: block,
        scratchDirectory: scratch.directory,
      });
      const failed = results.find(({ outcome }) => outcome.state !== 'completed');
      if (failed !== undefined && failed.outcome.state !== 'completed') throw new Error(failed.outcome.reason);
      const record: BlockRecord = {
        workload: options.workload,
        losses: options.losses,
        block,
        ms: Math.round(performance.now() - beganMs),
        ...(results[0]?.disturbance === undefined ? {} : { disturbed: results[0].disturbance.disturbed }),
        driverMs: results.map(({ driverMs }) => rounded(driverMs)),
        ...(results.every(({ driverMs, robustMs }) => robustMs?.length === driverMs.length)
          ? { robustMs: results.map(({ robustMs = [] }) => rounded(robustMs)) }
          : {}),
      };
      appendFileSync(options.out, `${JSON.stringify(record)}\n`);
    }
    await kept?.restore();
  } finally {
    await engine.close();
    scratch.close();
  }
}

function rounded(times: readonly number[]): readonly number[] {
  return times.map((ms) => Number(ms.toPrecision(6)));
}
