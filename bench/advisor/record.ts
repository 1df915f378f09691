import { join } from 'node:path';
import { laneResults } from '../../src/advisor/race/lanes.ts';
import { costProfiles } from '../../src/cli/run/cost-profiles.ts';
import { keepOff } from '../../src/engine/affinity.ts';
import { runInterleaved } from '../../src/engine/interleave.ts';
import { createQemuIoEngine } from '../../src/engine/qemu-io/qemu-io-engine.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { findQemuTools, type QemuTools } from '../../src/engine/tools.ts';
import { formatQemuVersion } from '../../src/settings/qemu-version.ts';
import { createRandom } from '../../src/stats/random.ts';
import { contentHash } from '../../src/trial/canonical-json.ts';
import { imageKey } from '../../src/trial/trial-id.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { picksOf } from './picks.ts';
import { appendLine, pack, type RecordedBlock, type RecordingHeader, readRecording, unpack } from './recording.ts';
import { studySpace } from './space.ts';
import { frontOf } from './truth.ts';

export interface RecordOptions {
  readonly workloads: readonly Workload[];
  /** Where the recordings are, one for each workload. */
  readonly directory: string;
  /** For all of them together. */
  readonly timeMs: number;
  readonly configurationCount: number;
  /** Measure what races pick as often as what is fastest: none where 0. */
  readonly raceCount: number;
}

/** Configurations in a block beside the defaults. */
const laneCount = 8;
/** Rounds over all configurations, and over the fastest when there is time left. */
const allRounds = 3;
const mostRounds = 72;
const sliceMs = 20;

/**
 * Measures every configuration of every workload beside the defaults, `allRounds` times, and the fastest of them as often as the time
 * allows, so that what is best is known better than any race can know it. Each block is saved when it ends; a recording that is there
 * is gone on with.
 */
export async function record({
  workloads,
  directory,
  timeMs,
  configurationCount,
  raceCount,
}: RecordOptions): Promise<void> {
  const env = process.env;
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const tools = await findQemuTools({ cwd: process.cwd(), env, signal: abort.signal });
  const startedMs = performance.now();
  for (const [at, workload] of workloads.entries()) {
    const leftMs = timeMs - (performance.now() - startedMs);
    if (leftMs <= 0 || abort.signal.aborted) break;
    const path = join(directory, `${workload.name}.ndjson`);
    const deadline = performance.now() + leftMs / (workloads.length - at);
    await recordWorkload(workload, path, { tools, deadline, configurationCount, raceCount, signal: abort.signal });
    pack(path);
  }
}

interface Context {
  readonly tools: QemuTools;
  readonly deadline: number;
  readonly configurationCount: number;
  readonly raceCount: number;
  readonly signal: AbortSignal;
}

async function recordWorkload(workload: Workload, path: string, context: Context): Promise<void> {
  const { tools, deadline, raceCount, signal } = context;
  unpack(path);
  const existing = readRecording(path);
  const header = existing?.header ?? (await headerOf(workload, context));
  if (existing === undefined) appendLine(path, header);
  const blocks: RecordedBlock[] = [...(existing?.blocks ?? [])];
  const scratch = Scratch.create({ env: process.env, pid: process.pid });
  const engine = createQemuIoEngine({ tools, scratch });
  const isLate = (): boolean => performance.now() > deadline || signal.aborted;
  try {
    const { cpus } = await engine.describe(signal);
    const kept = await keepOff(cpus, process.pid, process.env);
    const run = async (kind: RecordedBlock['kind'], round: number, indexes: readonly number[]): Promise<void> => {
      const block = await oneBlock(header, workload, engine, scratch, {
        kind,
        round,
        indexes,
        signal,
        number: blocks.length,
      });
      if (signal.aborted) return;
      blocks.push(block);
      appendLine(path, block);
    };
    if (workload.image.state === 'shared') {
      // Images that are made once are made again in each process.
      for (const index of firstOfEachImage(header, workload)) if (!isLate()) await run('setup', 0, [index]);
    }
    const counts = () => roundsDone(blocks, header.configurations.length);
    for (;;) {
      const open = header.configurations
        .map((_, index) => index)
        .filter((index) => index > 0 && (counts()[index] ?? 0) < allRounds);
      if (open.length === 0 || isLate()) break;
      const round = Math.min(...open.map((index) => counts()[index] ?? 0));
      const now = open.filter((index) => counts()[index] === round);
      await run('all', round, shuffled(now, [workload.name, round]).slice(0, laneCount));
      tell(workload, blocks.length, `round ${round + 1} of ${allRounds}`);
    }
    const picks = raceCount > 0 ? await picksOf({ header, blocks }, raceCount) : [];
    while (
      !isLate() &&
      counts()
        .slice(1)
        .every((count) => count >= allRounds)
    ) {
      const wanted = [...new Set([...frontOf({ header, blocks }), ...picks])];
      const front = wanted.filter((index) => (counts()[index] ?? 0) < mostRounds);
      if (front.length === 0) break;
      const fewest = Math.min(...front.map((index) => counts()[index] ?? 0));
      const now = front.filter((index) => counts()[index] === fewest);
      await run('front', fewest, shuffled(now, [workload.name, fewest]).slice(0, laneCount));
      tell(
        workload,
        blocks.length,
        `${picks.length === 0 ? 'the fastest' : 'the fastest and the picks of races,'} ${front.length}, round ${fewest + 1}`,
      );
    }
    await kept?.restore();
  } finally {
    await engine.close();
    scratch.close();
  }
}

async function headerOf(workload: Workload, { tools, configurationCount }: Context): Promise<RecordingHeader> {
  const { profile, warning } = await costProfiles({ env: process.env, cwd: process.cwd() })('direct', 'io_uring');
  const costs = { profile, ...(warning === undefined ? {} : { warning: warning.message }) };
  return {
    ...{ workload: workload.name, title: workload.title, diskBytes: workload.diskBytes },
    ...{ qemu: formatQemuVersion(tools.version), costs: profile.name },
    ...studySpace(workload, tools.version, costs, configurationCount),
  };
}

interface BlockPlan {
  readonly kind: RecordedBlock['kind'];
  readonly round: number;
  readonly number: number;
  readonly indexes: readonly number[];
  readonly signal: AbortSignal;
}

async function oneBlock(
  { configurations }: RecordingHeader,
  workload: Workload,
  engine: ReturnType<typeof createQemuIoEngine>,
  scratch: Scratch,
  { kind, round, number, indexes, signal }: BlockPlan,
): Promise<RecordedBlock> {
  const all = indexes.includes(0) ? indexes : [0, ...indexes];
  const members = all.map((index) => {
    const { create = {}, drive = {} } = configurations[index] ?? {};
    const configuration = { label: String(index), create, drive };
    return {
      engine,
      job: {
        ...{ configuration, workload, imageKey: imageKey(workload, configuration, undefined) },
        ...{ timeLimitMs: 60_000, traceHostIo: false, reusesImage: true, signal },
      },
    };
  });
  const beganMs = performance.now();
  const results = await runInterleaved(members, { sliceMs, seed: number, scratchDirectory: scratch.directory });
  const ms = Math.round(performance.now() - beganMs);
  const lanes = laneResults(
    results.map(({ outcome, driverMs, robustMs }, at) => {
      const key = String(all[at]);
      if (outcome.state !== 'completed') return { key, failure: outcome.reason };
      return { key, times: { driverMs, ...(robustMs === undefined ? {} : { robustMs }) } };
    }),
  );
  const round5 = (value: number) => Number(value.toPrecision(5));
  return {
    ...{ kind, round, ms, disturbed: results.some(({ disturbance }) => disturbance?.disturbed === true) },
    lanes: lanes.map((lane, at) => {
      const index = all[at] as number;
      if ('failure' in lane) return [index, lane.failure];
      const driverMs = results[at]?.driverMs.reduce((sum, one) => sum + one, 0) ?? 0;
      return [index, round5(lane.logRate), round5(lane.logError), round5(driverMs)];
    }),
  };
}

function firstOfEachImage({ configurations }: RecordingHeader, workload: Workload): readonly number[] {
  const found = new Map<string, number>();
  for (const [index, { create, drive }] of configurations.entries()) {
    const key = imageKey(workload, { label: '', create, drive }, undefined);
    if (!found.has(key)) found.set(key, index);
  }
  return [...found.values()];
}

/** Blocks of each configuration, those that failed included. */
function roundsDone(blocks: readonly RecordedBlock[], count: number): readonly number[] {
  const done = new Array<number>(count).fill(0);
  for (const { kind, lanes } of blocks) {
    if (kind === 'setup') continue;
    for (const [index] of lanes) done[index] = (done[index] ?? 0) + 1;
  }
  return done;
}

function shuffled(indexes: readonly number[], salt: unknown): readonly number[] {
  const random = createRandom(Number.parseInt(contentHash(salt).slice(0, 12), 16));
  const order = [...indexes];
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order;
}

let toldMs = 0;

function tell({ name }: Workload, blockCount: number, what: string): void {
  if (performance.now() - toldMs < 10_000) return;
  toldMs = performance.now();
  process.stderr.write(`${name}: ${blockCount} blocks, ${what}\n`);
}
