import { open } from 'node:fs/promises';
import { InterruptedError } from '../../errors.ts';
import { driveNode } from '../../settings/blockdev.ts';
import type { Workload } from '../../workload/workload.ts';
import type { EngineJob } from '../engine.ts';
import { distinctWrittenBytes, type RequestSummary, RequestSurvey } from '../request-survey.ts';
import { commandBytes, encodeCommand } from './command-encoder.ts';

/** A workload's script, and what its requests add up to. */
export interface ScriptSummary extends RequestSummary {
  /** Size of the script. */
  readonly scriptBytes: number;
}

const chunkBytes = 1 << 20;
/** Nothing is read and nothing printed, but a trace shows it: the first request follows. */
const preamble = 'read -q 0 0\n';

/**
 * Whether syncs have to be plain flushes, which print nothing and are not timed: an image opened read-only takes no
 * write of any kind, and with `detect-zeroes` a write of no bytes counts as one of zeroes, whose flush QEMU leaves out.
 * @source QEMU block/io.c, bdrv_aligned_pwritev and bdrv_co_do_pwrite_zeroes; seen under strace with 7.2
 */
export function hasSilentSyncs({ workload, configuration }: Pick<EngineJob, 'workload' | 'configuration'>): boolean {
  const { detectZeroes = 'off' } = driveNode(configuration.drive);
  return workload.image.state === 'shared' || detectZeroes !== 'off';
}

/**
 * Writes a workload as commands for qemu-io's standard input, one request a line, without building a string per request.
 * @throws UnrunnableRequest where a request is longer than qemu-io takes or beyond the disk's end
 */
export async function writeScript(
  workload: Workload,
  path: string,
  options: { readonly silentSyncs: boolean; readonly signal: AbortSignal },
): Promise<ScriptSummary> {
  const survey = new RequestSurvey(workload.diskBytes);
  const writer = new ScriptWriter(options.silentSyncs);
  const file = await open(path, 'w', 0o600);
  let scriptBytes = 0;
  try {
    for (const block of workload.requests()) {
      if (options.signal.aborted) throw new InterruptedError();
      survey.add(block);
      for (let index = 0; index < block.count; index++) {
        writer.add(block.operation[index] ?? 0, block.offsetBytes[index] ?? 0, block.lengthBytes[index] ?? 0);
        if (writer.isFull) scriptBytes += await writer.flush(file);
      }
    }
    scriptBytes += await writer.flush(file);
  } finally {
    await file.close();
  }
  return { ...survey.summary(distinctWrittenBytes(workload, survey)), scriptBytes };
}

/** Collects commands as bytes in one buffer that is written out when it is nearly full. */
class ScriptWriter {
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  readonly #silentSyncs: boolean;
  #length: number;

  constructor(silentSyncs: boolean) {
    this.#silentSyncs = silentSyncs;
    this.#length = this.#buffer.write(preamble, 'latin1');
  }

  get isFull(): boolean {
    return this.#length > chunkBytes - commandBytes;
  }

  add(operation: number, offsetBytes: number, lengthBytes: number): void {
    this.#length = encodeCommand(this.#buffer, this.#length, operation, offsetBytes, lengthBytes, this.#silentSyncs);
  }

  async flush(file: {
    write(buffer: Buffer, offset: number, length: number): Promise<{ bytesWritten: number }>;
  }): Promise<number> {
    let done = 0;
    while (done < this.#length) done += (await file.write(this.#buffer, done, this.#length - done)).bytesWritten;
    this.#length = 0;
    return done;
  }
}
