import { blockBytes, type FileSystemSpec } from '../file-system/parameters.ts';
import type { FilebenchParameters } from './filebench-program.ts';
import type { ProgramPhase } from './phase-schemas.ts';
import type { PostmarkCalls } from './postmark-program.ts';
import type { ProgramSpec } from './program.ts';

/** What a phase says of memory and file system. */
interface FileSystemChoice {
  readonly memory: number;
  readonly dirtyRatio: number;
  readonly newFileSystem: boolean;
}

interface Area {
  readonly startBytes: number;
  readonly spanBytes: number;
}

/**
 * Times of a call and of a request waited for, measured in the recordings that the model is compared with. They decide
 * how many commits fall into a run, nothing else.
 *
 * @source own recordings: PostMark made 20,000 files in 2 s and 50,000 transactions with 46,000 reads in 13 s
 */
const callUs = 25;
const waitUs = 140;

/** The file system of a phase on its area of the disk. */
export function fileSystemSpec(choice: FileSystemChoice, area: Area, seed: number): FileSystemSpec {
  const { memory, dirtyRatio, newFileSystem } = choice;
  return { ...area, memoryBytes: memory, dirtyRatio, callUs, waitUs, isNew: newFileSystem, seed };
}

/** PostMark on a file system. */
export function postmarkProgramSpec(parameters: PostmarkCalls, choice: FileSystemChoice, area: Area): ProgramSpec {
  return { program: 'postmark', parameters, fileSystem: fileSystemSpec(choice, area, parameters.seed) };
}

/** A phase with nothing left to default. */
export function programSpec(phase: ProgramPhase, area: Area, seed: number): ProgramSpec {
  const fileSystem = fileSystemSpec(phase, area, seed);
  if (phase.pattern === 'iozone') {
    const { tests, file, record, stride } = phase;
    return { program: 'iozone', parameters: { tests, fileBytes: file, recordBytes: record, stride }, fileSystem };
  }
  if (phase.pattern === 'filebench') {
    const { personality, files, meanFile, threads, loops } = phase;
    return {
      program: 'filebench',
      parameters: { personality, files, meanFileBytes: meanFile, threads, loops, seed },
      fileSystem,
    };
  }
  const { scale, transactions, sharedBuffers, commitsPerSync, checkpointEvery } = phase;
  return {
    program: 'tpcb',
    parameters: { scale, transactions, sharedBufferBytes: sharedBuffers, commitsPerSync, checkpointEvery, seed },
    fileSystem,
  };
}

/** ext4 keeps a twentieth for itself and root, and files do not fill groups to the last block. */
const usableShare = 0.8;
const smallestFileSystemBytes = 256 * 2 ** 20;
const bytesPerInode = 16_384;

/** What the files take at most, bytes; a smaller file system is not tried. */
export function neededBytes(spec: ProgramSpec): number {
  const { bytes, files } = largestFiles(spec);
  return Math.ceil(Math.max(smallestFileSystemBytes, bytes / usableShare, files * bytesPerInode * 1.25));
}

function largestFiles(spec: ProgramSpec): { readonly bytes: number; readonly files: number } {
  switch (spec.program) {
    case 'postmark': {
      const files = 2 * spec.parameters.number;
      return { bytes: files * Math.ceil(spec.parameters.sizeHigh / blockBytes) * blockBytes, files };
    }
    case 'iozone':
      return { bytes: spec.parameters.fileBytes, files: 1 };
    case 'filebench':
      return filebenchFiles(spec.parameters);
    case 'tpcb':
      // 13.2 MiB of accounts and 2.2 MiB of index for each unit of scale, a gigabyte of log, 52 bytes of history.
      return { bytes: spec.parameters.scale * 16 * 2 ** 20 + 2 ** 30 + spec.parameters.transactions * 64, files: 4 };
  }
}

/** Sizes and the appends of all loops; the files of varmail and fileserver come and go in balance. */
function filebenchFiles({ files, meanFileBytes, loops }: FilebenchParameters): { bytes: number; files: number } {
  const appended = 3 * 16 * 1024 * loops;
  return { bytes: 2 * files * (meanFileBytes + blockBytes) + appended, files: files + loops };
}
