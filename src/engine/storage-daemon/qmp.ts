import type { Writable } from 'node:stream';
import type { JsonValue } from '../../settings/blockdev.ts';
import { LineSplitter } from '../qemu-io/line-splitter.ts';
import { visibleText } from '../visible-text.ts';

/** QEMU refused a command. */
export class QmpError extends Error {}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Commands to a QEMU program over its monitor's streams, one after the other. Events are passed over.
 * @source QEMU docs/interop/qmp-spec.txt
 */
export class Qmp {
  readonly #lines = new LineSplitter((line) => this.#line(line));
  readonly #pending: Pending[] = [];
  readonly #early: string[] = [];
  #input: Writable | undefined;
  #ended: Error | undefined;

  /** Where commands go; those that came before it was known go first. */
  attach(input: Writable): void {
    this.#input = input;
    for (const line of this.#early.splice(0)) input.write(line);
  }

  /** Takes what the monitor wrote. */
  push(chunk: Buffer): void {
    this.#lines.push(chunk);
  }

  /** No answer will come any more. */
  end(error: Error): void {
    this.#ended ??= error;
    for (const pending of this.#pending.splice(0)) pending.reject(this.#ended);
  }

  /** @returns what QEMU returned. @throws QmpError where it refused, or the error of {@link end} */
  execute(command: string, commandArguments: { readonly [key: string]: JsonValue } = {}): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      const line = `${JSON.stringify({ execute: command, arguments: commandArguments })}\n`;
      if (this.#input === undefined) this.#early.push(line);
      else this.#input.write(line);
    });
  }

  #line(line: string): void {
    const answer = parse(line);
    if (answer === undefined) return;
    if ('return' in answer) this.#pending.shift()?.resolve(answer.return);
    else if ('error' in answer) this.#pending.shift()?.reject(new QmpError(describe(answer.error)));
  }
}

function parse(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function describe(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'desc' in error ? error.desc : undefined;
  return visibleText(typeof text === 'string' ? text : 'the command was refused');
}
