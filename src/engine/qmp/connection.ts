import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { EnvironmentError, InterruptedError, UsageError } from '../../errors.ts';
import { parseQemuVersion, type QemuVersion } from '../../settings/qemu-version.ts';
import { visibleText } from '../visible-text.ts';
import { Qmp, type QmpArguments, QmpBrokenError } from './qmp.ts';
import { optionalText, recordOf } from './values.ts';

/** How long to wait for the other side, ms. */
export interface QmpTimeLimits {
  /** From the connection to the greeting, and for the capabilities after it. */
  readonly greetingMs: number;
  /** For the answer to each command. */
  readonly commandMs: number;
}

/** QEMU's monitor answers between two turns of its main loop; a busy host may take seconds. */
export const usualTimeLimits: QmpTimeLimits = { greetingMs: 5000, commandMs: 20_000 };

export interface QmpConnectionOptions {
  /** The socket's path, resolved. */
  readonly path: string;
  /** Stops waiting for the connection; not for commands. */
  readonly signal: AbortSignal;
  readonly timeLimits?: QmpTimeLimits;
}

/** Room in `sockaddr_un` for a path and its closing zero. @source unix(7) */
const longestPathBytes = 107;

/** A session with a running QEMU over its monitor's Unix socket. */
export class QmpConnection {
  readonly version: QemuVersion;
  /** As QEMU says it, with the distribution's package. */
  readonly versionText: string;
  readonly #qmp: Qmp;
  readonly #socket: Socket;
  readonly #commandMs: number;

  private constructor(qmp: Qmp, socket: Socket, commandMs: number, greeting: unknown) {
    this.#qmp = qmp;
    this.#socket = socket;
    this.#commandMs = commandMs;
    const version = recordOf(recordOf(greeting, 'the greeting').version, 'the version in the greeting');
    const qemu = recordOf(version.qemu, 'the version in the greeting');
    const numbers = [qemu.major, qemu.minor, qemu.micro].map((part) => (Number.isSafeInteger(part) ? part : 0));
    const parsed = parseQemuVersion(numbers.join('.'));
    if (parsed === undefined || parsed.major === 0) throw new QmpBrokenError('the greeting names no version of QEMU');
    this.version = parsed;
    const name = optionalText(version, 'package', 'the version in the greeting') ?? '';
    this.versionText = `${numbers.join('.')}${name === '' ? '' : ` (${visibleText(name.slice(0, 100)).trim()})`}`;
  }

  /**
   * Connects, waits for the greeting and negotiates.
   * @throws UsageError where the path is no socket, EnvironmentError where nobody answers or what answers is no QEMU, InterruptedError
   */
  static async open(options: QmpConnectionOptions): Promise<QmpConnection> {
    const { path, signal, timeLimits = usualTimeLimits } = options;
    const shown = visibleText(path);
    checkPath(path, shown);
    const qmp = new Qmp();
    const socket = connect({ path });
    const interrupt = (): void => void socket.destroy(new InterruptedError());
    signal.addEventListener('abort', interrupt, { once: true });
    if (signal.aborted) interrupt();
    socket.on('data', (chunk: Buffer) => {
      qmp.push(chunk);
      if (qmp.ended !== undefined) socket.destroy();
    });
    socket.on('error', (error) => qmp.end(error));
    socket.on('close', () => qmp.end(new QmpBrokenError('the other side closed the connection')));
    qmp.attach(socket);
    try {
      const opened = (async () => {
        const greeting = await Promise.race([qmp.greeting, endOf(qmp, socket)]);
        const connection = new QmpConnection(qmp, socket, timeLimits.commandMs, greeting);
        await qmp.execute('qmp_capabilities');
        return connection;
      })();
      return await within(opened, timeLimits.greetingMs, 'nothing greeted');
    } catch (error) {
      socket.destroy();
      if (signal.aborted) throw new InterruptedError();
      throw openFailure(error, shown);
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  }

  /** @throws QmpError where QEMU refused it, QmpBrokenError where no answer came: whether it was done is not known then */
  async execute(command: string, commandArguments: QmpArguments = {}): Promise<unknown> {
    try {
      return await within(
        this.#qmp.execute(command, commandArguments),
        this.#commandMs,
        `no answer to ${command} came`,
      );
    } catch (error) {
      // A late answer to a command that was given up would be taken for one to the next.
      if (error instanceof QmpBrokenError) this.close();
      if (isSystemError(error)) throw new QmpBrokenError(`the connection broke (${error.code})`);
      throw error;
    }
  }

  /** May be called more than once. */
  close(): void {
    this.#socket.destroy();
  }
}

function checkPath(path: string, shown: string): void {
  if (Buffer.byteLength(path) > longestPathBytes) {
    throw new UsageError(`--qmp: ${shown}: the path of a socket has at most ${longestPathBytes} bytes`, {
      hint: 'Change into its directory and name it from there, or make a short symbolic link to it.',
    });
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() === false) {
    throw new UsageError(`--qmp: ${shown} is not a socket`, { hint: howToListen });
  }
}

const howToListen =
  'QEMU listens on one with -qmp unix:PATH,server=on,wait=off; Proxmox VE has /var/run/qemu-server/VMID.qmp.';

/** Rejects when the session ends. */
function endOf(qmp: Qmp, socket: Socket): Promise<never> {
  return new Promise((_resolve, reject) => {
    socket.once('close', () => reject(qmp.ended ?? new QmpBrokenError('the other side closed the connection')));
  });
}

async function within<Result>(work: Promise<Result>, limitMs: number, what: string): Promise<Result> {
  const since = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const seconds = Math.round((performance.now() - since) / 100) / 10;
      reject(new QmpBrokenError(`${what} within ${seconds} s`));
    }, limitMs);
  });
  // Whichever loses is not looked at any more.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error;
}

function openFailure(error: unknown, shown: string): Error {
  if (isSystemError(error)) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      return new UsageError(`--qmp: ${shown}: there is no such socket`, { hint: howToListen });
    if (error.code === 'ECONNREFUSED')
      return new EnvironmentError(`--qmp: ${shown}: nobody listens there`, { hint: 'Is the guest running?' });
    const hint = error.code === 'EACCES' ? 'Run qtune as root or as the user that the guest runs as.' : howToListen;
    return new EnvironmentError(`--qmp: ${shown} cannot be connected to (${error.code})`, { hint });
  }
  if (!(error instanceof Error)) return new EnvironmentError(`--qmp: ${shown}: ${String(error)}`);
  return new EnvironmentError(`--qmp: ${shown} is no QEMU monitor that answers: ${error.message}`, {
    hint: "QEMU serves one client of a socket at a time and lets others wait; it may be held (by libvirt, its own). Give QEMU another: -qmp unix:PATH,server=on,wait=off. It must be QMP's, not that of -monitor.",
    cause: error,
  });
}
