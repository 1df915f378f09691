import { EngineError } from '../../errors.ts';
import { Operation } from '../../workload/request.ts';
import type { LoadGenerator } from '../engine.ts';
import type { Scratch } from '../scratch.ts';
import type { Export, ExportKind } from '../storage-daemon/export.ts';
import { StorageDaemon } from '../storage-daemon/storage-daemon.ts';
import type { QemuTools } from '../tools.ts';
import { requestMetrics } from './fio-metrics.ts';
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
  /** Of the daemon, and of fio. */
  readonly daemonCpus: readonly number[];
  readonly fioCpus: readonly number[];
  readonly signal: AbortSignal;
}

const directory = 'null-device';
const exportName = 'null';
const requestBytes = 4096;
const diskBytes = 2 ** 30;
const requestCount = 20_000;
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
  const { scratch, fio, tools } = options;
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
      const run = await runFio({
        ...{ fio, scratch, env: tools.env, name: `${directory}/run`, jobs: [job], timeLimitMs },
        target: { kind: options.kind, name: exportName, socket: daemon.socket },
        signal: options.signal,
        cpus: options.fioCpus,
      });
      if (run.failure !== undefined) throw new EngineError(`fio does not work: ${run.failure}`, run.tool);
      const { iops, latencyMs } = requestMetrics([job], run.results);
      figures.push({ iodepth, iops, meanMs: latencyMs.mean, p99Ms: latencyMs.p99 });
    }
    await daemon.stop();
    return figures;
  } finally {
    await daemon.kill();
    scratch.remove(directory);
  }
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
