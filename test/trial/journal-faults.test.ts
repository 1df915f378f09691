import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJournal } from '../../src/trial/journal-reader.ts';
import { JournalWriter } from '../../src/trial/journal-writer.ts';
import { completedTrial, sampleHeader } from '../helpers/trials.ts';

/**
 * Faults at the n-th system call on the journal: what a full or broken disk and a kill in the middle of a write do. The
 * writer runs in a process of its own and says after each record that it was told to be safe.
 */
const writerModule = join(import.meta.dirname, '..', '..', 'src', 'trial', 'journal-writer.ts');
const ids = ['a', 'b', 'c', 'd', 'e'];
let directory = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'qtune-test-'));
  await build({
    input: writerModule,
    platform: 'node',
    logLevel: 'silent',
    output: { file: join(directory, 'journal-writer.js'), format: 'esm' },
  });
  const records = [sampleHeader(), ...ids.map((id) => completedTrial({ id }))];
  writeFileSync(
    join(directory, 'writer.mjs'),
    `import { JournalWriter, JournalWriteError } from './journal-writer.js';
const records = ${JSON.stringify(records)};
const writer = await JournalWriter.open(process.argv[2], { resume: false, pid: process.pid });
try {
  for (const record of records) {
    await writer.append(record);
    process.stdout.write(\`\${record.id ?? 'header'}\\n\`);
  }
} catch (error) {
  if (!(error instanceof JournalWriteError)) throw error;
  process.stdout.write(\`failed \${JSON.parse(error.recordLine).id ?? 'header'}: \${error.message}\\n\`);
  await writer.append(records[1]).catch((again) => process.stdout.write(\`still failed: \${again.message}\\n\`));
  process.exitCode = 3;
}
await writer.close();
`,
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
  /** Records that the writer was told are safe. */
  readonly acknowledged: readonly string[];
  readonly failure: string | undefined;
  /** What the next record after the failure was answered with. */
  readonly nextFailure: string | undefined;
  readonly path: string;
}

let runCount = 0;

function runWriter(prefix: (path: string) => readonly string[]): Ending {
  runCount += 1;
  const path = join(directory, `journal-${runCount}.ndjson`);
  const [command = '', ...args] = [...prefix(path), process.execPath, join(directory, 'writer.mjs'), path];
  // With one thread for file operations the n-th call is the n-th of the process, as strace counts by thread.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const { stdout, stderr, status, signal } = spawnSync(command, args, { cwd: directory, env, encoding: 'utf8' });
  const lines = stdout.trim() === '' ? [] : stdout.trim().split('\n');
  if (lines.length === 0 && stderr !== '' && signal === null && status !== 137) throw new Error(stderr);
  return {
    status,
    signal,
    acknowledged: lines.filter((line) => !line.includes('failed')),
    failure: lines.find((line) => line.startsWith('failed')),
    nextFailure: lines.find((line) => line.startsWith('still failed')),
    path,
  };
}

/** Finishes the journal as a resumed run would, and gives back the ids in it. */
async function complete(path: string): Promise<readonly string[]> {
  const writer = await JournalWriter.open(path, { resume: true, pid: process.pid });
  if (!writer.existing) await writer.append(sampleHeader());
  const there = new Set(writer.existing?.trials.map((trial) => trial.id));
  for (const id of ids.filter((one) => !there.has(one))) await writer.append(completedTrial({ id }));
  await writer.close();
  const text = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
  return text.map((line) => String(JSON.parse(line).id));
}

async function idsIn(path: string): Promise<readonly string[]> {
  return existsSync(path) ? (await readJournal(path)).trials.map((trial) => trial.id) : [];
}

const straceWorks = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0;

function inject(call: string, fault: string, when: number): (path: string) => readonly string[] {
  const trace = ['-f', '-qq', '-o', join(directory, 'trace'), '-e', `trace=${call}`];
  return (path) => ['strace', ...trace, '-P', path, '-e', `inject=${call}:${fault}:when=${when}`];
}

describe.skipIf(!straceWorks)('with errors injected by strace (skipped where strace cannot trace)', () => {
  test.each([
    ['write', 'ENOSPC', 'the record could not be written (no space left on the device)'],
    ['fdatasync', 'EIO', 'the record could not be flushed to disk (EIO)'],
  ])('%s failing with %s at any record loses nothing that was safe, and keeps failing', async (call, code, message) => {
    for (let when = 1; when <= ids.length + 1; when++) {
      const ending = runWriter(inject(call, `error=${code}`, when));
      const expected = ['header', ...ids].slice(0, when - 1);
      expect(ending.acknowledged).toEqual(expected);
      expect(ending.status).toBe(3);
      expect(ending.failure).toContain(`failed ${['header', ...ids][when - 1]}: ${ending.path}: ${message}`);
      expect(ending.nextFailure).toContain('writing has failed before');
      expect(await idsIn(ending.path)).toEqual(expected.slice(1));
      if (existsSync(ending.path)) expect(readFileSync(ending.path, 'utf8').endsWith('}\n')).toBe(true);
      expect(existsSync(`${ending.path}.lock`)).toBe(false);
      expect(await complete(ending.path)).toEqual(ids);
    }
  });

  test.each(['write', 'fdatasync'])('SIGKILL at the %s of any record loses nothing that was safe', async (call) => {
    for (let when = 1; when <= ids.length + 1; when++) {
      const ending = runWriter(inject(call, 'signal=SIGKILL', when));
      expect(ending.status === 137 || ending.signal === 'SIGKILL').toBe(true);
      expect(ending.acknowledged).toEqual(['header', ...ids].slice(0, when - 1));
      expect(existsSync(`${ending.path}.lock`)).toBe(true);
      const completed = await complete(ending.path);
      expect(completed).toEqual(ids);
    }
  });

  test('a disk that is full from the start leaves neither a journal nor its lock', () => {
    const full = inject('write', 'error=ENOSPC', 1);
    expect(() => runWriter((path) => full(`${path}.lock`))).toThrow(
      "the journal's lock cannot be made (no space left on device)",
    );
    expect(readdirSync(directory).filter((name) => name.includes(`-${runCount}.ndjson`))).toEqual([]);
  });

  test('a directory that cannot be flushed at the start leaves no journal', () => {
    const fault = ['-e', 'trace=fsync', '-P', directory, '-e', 'inject=fsync:error=EIO'];
    const before = readdirSync(directory);
    expect(() => runWriter(() => ['strace', '-f', '-qq', '-o', join(directory, 'trace'), ...fault])).toThrow(
      'cannot be flushed to disk (EIO)',
    );
    expect(readdirSync(directory).filter((name) => name.startsWith('journal'))).toEqual(
      before.filter((name) => name.startsWith('journal')),
    );
  });
});

test('a disk that fills up in the middle of a record leaves the records before it whole', async () => {
  // The limit on the length of a file does what a full disk does: the write comes up short, the next one fails.
  const recordBytes = Buffer.byteLength(JSON.stringify(completedTrial({ id: 'a' }))) + 1;
  const headerBytes = Buffer.byteLength(JSON.stringify(sampleHeader())) + 1;
  const limitKib = Math.floor((headerBytes + 3.5 * recordBytes) / 1024);
  const shell = `trap '' XFSZ; ulimit -f ${limitKib}; exec "$@"`;
  const ending = runWriter(() => ['bash', '-c', shell, 'bash']);
  const wholeCount = Math.floor((limitKib * 1024 - headerBytes) / recordBytes);
  expect(ending.acknowledged).toEqual(['header', ...ids.slice(0, wholeCount)]);
  expect(ending.failure).toContain('could not be written (EFBIG)');
  expect(readFileSync(ending.path).length).toBe(headerBytes + wholeCount * recordBytes);
  expect(await complete(ending.path)).toEqual(ids);
});
