import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import {
  FILE_BACKING,
  FILE_DATA,
  FILE_IMAGE,
  HOST_DISCARD,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
  HOST_ZERO,
  type HostIoSink,
} from '../../driver/host-io.ts';
import { EngineError, EnvironmentError, InterruptedError } from '../../errors.ts';
import { cacheModeOf, defaultCacheMode } from '../../settings/cache-mode.ts';
import type { Warning } from '../../warnings.ts';
import type { EngineJob } from '../engine.ts';
import { findExecutable } from '../executable.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import { effectiveModes, type HostDefaults, runCommand } from './block-node.ts';
import { type ImageFiles, imageNames } from './image-files.ts';
import { IoLogLabeller, labellingEvents, type TablePlaces } from './io-log-labeller.ts';
import { LineSplitter } from './line-splitter.ts';
import { OutputChannel } from './output-channel.ts';
import { replay } from './replay.ts';
import { hasSilentSyncs } from './script.ts';
import type { Script } from './script-store.ts';
import { placeOf, quotedBytes, StraceReader, type SystemCall } from './strace-reader.ts';

/** What one recording takes. */
export interface IoLogOptions {
  readonly tools: QemuTools;
  readonly scratch: Scratch;
  readonly job: EngineJob;
  readonly script: Script;
  readonly files: ImageFiles;
  readonly defaults: HostDefaults;
  readonly sink: HostIoSink;
}

/** A request under strace costs some hundred times one without. */
const slowdown = 100;
const channelName = 'system-calls';
/** Bytes of each buffer that strace prints: a whole trace event, or the start of a header. */
const shownBytes = 128;
const calls = 'read,write,pread64,preadv,preadv2,pwrite64,pwritev,pwritev2,fallocate,fdatasync';

/**
 * Replays a trial's script, untimed, and hands on every host I/O from the first guest request to the close of the
 * image, in order of submission: the system calls of qemu-io with `aio=threads` under strace, which sees all of them, discards
 * and syncs included. QEMU's trace events, where its build has them, stand among the calls and tell what each is for.
 *
 * @throws EnvironmentError where there is no strace or it may not trace; EngineError where the replay fails
 */
export async function recordIoLog(options: IoLogOptions): Promise<readonly Warning[]> {
  const { tools, scratch, job, script, files } = options;
  const strace = findExecutable('strace', tools.env);
  if (strace === undefined) {
    throw new EnvironmentError('--io-log: strace was not found on PATH; only its record of a real run is complete', {
      hint: 'Install strace, or have the model predict the same I/O: --engine simulated.',
    });
  }
  const readOnly = job.workload.image.state === 'shared';
  // Strace sees every request of aio=threads. Caching is QEMU's default where the configuration does not say, as in the model.
  const cache = cacheModeOf(job.configuration.drive) ?? defaultCacheMode;
  const modes = { ...effectiveModes(job.configuration, options.defaults), cache, aio: 'threads' };
  const command = runCommand(tools, files, job.configuration, modes, { readOnly, trace: labellingEvents });
  const recorder = new Recorder(options.sink, files);
  const lines = new LineSplitter((line) => recorder.line(line));
  const channel = await OutputChannel.open(scratch, channelName, tools.env, (chunk) => lines.push(chunk));
  const straceCommand = [strace, '-f', '-y', '-v', '-s', String(shownBytes), '-e', `trace=${calls}`];
  try {
    const run = await replay({
      tools,
      scratch,
      command: [...straceCommand, '-e', 'signal=none', '-o', scratch.path(channelName), '--', ...command],
      cwd: files.directory,
      workload: job.workload,
      script,
      silentSyncs: hasSilentSyncs(job),
      timeLimitMs: job.timeLimitMs * slowdown,
      signal: job.signal,
      cpus: [],
      // Trace events are read among the system calls; the file is only there so that they are written.
      onStderr: () => undefined,
    });
    if (job.signal.aborted) throw new InterruptedError();
    if (run.failure !== undefined) throw new EngineError(`--io-log: ${run.failure}`, run.tool);
  } finally {
    channel.finish();
  }
  recorder.end();
  if (!recorder.started) {
    throw new EnvironmentError('--io-log: strace saw nothing of qemu-io', {
      hint: 'Tracing may be forbidden here; the model predicts the same I/O: --engine simulated.',
    });
  }
  if (recorder.labelled) return [];
  const message = 'the lines of --io-log do not say what they are for: this QEMU has no log backend for trace events';
  return [{ code: 'no-labels', subject: job.configuration.label, message }];
}

/** A call that moved fewer bytes than it was asked to. */
interface ShortCall {
  readonly name: string;
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly done: number;
}

/** Turns lines of strace into host I/O. */
class Recorder {
  readonly #reader = new StraceReader((call) => this.#call(call));
  readonly #labeller: IoLogLabeller;
  readonly #events = new LineSplitter((line) => this.#labeller.event(line));
  readonly #hasDataFile: boolean;
  readonly #short = new Map<string, ShortCall>();
  started = false;

  constructor(sink: HostIoSink, files: ImageFiles) {
    this.#hasDataFile = files.hasDataFile;
    this.#labeller = new IoLogLabeller(readPlaces(join(files.directory, imageNames.image)), sink);
  }

  /** Whether I/O could be labelled. */
  get labelled(): boolean {
    return this.#labeller.labels;
  }

  line(text: string): void {
    this.#reader.add(text);
  }

  end(): void {
    this.#labeller.end();
  }

  #call(call: SystemCall): void {
    const { name, fd, rest } = call;
    if (name === 'read') {
      // The first line of the script is read when everything is open.
      if (fd === 0) this.started = true;
      return;
    }
    if (name === 'write') {
      if (fd === 2) this.#events.push(quotedBytes(rest));
      return;
    }
    if (!this.started || call.result < 0) return;
    const file = this.#fileOf(call);
    if (name === 'fdatasync') {
      this.#labeller.io(HOST_SYNC, file, 0, 0);
      return;
    }
    const place = placeOf(call);
    if (place === undefined || this.#goesOn(call, place)) return;
    const { offset, length } = place;
    if (name === 'fallocate') {
      this.#labeller.io(rest.includes('PUNCH_HOLE') ? HOST_DISCARD : HOST_ZERO, file, offset, length);
    } else if (name.startsWith('pread')) {
      this.#labeller.io(HOST_READ, file, offset, length);
    } else {
      this.#labeller.io(HOST_WRITE, file, offset, length, quotedBytes(rest));
    }
  }

  /** The rest of a transfer that came short, as at the end of a file, is no request of its own. */
  #goesOn(call: SystemCall, { offset, length }: { offset: number; length: number }): boolean {
    const { thread, name, path, result } = call;
    if (name === 'fallocate') return false;
    const before = this.#short.get(thread);
    this.#short.delete(thread);
    if (result < length) this.#short.set(thread, { name, path, offset, length, done: result });
    if (before === undefined || before.path !== path || before.name.slice(0, 5) !== name.slice(0, 5)) return false;
    const rest = offset === before.offset + before.done && length === before.length - before.done;
    // A short vector is done again from its start, in one buffer.
    const again = offset === before.offset && length === before.length && before.name !== name;
    return rest || again;
  }

  #fileOf({ path }: SystemCall): number {
    if (path.endsWith(`/${imageNames.image}`)) return FILE_IMAGE;
    return this.#hasDataFile && path.endsWith(`/${imageNames.dataFile}`) ? FILE_DATA : FILE_BACKING;
  }
}

/** Header fields of a qcow2 image that qtune made. @source QEMU docs/interop/qcow2.txt, "Header" */
function readPlaces(path: string): TablePlaces {
  const header = Buffer.alloc(64);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, header, 0, header.length, 0);
  } finally {
    closeSync(fd);
  }
  const clusterBytes = 2 ** header.readUInt32BE(20);
  return {
    clusterBytes,
    l1OffsetBytes: Number(header.readBigUInt64BE(40)),
    l1Bytes: header.readUInt32BE(36) * 8,
    refcountTableOffsetBytes: Number(header.readBigUInt64BE(48)),
    refcountTableBytes: header.readUInt32BE(56) * clusterBytes,
  };
}
