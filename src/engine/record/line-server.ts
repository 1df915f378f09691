import type { Writable } from 'node:stream';
import { EnvironmentError } from '../../errors.ts';
import type { Environment } from '../executable.ts';
import { describeToolFailure, runTool, type ToolResult } from '../process.ts';
import { LineSplitter } from '../qemu-io/line-splitter.ts';
import { visibleText } from '../visible-text.ts';

/** As long as a timer of Node can be: 24 days. */
export const foreverMs = 2 ** 31 - 1;

interface Pending {
  resolve(text: string): void;
  reject(error: Error): void;
}

/**
 * A helper that answers each line with one and ends when its standard input does. It gets no signal from qtune: what it
 * does at its end must be done however qtune ends.
 */
export class LineServer {
  readonly #name: string;
  readonly #pending: Pending[] = [];
  readonly #ended: Promise<ToolResult>;
  #stdin: Writable | undefined;
  #failure: Error | undefined;

  /** @param name for messages */
  constructor(name: string, command: readonly string[], deathSignal: 'KILL' | 'none', env: Environment) {
    this.#name = name;
    const lines = new LineSplitter((line) => this.#pending.shift()?.resolve(line));
    this.#ended = runTool(command, {
      cwd: '/',
      env,
      signal: new AbortController().signal,
      timeLimitMs: foreverMs,
      deathSignal,
      onStdin: (stdin) => {
        this.#stdin = stdin;
      },
      onStdout: (chunk) => lines.push(chunk),
    }).then((result) => {
      this.#failure = new EnvironmentError(`${name} ended: ${describeToolFailure(result)}`);
      for (const pending of this.#pending.splice(0)) pending.reject(this.#failure);
      return result;
    });
  }

  /** The next line that it says by itself. @throws EnvironmentError where it ends before */
  next(): Promise<string> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }));
  }

  /** Sends a line and waits for `ok …`. @returns what follows it. @throws EnvironmentError with its reason */
  async ask(line: string): Promise<string> {
    const answer = this.next();
    this.#stdin?.write(`${line}\n`);
    const text = await answer;
    const [word = '', ...rest] = text.split(' ');
    if (word === 'ok') return rest.join(' ');
    throw new EnvironmentError(`${this.#name}: ${visibleText(rest.join(' ').trim())}`);
  }

  /** Ends its input and waits for its end. */
  async close(): Promise<void> {
    this.#stdin?.end();
    await this.#ended;
  }
}
