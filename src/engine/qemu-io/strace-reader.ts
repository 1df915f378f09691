/** One system call on an open file, as `strace -f -y` prints it. */
export interface SystemCall {
  readonly thread: string;
  readonly name: string;
  readonly fd: number;
  /** What is open there: a path, or a kind in angle brackets' words such as `anon_inode:[eventfd]`. */
  readonly path: string;
  /** Everything behind the first argument, in strace's words. */
  readonly rest: string;
  readonly result: number;
}

interface Slot {
  readonly thread: string;
  /** The text of an unfinished call; undefined once it is complete. */
  begun: string | undefined;
  call: SystemCall | undefined;
}

/**
 * Reads the output of `strace -f -y -o`, line by line, and hands on calls in the order in which they began. Threads
 * interleave: a call may be cut in `<unfinished ...>` and `<... resumed>`; later ones then wait for its end.
 */
export class StraceReader {
  readonly #onCall: (call: SystemCall) => void;
  #slots: Slot[] = [];

  constructor(onCall: (call: SystemCall) => void) {
    this.#onCall = onCall;
  }

  /** Takes one line without its newline. */
  add(line: string): void {
    const [, thread, text] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    if (thread === undefined || text === undefined) return;
    const cut = text.lastIndexOf(' <unfinished ...>');
    if (cut >= 0) {
      this.#slots.push({ thread, begun: text.slice(0, cut), call: undefined });
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text);
    if (resumed) {
      const slot = this.#slots.find((one) => one.thread === thread && one.begun !== undefined);
      if (slot?.begun === undefined) return;
      slot.call = parseCall(thread, slot.begun + resumed[1]);
      slot.begun = undefined;
    } else {
      const call = parseCall(thread, text);
      if (call === undefined) return;
      if (this.#slots.length === 0) {
        this.#onCall(call);
        return;
      }
      this.#slots.push({ thread, begun: undefined, call });
    }
    this.#handOn();
  }

  #handOn(): void {
    let done = 0;
    for (const slot of this.#slots) {
      if (slot.begun !== undefined) break;
      done++;
      if (slot.call !== undefined) this.#onCall(slot.call);
    }
    if (done > 0) this.#slots = this.#slots.slice(done);
  }
}

const callPattern = /^(\w+)\((\d+)<([^>]*)>(.*)\)\s+= (-?\d+)/s;

function parseCall(thread: string, text: string): SystemCall | undefined {
  const [, name, fd, path, rest, result] = callPattern.exec(text) ?? [];
  if (name === undefined || path === undefined || rest === undefined) return undefined;
  return { thread, name, fd: Number(fd), path, rest, result: Number(result) };
}

/** A quoted text among the arguments. */
const quoted = /"((?:[^"\\]|\\.)*)"/s;

/** The bytes of the first quoted text, as far as strace prints it. @source strace(1): octal escapes and those of C */
export function quotedBytes(rest: string): Buffer {
  const text = quoted.exec(rest)?.[1] ?? '';
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      bytes.push(text.charCodeAt(at));
      continue;
    }
    const [octal] = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4)) ?? [];
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8));
      at += octal.length;
    } else {
      at++;
      bytes.push(letterEscapes[text[at] ?? ''] ?? text.charCodeAt(at));
    }
  }
  return Buffer.from(bytes);
}

const letterEscapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12 };

/** Offset and length of a call that reads or writes at a place; undefined where strace shows none. */
export function placeOf({ name, rest }: SystemCall): { readonly offset: number; readonly length: number } | undefined {
  const plain = rest.replaceAll(new RegExp(quoted, 'gs'), '""');
  if (name.startsWith('preadv') || name.startsWith('pwritev')) {
    const lengths = [...plain.matchAll(/iov_len=(\d+)/g)].map(([, length]) => Number(length));
    const [, offset] = /\], \d+, (\d+)/.exec(plain) ?? [];
    if (offset === undefined) return undefined;
    return { offset: Number(offset), length: lengths.reduce((sum, length) => sum + length, 0) };
  }
  const [, first, second] = /, (\d+), (\d+)$/.exec(plain) ?? [];
  if (first === undefined || second === undefined) return undefined;
  return name === 'fallocate'
    ? { offset: Number(first), length: Number(second) }
    : { offset: Number(second), length: Number(first) };
}
