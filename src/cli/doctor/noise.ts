import type { EngineJob } from '../../engine/engine.ts';
import { runInterleaved } from '../../engine/interleave.ts';
import { EnvironmentError, InterruptedError } from '../../errors.ts';
import { buildNoiseReport, type NoiseBlock } from '../../report/noise.ts';
import { renderNoise } from '../../report/noise-text.ts';
import { defaultErrorRate } from '../../stats/family.ts';
import { nominalLevel } from '../../stats/group-sequential.ts';
import { imageKey } from '../../trial/trial-id.ts';
import type { Workload } from '../../workload/workload.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import { Progress } from '../progress.ts';
import { defaultLooks } from '../run/decider.ts';
import { findQemu, type OpenEngine } from '../run/open-engine.ts';
import { defaultSliceMs } from '../run/settings.ts';
import { referenceWorkloads } from './reference-workloads.ts';

export interface NoiseSettings {
  readonly json: boolean;
  readonly qemuDirectory: string | undefined;
  /** For all blocks, milliseconds. A few are measured in any case. */
  readonly budgetMs: number;
}

/** Blocks of each workload that are measured even where the time is up: fewer show nothing of how much they differ. */
const fewestBlocks = defaultLooks[0] ?? 4;
/** For one trial; one of these takes less than a second on ordinary machines. */
const timeLimitMs = 120_000;
const configuration = { label: 'default', create: {}, drive: {} };

/** A workload with what was measured of it. */
interface Measured {
  readonly workload: Workload;
  readonly blocks: NoiseBlock[];
}

/**
 * Measures two equal sides against each other, as `run --until-decided` would, and prints how far apart they come out and so
 * which differences can be seen here in which time.
 * @throws EnvironmentError without QEMU or where a trial fails, InterruptedError; nothing is left behind
 */
export async function measureNoise(settings: NoiseSettings, host: Host): Promise<void> {
  const qemu = await findQemu({ qemuDirectory: settings.qemuDirectory }, host);
  const measured = (await referenceWorkloads(host.cwd)).map((workload): Measured => ({ workload, blocks: [] }));
  const progress = new Progress(host);
  const opened = await qemu.open();
  try {
    progress.update(0, 'looking at the machine');
    const { engine, environment } = await opened.describe();
    await measureBlocks(measured, opened, settings.budgetMs, host, progress);
    progress.done();
    const report = buildNoiseReport({
      environment,
      engine,
      budgetMs: settings.budgetMs,
      workloads: measured,
      errorRate: defaultErrorRate,
      level: nominalLevel(defaultLooks, defaultErrorRate),
      fewestBlocks,
      mostBlocks: defaultLooks.at(-1) ?? fewestBlocks,
    });
    if (settings.json) printJson(host, report);
    else host.stdout.write(renderNoise(report));
  } finally {
    progress.done();
    await opened.close();
  }
}

/** The workload that has had the least time is next, so that a change of the machine meets all of them. */
async function measureBlocks(
  measured: readonly Measured[],
  opened: OpenEngine,
  budgetMs: number,
  host: Host,
  progress: Progress,
): Promise<void> {
  let spentMs = 0;
  for (;;) {
    const next = nextOf(measured, budgetMs - spentMs);
    if (next === undefined) return;
    const { workload, blocks } = next;
    progress.update(Math.min(1, spentMs / budgetMs), `${workload.name}, block ${blocks.length + 1}`);
    const startedMs = performance.now();
    const block = await measureBlock(next, opened, host);
    const ms = performance.now() - startedMs;
    spentMs += ms;
    blocks.push({ ...block, ms });
  }
}

function nextOf(measured: readonly Measured[], leftMs: number): Measured | undefined {
  const byTime = [...measured].sort((left, right) => timeOf(left) - timeOf(right));
  const fits = ({ blocks }: Measured): boolean => blocks.reduce((sum, { ms }) => sum + ms, 0) / blocks.length <= leftMs;
  return byTime.find(({ blocks }) => blocks.length < fewestBlocks) ?? byTime.find(fits);
}

function timeOf({ blocks }: Measured): number {
  return blocks.reduce((sum, { ms }) => sum + ms, 0);
}

async function measureBlock(
  { workload, blocks }: Measured,
  { engine, scratchDirectory }: OpenEngine,
  host: Host,
): Promise<Omit<NoiseBlock, 'ms'>> {
  const job: EngineJob = {
    configuration,
    workload,
    imageKey: imageKey(workload, configuration, undefined),
    timeLimitMs,
    traceHostIo: false,
    signal: host.signal,
  };
  const members = [
    { engine, job },
    { engine, job },
  ];
  const outcomes = await runInterleaved(members, {
    sliceMs: defaultSliceMs,
    seed: blocks.length,
    ...(scratchDirectory === undefined ? {} : { scratchDirectory }),
  });
  // Whose image is made first and whose process starts first is not always the same, as in a run.
  const [base, head] = blocks.length % 2 === 0 ? outcomes : [...outcomes].reverse();
  // Ctrl-C reaches the tools too, and they may be dead before the signal has come through to us.
  await new Promise((resolve) => setImmediate(resolve));
  if (host.signal.aborted) throw new InterruptedError();
  for (const outcome of [base?.outcome, head?.outcome]) {
    if (outcome?.state === 'completed') continue;
    throw new EnvironmentError(`--noise: ${workload.name}: ${outcome?.reason ?? 'no result'}`);
  }
  const { disturbance, robustMs: left } = base ?? {};
  const right = head?.robustMs;
  return {
    base: base?.driverMs ?? [],
    head: head?.driverMs ?? [],
    ...(left === undefined || right === undefined ? {} : { withoutStalls: { base: left, head: right } }),
    ...(disturbance === undefined ? {} : { disturbance }),
  };
}
