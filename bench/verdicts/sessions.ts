import { appendFileSync } from 'node:fs';
import { runInterleaved } from '../../src/engine/interleave.ts';
import { createQemuIoEngine } from '../../src/engine/qemu-io/qemu-io-engine.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { findQemuTools } from '../../src/engine/tools.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { withDuplicates } from './sides.ts';

const [, , name, out, blocks, shares, drive, sliceMs] = process.argv;
const signal = new AbortController().signal;
const env = process.env as Record<string, string>;
const tools = await findQemuTools({ cwd: process.cwd(), env, signal });
const scratch = Scratch.create({ env, pid: process.pid });
const engine = createQemuIoEngine({ tools, scratch });
try {
  console.log(await engine.describe(signal));
  const profile = await loadProfile(`bench/verdicts/workloads/${name}.yaml`, process.cwd());
  const workload = resolveWorkload(profile, {});
  const sides = (shares ?? '0,0').split(',').map((s) => withDuplicates(workload, Number(s)));
  for (let block = 0; block < Number(blocks); block++) {
    const t0 = performance.now();
    const got = await runInterleaved(
      sides.map((w) => ({
        engine,
        job: {
          configuration: { label: 'x', create: {}, drive: JSON.parse(drive ?? '{}') },
          workload: w,
          imageKey: `k`,
          timeLimitMs: 60000,
          traceHostIo: false,
          signal,
        },
      })),
      { sliceMs: Number(sliceMs ?? 50), seed: block, scratchDirectory: scratch.directory },
    );
    const ms = performance.now() - t0;
    appendFileSync(
      out!,
      `${JSON.stringify({ block, ms, disturbance: got[0]!.disturbance, sides: got.map((g) => g.driverMs), states: got.map((g) => (g.outcome.state === 'completed' ? g.outcome.metrics.iops : g.outcome.reason)) })}\n`,
    );
  }
} finally {
  await engine.close();
  scratch.close();
}
