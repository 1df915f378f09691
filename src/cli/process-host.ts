import type { Host, TextSink } from './host.ts';

/** Signals that end a run in an orderly way. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function sink(stream: NodeJS.WriteStream): TextSink {
  // `qtune … | head` closes our output early: nobody is left to tell, but the work and its exit code stay what they are.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
  };
}

/** The question goes to standard error, so that standard output stays what it is. A signal is an empty answer. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // In its own mode the terminal hands Ctrl-C to the reader of lines.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await new Promise<string>((resolve) => {
      signal.addEventListener('abort', () => resolve(''), { once: true });
      lines.once('close', () => resolve(''));
      lines.question(question, resolve);
    });
  } finally {
    lines.close();
  }
}

/** The host of the real process. The first stop signal aborts `signal`; a second one ends the process at once. */
export function processHost(): Host {
  const controller = new AbortController();
  for (const name of stopSignals) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return {
    argv: process.argv.slice(2),
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    descriptors: { stdin: 0, stdout: 1, stderr: 2 },
    env: process.env,
    cwd: process.cwd(),
    pid: process.pid,
    nodeVersion: process.version,
    now: () => Date.now(),
    signal: controller.signal,
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: (question) => ask(question, controller.signal) } : {}),
  };
}
