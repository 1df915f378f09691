import { cpus, release, type as systemType, totalmem } from 'node:os';
import type { FileSystemInfo } from '../engine/file-system.ts';
import type { Warning } from '../warnings.ts';
import { contentHash } from './canonical-json.ts';
import type { TrialEnvironment } from './record.ts';

/** What the environment cannot find out by itself. */
export interface EnvironmentInput {
  readonly qtuneVersion: string;
  readonly nodeVersion: string;
  /** First line of `qemu-img --version`, where QEMU takes part. */
  readonly qemuVersionLine?: string;
  /** Of the directory that the images are made in. */
  readonly fileSystem: Pick<FileSystemInfo, 'type' | 'mountOptions' | 'freeBytes'>;
}

const fingerprintDigits = 16;

/**
 * The machine and the tools, for a journal's header. Host name, user name and paths stay out, since journals are shared.
 * The fingerprint is the first 16 hexadecimal digits of a SHA-256 over what measurements depend on: kernel, processor and
 * its count, file system and mount options, QEMU; memory and free space are left out.
 */
export async function describeEnvironment(input: EnvironmentInput): Promise<TrialEnvironment> {
  const processors = cpus();
  const { type, mountOptions, freeBytes } = input.fileSystem;
  const shared = {
    kernel: `${systemType()} ${release()}`,
    cpuModel: processors[0]?.model.trim() || 'unknown',
    cpuCount: processors.length,
    fileSystem: type,
    mountOptions,
    ...(input.qemuVersionLine === undefined ? {} : { qemu: input.qemuVersionLine }),
  };
  return {
    qtuneVersion: input.qtuneVersion,
    nodeVersion: input.nodeVersion,
    ...shared,
    memoryBytes: totalmem(),
    freeBytes,
    fingerprint: contentHash(shared).slice(0, fingerprintDigits),
  };
}

/** A caveat where a run goes on in another environment than it began in; undefined where what counts is the same. */
export function environmentChange(before: TrialEnvironment, now: TrialEnvironment): Warning | undefined {
  const keys = ['qemu', 'kernel', 'cpuModel', 'cpuCount', 'fileSystem', 'mountOptions'] as const;
  const changes = keys
    .filter((key) => before[key] !== now[key])
    .map((key) => `${key} was ${before[key] ?? 'none'} and is ${now[key] ?? 'none'}`);
  if (changes.length === 0) return undefined;
  return {
    code: 'environment-changed',
    subject: 'resume',
    message: `the rest of this run is measured elsewhere than its beginning: ${changes.join('; ')}`,
    hint: 'Start a journal of its own with --out where the difference matters.',
  };
}
