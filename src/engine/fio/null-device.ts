import { EngineError, InterruptedError } from '../../errors.ts';
import { Operation } from '../../workload/request.ts';
import type { LoadGenerator } from '../engine.ts';
import type { Scratch } from '../scratch.ts';
import type { Export, ExportKind } from '../storage-daemon/export.ts';
import { StorageDaemon } from '../storage-daemon/storage-daemon.ts';
import type { QemuTools } from '../tools.ts';
import { findMissing, requestMetrics } from './fio-metrics.ts';
import { runFio } from './fio-run.ts';
import type { FioTool } from './fio-tool.ts';
import { JobTotals } from './job-totals.ts';
import type { ReplayJob } from './replay-logs.ts';
import { Iolog } from './request-log.ts';

type NullDeviceFigures = LoadGenerator['nullDevice'][number];

interface MeasureOptions {
  readonly tools: QemuTools;
  readonly fio: FioTool;
  readonly scratch: Scratch;
  readonly kind: ExportKind;
  readonly daemonCpus: readonly number[];
  readonly signal: AbortSignal;
}

const directory = 'null-device';
const exportName = 'null';
const requestBytes = 4096;
const diskBytes = 2 ** 30;
const requestCount = 8000;
/** Runs at each depth: whatever else the machine does only adds to the time, so that the fastest is nearest to the cost. */
const runCount = 3;
const timeLimitMs = 60_000;

/**
 * Reads of 4 KiB from QEMU's null device through the export that trials use, at each depth: what is left of a request's
 * time is fio, the export and the way between them.
 * @throws EngineError where fio or the daemon does not work
 */
export async function measureNullDevice(
  depths: readonly number[],
  options: MeasureOptions,
): Promise<readonly NullDeviceFigures[]> {
  const { scratch } = options;
  scratch.makeDirectory(directory);
  const daemon = await startOn(options);
  try {
    const log = `${directory}/log`;
    const totals = writeReads(scratch.path(log));
    const figures: NullDeviceFigures[] = [];
    for (const iodepth of depths) {
      const load = { iodepth, jobCount: 1 };
      const job: ReplayJob = {
        ...{ name: 'null device', log, stage: 0, load, totals },
        ...{ isBlktrace: false, isPaced: false },
      };
      const runs: NullDeviceFigures[] = [];
      for (let number = 0; number < runCount; number++) runs.push(await measureOnce(job, daemon, options));
      figures.push(runs.reduce((best, one) => (one.iops > best.iops ? one : best)));
    }
    await daemon.stop();
    return figures;
  } finally {
    await daemon.kill();
    scratch.remove(directory);
  }
}

async function measureOnce(
  job: ReplayJob,
  daemon: StorageDaemon,
  { fio, scratch, tools, kind, signal }: MeasureOptions,
): Promise<NullDeviceFigures> {
  const run = await runFio({
    ...{ fio, scratch, env: tools.env, name: `${directory}/run`, jobs: [job], timeLimitMs, signal },
    target: { kind, name: exportName, socket: daemon.socket },
  });
  if (signal.aborted) throw new InterruptedError();
  const failure = run.failure ?? findMissing([job], run.results);
  if (failure !== undefined) throw new EngineError(`fio does not work: ${failure}`, run.tool);
  const { iops, latencyMs } = requestMetrics([job], run.results);
  return { iodepth: job.load.iodepth, iops, meanMs: latencyMs.mean, p99Ms: latencyMs.p99 };
}

function startOn({ tools, scratch, kind, daemonCpus, signal }: MeasureOptions): Promise<StorageDaemon> {
  const disk: Export = {
    name: exportName,
    kind,
    graph: { driver: 'null-co', size: diskBytes },
    writable: true,
    writethrough: false,
  };
  return StorageDaemon.start({
    ...{ tools, scratch, signal, exports: [disk], cpus: daemonCpus },
    lifetimeMs: 10 * timeLimitMs,
  });
}

function writeReads(path: string): JobTotals {
  const totals = new JobTotals();
  const log = new Iolog(path, false);
  try {
    for (let number = 0; number < requestCount; number++) {
      const offset = (number * requestBytes) % diskBytes;
      totals.add(Operation.read, offset, requestBytes);
      log.add(Operation.read, offset, requestBytes, 0);
    }
  } finally {
    log.close();
  }
  return totals;
}
