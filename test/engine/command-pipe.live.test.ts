import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findExecutable } from '../../src/engine/executable.ts';
import { CommandPipe } from '../../src/engine/qemu-io/command-pipe.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { EnvironmentError } from '../../src/errors.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { type TestRequest, workloadOf } from '../helpers/workload.ts';

const parent = mkdtempSync(join(tmpdir(), 'qtune-test-pipe-'));
afterAll(() => rmSync(parent, { recursive: true }));

const reads = (count: number): Workload =>
  workloadOf(Array.from({ length: count }, (_, index): TestRequest => ['read', index * 512, 512]));
const linesOf = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `read -C ${(from + index) * 512} 512`);

interface Ends {
  readonly pipe: CommandPipe;
  /** What is in the pipe now, or undefined at its end. */
  read(): string | undefined;
}

async function withPipe(workload: Workload, use: (ends: Ends) => void): Promise<void> {
  const scratch = Scratch.create({ env: { TMPDIR: parent }, pid: process.pid });
  let readFd: number | undefined;
  try {
    const pipe = await CommandPipe.open(scratch, 'commands', process.env, workload, false);
    const { path } = pipe;
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    readFd = fd;
    const buffer = Buffer.alloc(1 << 20);
    use({
      pipe,
      read: () => {
        try {
          const bytes = readSync(fd, buffer);
          return bytes === 0 ? undefined : buffer.toString('latin1', 0, bytes);
        } catch (error) {
          if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return '';
          throw error;
        }
      },
    });
    pipe.close();
    pipe.close();
    expect(existsSync(path)).toBe(false);
  } finally {
    if (readFd !== undefined) closeSync(readFd);
    scratch.close();
  }
}

/** Commands without the empty lines, which have to be more than the 4096 bytes that a reader's buffer takes. */
function commandsIn(text: string | undefined): string[] {
  const lines = text?.split('\n') ?? [];
  expect(lines.at(-1)).toBe('');
  const empty = lines.findIndex((line) => line.startsWith(' '));
  const padding = lines.slice(empty, -1);
  expect(padding.every((line) => /^ {1,1022}$/.test(line))).toBe(true);
  expect(padding.reduce((sum, line) => sum + line.length + 1, 0)).toBeGreaterThan(4096);
  return lines.slice(0, empty);
}

describe.skipIf(findExecutable('mkfifo', process.env) === undefined)('commands through a named pipe', () => {
  test('nothing is written before it is allowed, and then no more than that', async () => {
    await withPipe(reads(100), ({ pipe, read }) => {
      pipe.feed();
      expect(read()).toBe('');
      pipe.allow(1);
      pipe.feed();
      expect(commandsIn(read())).toEqual(linesOf(0, 1));
      pipe.feed();
      expect(read()).toBe('');
      pipe.allow(60);
      pipe.feed();
      expect(commandsIn(read())).toEqual(linesOf(1, 60));
      pipe.allow(100);
      pipe.feed();
      expect(commandsIn(read())).toEqual(linesOf(60, 100));
    });
  });

  test('a slice of thousands is written piece by piece as the pipe is emptied', async () => {
    const count = 20_000;
    await withPipe(reads(count), ({ pipe, read }) => {
      pipe.allow(count);
      let text = '';
      let pieces = 0;
      for (;;) {
        pipe.feed();
        const piece = read();
        if (piece === '') break;
        text += piece;
        pieces++;
      }
      expect(pieces).toBeGreaterThan(1);
      expect(commandsIn(text)).toEqual(linesOf(0, count));
    });
  });

  test('after its close the reader meets the end', async () => {
    await withPipe(reads(10), ({ pipe, read }) => {
      pipe.allow(10);
      pipe.feed();
      pipe.close();
      pipe.feed();
      expect(commandsIn(read())).toEqual(linesOf(0, 10));
      expect(read()).toBeUndefined();
    });
  });

  test('more than there is asks for what there is', async () => {
    await withPipe(reads(3), ({ pipe, read }) => {
      pipe.allow(1000);
      pipe.feed();
      expect(commandsIn(read())).toEqual(linesOf(0, 3));
    });
  });
});

test('without named pipes there is a remedy', async () => {
  const scratch = Scratch.create({ env: { TMPDIR: parent }, pid: process.pid });
  try {
    const opening = CommandPipe.open(scratch, 'commands', { PATH: '/nowhere' }, reads(1), false);
    await expect(opening).rejects.toThrow(EnvironmentError);
    await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining('--slice off') });
  } finally {
    scratch.close();
  }
});
