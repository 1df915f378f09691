import type { Writable } from 'node:stream';
import type { JsonValue } from '../../settings/blockdev.ts';
import { visibleText } from '../visible-text.ts';
import { MessageSplitter } from './message-splitter.ts';

/** QEMU refused a command; it did nothing. */
export class QmpError extends Error {
  /** QEMU's class of the error, e.g. `CommandNotFound`. */
  readonly errorClass: string;

  constructor(description: string, errorClass: string) {
    super(description);
    this.errorClass = errorClass;
  }
}

/** The other side does not keep to the protocol, or not to the time: whether a command was done is not known. */
export class QmpBrokenError extends Error {}

/** Names of a command's arguments and their values. */
export type QmpArguments = { readonly [key: string]: JsonValue };

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * The longest message that is taken, bytes. The answer to `query-named-block-nodes` of a guest with 200 disks and chains of ten is
 * about 3 MB.
 */
const messageLimitBytes = 32 * 2 ** 20;
const excerptLength = 120;

/**
 * Commands to a QEMU program over its monitor's streams. Answers are matched by their ids, so that they may come in any order;
 * events are passed over. What is no answer to anything ends the session: after that nothing it says can be trusted.
 * @source QEMU docs/interop/qmp-spec.rst
 */
export class Qmp {
  readonly #lines = new MessageSplitter(messageLimitBytes, (line) => this.#line(line));
  readonly #pending = new Map<string, Pending>();
  readonly #early: string[] = [];
  #greet: (greeting: unknown) => void = () => undefined;
  #greeted = false;
  #sequence = 0;
  #input: Writable | undefined;
  #ended: Error | undefined;
  /** What the greeting says, as it came; never settles where none comes. */
  readonly greeting: Promise<unknown> = new Promise((resolve) => {
    this.#greet = resolve;
  });

  /** Where commands go; those that came before it was known go first. */
  attach(input: Writable): void {
    this.#input = input;
    for (const line of this.#early.splice(0)) input.write(line);
  }

  /** Takes what the monitor wrote. */
  push(chunk: Buffer): void {
    if (this.#ended !== undefined) return;
    if (!this.#lines.push(chunk)) this.#break(`sent a message of more than ${messageLimitBytes / 2 ** 20} MiB`);
  }

  /** No answer will come any more. */
  end(error: Error): void {
    this.#ended ??= error;
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
    this.#pending.clear();
  }

  /** Why no answer will come any more; undefined while one may. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  /** @returns what QEMU returned. @throws QmpError where it refused, QmpBrokenError, or the error of {@link end} */
  execute(command: string, commandArguments: QmpArguments = {}): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const id = `qtune-${++this.#sequence}`;
      this.#pending.set(id, { resolve, reject });
      const line = `${JSON.stringify({ execute: command, arguments: commandArguments, id })}\n`;
      if (this.#input === undefined) this.#early.push(line);
      else this.#input.write(line);
    });
  }

  #line(line: string): void {
    if (this.#ended !== undefined || line.trim() === '') return;
    const message = parse(line);
    if (message === undefined) this.#break(`sent what is no message of QMP: ${excerpt(line)}`);
    else if ('QMP' in message) this.#takeGreeting(message.QMP);
    else if (!('event' in message)) this.#answer(message, line);
  }

  #takeGreeting(greeting: unknown): void {
    if (this.#greeted) this.#break('greeted twice');
    this.#greeted = true;
    this.#greet(greeting);
  }

  #answer(message: object, line: string): void {
    const id = 'id' in message && typeof message.id === 'string' ? message.id : '';
    const pending = this.#pending.get(id);
    const isReturn = 'return' in message;
    if (pending === undefined || isReturn === 'error' in message) {
      this.#break(`sent an answer to nothing that was asked: ${excerpt(line)}`);
      return;
    }
    this.#pending.delete(id);
    if (isReturn) pending.resolve(message.return);
    else if ('error' in message) pending.reject(refusal(message.error));
  }

  #break(what: string): void {
    this.end(new QmpBrokenError(`the other side ${what}`));
  }
}

function parse(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusal(error: unknown): QmpError {
  const field = (name: string): string | undefined => {
    const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
    return typeof value === 'string' ? visibleText(value.slice(0, 1000)) : undefined;
  };
  return new QmpError(field('desc') ?? 'the command was refused', field('class') ?? '');
}

function excerpt(line: string): string {
  const text = visibleText(line.slice(0, excerptLength)).replace(/\s+/g, ' ');
  return line.length > excerptLength ? `${text}…` : text;
}
