import { EngineError } from '../../errors.ts';
import {
  createRequestBlock,
  Operation,
  pushRequest,
  type RequestBlock,
  requestBlockCapacity,
} from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';
import { describeToolFailure, runTool, succeeded } from '../process.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import { type HostDefaults, runCommand } from './block-node.ts';
import { imageNames } from './image-files.ts';
import { replay } from './replay.ts';
import { ScriptStore } from './script-store.ts';

const directoryName = 'calibration';
const diskBytes = 1 << 20;
const requestBytes = 4096;
const requestCount = 16_384;
const timeLimitMs = 30_000;

/** Reads of an image without data: the driver answers them from memory, so that what is left is qemu-io's own work. */
const calibrationWorkload: Workload = {
  name: 'calibration',
  title: 'Reads of an empty image',
  source: 'qtune',
  diskBytes,
  seed: 0,
  image: { content: 'empty', backing: 'none', state: 'shared' },
  warmUpCount: requestCount / 4,
  requestCount,
  identity: null,
  *requests(): Iterable<RequestBlock> {
    for (let done = 0; done < requestCount; done += requestBlockCapacity) {
      const block = createRequestBlock();
      for (let index = 0; index < requestBlockCapacity; index++) {
        pushRequest(block, Operation.read, (index * requestBytes) % diskBytes, requestBytes);
      }
      yield block;
    }
  },
};

/** What {@link measureOverhead} found. */
export interface Overhead {
  /** Time of one command outside the driver. */
  readonly overheadMs: number;
  /** Time of one command inside the driver. */
  readonly driverMs: number;
  /** Processors that qemu-io was pinned to. */
  readonly cpus: readonly number[];
}

/**
 * What qemu-io spends on one command outside the driver: reading the line, making the buffer, printing the result. The
 * wall time of some thousand reads less their latencies, by their number; about 5 µs on a machine of 2020.
 * @throws EngineError where qemu-io does not run
 */
export async function measureOverhead(
  tools: QemuTools,
  scratch: Scratch,
  cpus: readonly number[],
  defaults: HostDefaults,
  signal: AbortSignal,
): Promise<Overhead> {
  scratch.makeDirectory(directoryName);
  try {
    const directory = scratch.path(directoryName);
    const env = tools.env === undefined ? {} : { env: tools.env };
    const create = [tools.qemuImg, 'create', '-q', '-f', 'qcow2', imageNames.image, String(diskBytes)];
    const created = await runTool(create, { cwd: directory, signal, timeLimitMs, ...env });
    if (!succeeded(created)) throw new EngineError(`qemu-img does not work: ${describeToolFailure(created)}`, created);
    const scripts = new ScriptStore(scratch, 'calibration-script');
    const script = await scripts.get(calibrationWorkload, true, signal);
    const command = runCommand(
      tools,
      { directory, hasDataFile: false, backingFormat: undefined },
      { label: 'calibration', create: {}, drive: {} },
      defaults,
      { readOnly: true },
    );
    const run = await replay({
      ...{ tools, scratch, command, cwd: directory, workload: calibrationWorkload, script },
      ...{ silentSyncs: true, timeLimitMs, signal, cpus },
    });
    scripts.close();
    if (run.failure !== undefined) throw new EngineError(`qemu-io does not work: ${run.failure}`, run.tool);
    const { driverMs, requestCount: measured } = run.matcher.metrics();
    return {
      overheadMs: Math.max(0, run.wallMs - driverMs) / measured,
      driverMs: driverMs / measured,
      cpus: run.tool.cpus,
    };
  } finally {
    scratch.remove(directoryName);
  }
}
