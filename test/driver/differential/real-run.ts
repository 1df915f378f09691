import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { HostFileName } from '../../../src/driver/host-io.ts';
import type { DifferentialCase } from './case.ts';
import { dataName, imageName, logName, measuredLines, prepareLines, type SlowCalls } from './shell.ts';
import { type HostIo, readStraceLog } from './strace-log.ts';

/** QEMU could not do what a case asks for, e.g. because the file system lacks something: no verdict on the model. */
export class RefusedCase extends Error {}

/** Makes the image as it is before the measured run. */
export function prepareImage(tested: DifferentialCase, directory: string, bin: string | undefined): void {
  runShell(prepareLines(tested), directory, bin);
}

/** Runs the measured requests on the prepared image. @returns host I/O of each request, and at last of the closing */
export function measureReal(
  tested: DifferentialCase,
  directory: string,
  bin: string | undefined,
  slow?: SlowCalls,
): HostIo[][] {
  runShell(measuredLines(tested, slow), directory, bin);
  const segments = readStraceLog(readFileSync(join(directory, logName), 'utf8'), fileOfPath);
  if (segments.length !== tested.commands.length + 1) {
    throw new RefusedCase(`${segments.length} prompts for ${tested.commands.length} requests`);
  }
  return segments;
}

function fileOfPath(path: string): HostFileName | undefined {
  const name = basename(path);
  if (name === imageName) return 'image';
  if (name === dataName) return 'data';
  return name.startsWith('backing') ? 'backing' : undefined;
}

function runShell(lines: readonly string[], directory: string, bin: string | undefined): void {
  const run = spawnSync('sh', ['-c', lines.join('\n')], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, LC_ALL: 'C', QEMU: bin === undefined ? '' : `${bin}/` },
  });
  if (run.status === 0) return;
  const said = readOutput(join(directory, 'qemu-io.out'));
  throw new RefusedCase(`${run.stderr.trim()} ${said}`.trim() || `exit ${run.status}`);
}

function readOutput(path: string): string {
  try {
    const lines = readFileSync(path, 'utf8').replaceAll('qemu-io> ', '').trim().split('\n');
    return lines.at(-1) ?? '';
  } catch {
    return '';
  }
}
