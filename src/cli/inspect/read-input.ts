import { createReadStream, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError, UsageError } from '../../errors.ts';
import { qcow2Magic } from '../../qcow2/header.ts';
import { ImageFile } from '../../qcow2/image-file.ts';
import { readBytes } from '../../qcow2/image-source.ts';
import { describeCommandLine } from '../../settings/command-line/describe-command-line.ts';
import { optionsStart } from '../../settings/command-line/option-words.ts';
import { commandWords } from '../../settings/command-line/shell-words.ts';
import type { DescribedMachine } from '../../settings/described-disk.ts';
import { longestXmlBytes } from '../../settings/domain-xml/xml-tree.ts';
import type { Host } from '../host.ts';

/** What a file that was named is. */
export type InspectInput =
  | { readonly kind: 'image'; readonly name: string }
  | { readonly kind: 'machine'; readonly name: string; readonly machine: DescribedMachine };

const headBytes = 4096;
/** What `-` arrives as; see `Command`. */
const standardInputName = '/dev/stdin';

/**
 * Finds out by its content what a file is, and reads it where it is a domain or a command line. `-` is standard input.
 * @throws InputError for a domain that cannot be read, and where there is no such file
 */
export async function readInput(name: string, host: Host): Promise<InspectInput> {
  if (name === standardInputName) return fromStream('standard input', standardInput(host), undefined);
  const path = resolve(host.cwd, name);
  const status = statusOf(path, name);
  if (status !== undefined && !status.isFile() && !status.isBlockDevice()) {
    if (status.isDirectory())
      throw new InputError({ file: name }, 'it is a directory', { hint: 'Name the files in it.' });
    if (!status.isFIFO()) throw new InputError({ file: name }, 'it is no regular file');
    return fromStream(name, createReadStream(path, { encoding: 'utf8', signal: host.signal }), undefined);
  }
  const head = readHead(path, name);
  if (head.length >= 4 && head.readUInt32BE(0) === qcow2Magic) return { kind: 'image', name };
  // Files of /proc have no length before they are read.
  if (!isText(head) && !(status?.size === 0 && head.length === 0)) return { kind: 'image', name };
  const stream = createReadStream(path, { encoding: 'utf8', signal: host.signal });
  return fromStream(name, stream, status?.isFile() ? status.size : undefined);
}

/** The command line in a file, whatever it looks like; `-` is standard input. */
export async function readCommandLine(name: string, host: Host): Promise<InspectInput> {
  const stream =
    name === standardInputName
      ? standardInput(host)
      : createReadStream(resolve(host.cwd, name), { encoding: 'utf8', signal: host.signal });
  const text = await wholeText(name, readable(stream, name));
  return machineOfWords(name, commandWords(text), true);
}

/** A command line that was given as words. @throws UsageError where it is none of QEMU */
export function machineOfWords(name: string, words: readonly string[], certain: boolean): InspectInput {
  const start = optionsStart(words) ?? (certain ? undefined : 0);
  if (start === undefined) {
    throw new UsageError(`${name}: there is no QEMU in this command line`, {
      hint: 'Give it with its first word: qemu-system-x86_64 -drive …',
    });
  }
  return { kind: 'machine', name, machine: describeCommandLine(words.slice(start)) };
}

function standardInput(host: Host): AsyncIterable<string> {
  const descriptor = host.descriptors?.stdin;
  if (descriptor === undefined) throw new UsageError('-: there is no standard input here');
  return createReadStream('', { fd: descriptor, encoding: 'utf8', autoClose: false, signal: host.signal });
}

function statusOf(path: string, name: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // ImageFile says what is wrong with it.
    ImageFile.open(path, name).close();
    return undefined;
  }
}

function readHead(path: string, name: string): Buffer {
  const file = ImageFile.open(path, name);
  try {
    return readBytes(file, 0, Math.min(headBytes, Math.max(file.lengthBytes, 0)));
  } finally {
    file.close();
  }
}

/** Whether bytes look like text: no control characters but white space, and NUL between words. */
function isText(head: Buffer): boolean {
  if (head.length === 0 || head[0] === 0) return false;
  return head.every((byte) => byte >= 32 || byte === 0 || (byte >= 9 && byte <= 13));
}

async function fromStream(
  name: string,
  stream: AsyncIterable<string>,
  fileBytes: number | undefined,
): Promise<InspectInput> {
  const chunks = readable(stream, name)[Symbol.asyncIterator]();
  const first = await firstText(chunks);
  const rest = (async function* () {
    yield first;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  if (/^\uFEFF?\s*</.test(first)) {
    const { parseDomain, tooLong } = await import('../../settings/domain-xml/parse-domain.ts');
    if ((fileBytes ?? 0) > longestXmlBytes) throw tooLong(name);
    return { kind: 'machine', name, machine: await parseDomain(name, rest) };
  }
  if (first.startsWith('QFI')) {
    throw new InputError({ file: name }, 'an image cannot be read from a pipe', { hint: 'Name its file.' });
  }
  const words = commandWords(await wholeText(name, rest));
  if (optionsStart(words) !== undefined) return machineOfWords(name, words, true);
  throw new InputError({ file: name }, 'it is neither a qcow2 image nor a libvirt domain nor a QEMU command line', {
    hint: 'A domain comes from `virsh dumpxml NAME`; a raw disk has no settings of qcow2.',
  });
}

/** The first piece in which something stands. */
async function firstText(chunks: AsyncIterator<string>): Promise<string> {
  let text = '';
  while (text.trim() === '' && text.length <= longestXmlBytes) {
    const { value, done } = await chunks.next();
    if (done) return text;
    text += value;
  }
  return text;
}

async function wholeText(name: string, chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) {
    text += chunk;
    if (text.length > longestXmlBytes) {
      throw new InputError(
        { file: name },
        `it is longer than ${longestXmlBytes / 1024 ** 2} MiB, which no command line is`,
      );
    }
  }
  return text;
}

/** The stream with the system's errors told as those of a file. */
async function* readable(stream: AsyncIterable<string>, name: string): AsyncGenerator<string> {
  try {
    yield* stream;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.name === 'AbortError') throw error;
    throw new InputError({ file: name }, `it cannot be read (${String(error.code)})`, { cause: error });
  }
}
