import { EngineError } from '../../errors.ts';
import { takesDirectIo } from '../file-system.ts';
import { describeToolFailure, runTool, succeeded } from '../process.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import type { HostDefaults } from './block-node.ts';

const probeName = 'probe.qcow2';
const timeLimitMs = 20_000;

/**
 * The cache and aio modes that this host and this QEMU can do, best first, tried on a small image in the scratch directory: no
 * page cache where the file system takes direct I/O, and io_uring, native or threads for the requests.
 * @throws EngineError where QEMU's tools do not even run on that image
 */
export async function probeHostDefaults(
  tools: QemuTools,
  scratch: Scratch,
  signal: AbortSignal,
): Promise<HostDefaults> {
  const options = {
    cwd: scratch.directory,
    signal,
    timeLimitMs,
    ...(tools.env === undefined ? {} : { env: tools.env }),
  };
  try {
    const create = await runTool([tools.qemuImg, 'create', '-q', '-f', 'qcow2', probeName, '1M'], options);
    if (!succeeded(create)) throw new EngineError(`QEMU's tools do not work: ${describeToolFailure(create)}`, create);
    const cache = takesDirectIo(scratch.path(probeName)) ? 'none' : 'writeback';
    const candidates = cache === 'none' ? (['io_uring', 'native'] as const) : (['io_uring'] as const);
    for (const aio of candidates) {
      if (succeeded(await runTool(probeCommand(tools, cache, aio), options))) return { cache, aio };
    }
    const last = await runTool(probeCommand(tools, cache, 'threads'), options);
    if (!succeeded(last)) throw new EngineError(`qemu-io does not work: ${describeToolFailure(last)}`, last);
    return { cache, aio: 'threads' };
  } finally {
    scratch.remove(probeName);
  }
}

/** Opens the image and writes: an io_uring that the kernel forbids is only noticed at the first request. */
function probeCommand(tools: QemuTools, cache: HostDefaults['cache'], aio: HostDefaults['aio']): readonly string[] {
  const direct = { direct: cache === 'none', 'no-flush': false };
  const graph = { driver: 'qcow2', cache: direct, file: { driver: 'file', filename: probeName, aio, cache: direct } };
  return [tools.qemuIo, '-t', cache, '-c', 'write 0 64k', '-c', 'read 0 64k', `json:${JSON.stringify(graph)}`];
}
