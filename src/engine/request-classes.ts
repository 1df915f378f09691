import { driverOptions, type ModelHost } from '../driver/driver-options.ts';
import { BLOCK_HOLE, HOST_READ, type HostIoSink } from '../driver/host-io.ts';
import { prepareImage } from '../driver/prepare-image.ts';
import { Qcow2Driver } from '../driver/qcow2-driver.ts';
import { replayOne } from '../driver/replay.ts';
import { InterruptedError, QtuneError } from '../errors.ts';
import { cacheModeOf } from '../settings/cache-mode.ts';
import { measuringCacheMode } from '../settings/drive-rules.ts';
import type { EngineJob } from './engine.ts';

/** The class of each request of a workload. */
export interface RequestClasses {
  /**
   * By request, syncs and warm-up included. Requests of one class above 0 made the driver do the same, and wait for no
   * disk; class 0 holds all others.
   */
  readonly classOf: Uint8Array;
  /** Class 0 included. */
  readonly count: number;
}

/** More requests than this are not classified: the model would take seconds. */
const mostRequests = 4_000_000;
/** Signatures with fewer requests behind the warm-up go to class 0. */
const fewestOfClass = 100;
const mostClasses = 255;

/**
 * Runs a workload through the model of the driver and finds the requests that wait for no disk: whose host I/O is nothing but
 * reads of holes, which the file system answers from memory. Such requests are of one class if they agree in operation,
 * order of magnitude of their length and number of host reads.
 * @returns undefined where there are none, too many requests, a backing file of the user's, or settings that the model does not know
 * @throws InterruptedError after an abort
 */
export async function classifyRequests(
  job: Pick<EngineJob, 'configuration' | 'workload' | 'backing' | 'signal'>,
  host: ModelHost,
): Promise<RequestClasses | undefined> {
  const { workload } = job;
  // Every read of a full image goes to the disk.
  const isKnown = job.backing === undefined && workload.image.content !== 'full';
  if (!isKnown || workload.requestCount > mostRequests) return undefined;
  try {
    return numbered(await signatures(job, host), workload.warmUpCount);
  } catch (error) {
    if (error instanceof QtuneError && !(error instanceof InterruptedError)) return undefined;
    throw error;
  }
}

async function signatures(
  { configuration, workload, signal }: Pick<EngineJob, 'configuration' | 'workload' | 'signal'>,
  host: ModelHost,
): Promise<Uint32Array> {
  const { diskBytes } = workload;
  const { content, backing } = workload.image;
  const image = prepareImage({ configuration, diskBytes, content, backing }, host);
  const { drive } = configuration;
  const asMeasured = cacheModeOf(drive) === undefined ? { ...drive, cache: measuringCacheMode } : drive;
  const tally = new HoleReads();
  const driver = new Qcow2Driver(image, driverOptions(image, asMeasured, host), tally);
  const list = new Uint32Array(workload.requestCount);
  let position = 0;
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) {
      tally.start();
      replayOne(driver, block, index);
      const magnitude = Math.ceil(Math.log2((block.lengthBytes[index] as number) + 1));
      list[position++] = tally.waits ? 0 : 1 + (block.operation[index] as number) + 4 * (magnitude + 64 * tally.count);
    }
    // Signals get their turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) throw new InterruptedError();
  }
  return list;
}

/** Numbers the frequent signatures; 0 stays 0. */
function numbered(signatureOf: Uint32Array, warmUpCount: number): RequestClasses | undefined {
  const counts = new Map<number, number>();
  for (const signature of signatureOf.subarray(warmUpCount)) counts.set(signature, (counts.get(signature) ?? 0) + 1);
  counts.delete(0);
  const frequent = [...counts].filter(([, count]) => count >= fewestOfClass).sort((left, right) => right[1] - left[1]);
  if (frequent.length === 0) return undefined;
  const numbers = new Map(frequent.slice(0, mostClasses).map(([signature], index) => [signature, index + 1]));
  return { classOf: Uint8Array.from(signatureOf, (signature) => numbers.get(signature) ?? 0), count: numbers.size + 1 };
}

/** Whether a request did anything but read holes, and how many it read. */
class HoleReads implements HostIoSink {
  count = 0;
  waits = false;

  start(): void {
    this.count = 0;
    this.waits = false;
  }

  io(op: number, _file: number, _offset: number, _length: number, _purpose: number, state: number): void {
    this.count++;
    this.waits ||= op !== HOST_READ || state !== BLOCK_HOLE;
  }
}
