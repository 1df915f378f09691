import { readFile } from 'node:fs/promises';
import { GuestFileSystem } from '../../src/workload/file-system/file-system.ts';
import type { FileSystemSpec } from '../../src/workload/file-system/parameters.ts';
import { parseProfile } from '../../src/workload/parse-profile.ts';
import { postmarkDefaults } from '../../src/workload/postmark/parameters.ts';
import type { FilebenchParameters } from '../../src/workload/programs/filebench-program.ts';
import { type ProgramSpec, programSteps } from '../../src/workload/programs/program.ts';
import { createRequestBlock, Operation, pushRequest, type RequestBlock } from '../../src/workload/request.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import type { MeasureName } from './measures.ts';

/** One line of the validation: a recording of a real program and what stands for it. */
export interface ValidationRow {
  readonly name: string;
  /** File of the recording, without its ending. */
  readonly recording: string;
  /** What the program was, and what of the model was chosen by looking at this recording. */
  readonly about: string;
  readonly fitted: string;
  readonly diskBytes: number;
  /** Why a measure is further off than a tenth. */
  readonly causes: Readonly<Partial<Record<MeasureName, string>>>;
  /** Whether the test recomputes it; the others take many seconds. */
  readonly isQuick: boolean;
  requests(): Promise<Iterable<RequestBlock>>;
}

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

/** Memory cgroups of version 1 have no limit of their own for dirty pages, so that is 1. */
function guest(memoryBytes: number, diskBytes: number, isNew: boolean): FileSystemSpec {
  return { startBytes: 0, spanBytes: diskBytes, memoryBytes, dirtyRatio: 1, callUs: 25, waitUs: 140, isNew, seed: 1 };
}

/** Explained in the report's introduction. */
const plugged = 'the plug';
const earlyWriteBack = 'the early write-back';

const iozoneRecordBytes = 4096;
const iozoneFileBytes = 256 * mebibyte;
/** Steps of one pass: its records and the syncs behind them. */
const iozonePassSteps = iozoneFileBytes / iozoneRecordBytes + 1;

/** Passes of `iozone -i 2 -i 3 -i 5` on one file, which is written first: 0 writes it, 1 and 2 are test 2, 3 and 4 the others. */
function iozonePasses(from: number, to: number): ValidationRow['requests'] {
  const spec: ProgramSpec = {
    program: 'iozone',
    parameters: { tests: [2, 3, 5], fileBytes: iozoneFileBytes, recordBytes: iozoneRecordBytes, stride: 17 },
    fileSystem: { ...guest(44 * mebibyte, 8 * gibibyte, false), callUs: 1, waitUs: 20 },
  };
  return async () => stepRange(spec, from * iozonePassSteps, to * iozonePassSteps);
}

/** PostMark on a new ext4 of 8 GiB; two mebibytes of the memory that it was given are its own. */
function postmark(
  given: { readonly number: number; readonly transactions: number; readonly subdirectories: number },
  memoryBytes: number,
): ValidationRow['requests'] {
  const calls = { buffering: true, readBlock: 512, writeBlock: 512 };
  const parameters = { ...postmarkDefaults, ...calls, ...given };
  return async () => stepRange({ program: 'postmark', parameters, fileSystem: guest(memoryBytes, 8 * gibibyte, true) });
}

/** A personality on a new ext4. */
function filebench(
  parameters: Omit<FilebenchParameters, 'seed'>,
  memoryBytes: number,
  diskBytes: number,
): ValidationRow['requests'] {
  const fileSystem = guest(memoryBytes, diskBytes, true);
  return async () => stepRange({ program: 'filebench', parameters: { ...parameters, seed: 1 }, fileSystem });
}

function filebenchAbout(personality: string, memory: string, scale: string): string {
  return `filebench 1.5-alpha3, \`${personality}.f\` with ${scale} and buffers of at most 1 MiB, recorded with \`qtune workload record --memory ${memory} --command-only\``;
}

const filebenchClock =
  'filebench waits for a second before it starts, and the run took longer over FUSE than the clock of the model assumes, so that more commits and zeroed tables fall into it';
const metadataReads =
  'the few reads are bitmaps and inode tables of a file system just mounted, which the model has in memory';
const tailReads =
  'reads of the last block before an append: more here than there. Supposed: appended files are in memory more often';
const accessTimes =
  'times of access, written since the files had been copied just before; a backup of older files writes them once a day at most';
const betweenPrograms =
  'the profile stands between debootstrap and apt-get install, whose shares and sizes were counted together: debootstrap reads half as much, syncs more often and writes smaller';
const newFileSystem = 'zeroed tables of a file system made just before';
const wholeNumber = 'a place goes to the disk 3 times in the model and 2.8 times there, and each time is committed';
const betweenCommits =
  'the two writes of a commit lie side by side; supposed: other processes write in between there, not in the model';
const tailsOfOthers =
  'supposed: in the model threads that sync write one behind the other, in the kernel they take blocks at the same time from the pieces of two processors';

const laterPostmark = { number: 6000, transactions: 10_000, subdirectories: 20 };
const slowDisk =
  'over FUSE the run took 18 s, four times what the clock of the model assumes, so that more commits and zeroed tables fall into it';

export const validationRows: readonly ValidationRow[] = [
  {
    name: 'PostMark',
    recording: 'postmark-20k-50k-ext4-mem64m',
    about: '`number=20000 transactions=50000 subdirectories=100`, 64 MB of memory, a new ext4 of 8 GiB',
    fitted:
      'time of a call (25 µs) and of a waited request (140 µs), which give the number of commits; 2 MiB for the process',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: { sequentialRatio: plugged },
    requests: postmark({ number: 20_000, transactions: 50_000, subdirectories: 100 }, 62 * mebibyte),
  },
  {
    name: 'PostMark, 24 MiB',
    recording: 'postmark-6k-10k-ext4-mem24m',
    about:
      '`number=6000 transactions=10000 subdirectories=20`, recorded with `qtune workload record --disk 8G --memory 24M --command-only` after the model was finished',
    fitted: 'nothing, and nothing was changed afterwards',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: { trims: slowDisk, syncs: slowDisk, sequentialRatio: plugged, writeSizeP90Bytes: earlyWriteBack },
    requests: postmark(laterPostmark, 22 * mebibyte),
  },
  {
    name: 'PostMark, 32 MiB',
    recording: 'postmark-6k-10k-ext4-mem32m',
    about:
      '`number=6000 transactions=10000 subdirectories=20`, recorded with `qtune workload record --disk 8G --memory 32M --command-only` after the model was finished',
    fitted: 'nothing, and nothing was changed afterwards',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: {
      trims: slowDisk,
      syncs: slowDisk,
      sequentialRatio: plugged,
      writes: earlyWriteBack,
      rewrittenBytes: earlyWriteBack,
      writeSizeP90Bytes: earlyWriteBack,
    },
    requests: postmark(laterPostmark, 30 * mebibyte),
  },
  {
    name: 'iozone 2, random',
    recording: 'iozone-i2-4k-256m-buffered-mem64m',
    about: '`-i 2 -r 4k -s 256m -e`, 64 MB of memory',
    fitted:
      'memory left by the program (44 MiB: its buffer of 16 MiB and 4 MiB more), from the pages that were cached at the start',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: {},
    requests: iozonePasses(1, 3),
  },
  {
    name: 'iozone 3, backward',
    recording: 'iozone-i3-4k-256m-buffered-mem64m',
    about: '`-i 3 -r 4k -s 256m -e` on the file of the row above',
    fitted: 'nothing',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: {},
    requests: iozonePasses(3, 4),
  },
  {
    name: 'iozone 5, stride 17',
    recording: 'iozone-i5-4k-256m-buffered-mem64m',
    about: '`-i 5 -r 4k -s 256m -e` on the file of the row above',
    fitted: 'nothing',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: {
      readSizeP90Bytes: 'one read in eleven is larger than 4 KiB here, one in nine there: the 90 % lies in between',
    },
    requests: iozonePasses(4, 5),
  },
  {
    name: 'iozone 0 to 5, 64 KiB',
    recording: 'iozone-i0-5-64k-64m-buffered-mem64m',
    about: '`-i 0 -i 1 -i 2 -i 3 -i 4 -i 5 -r 64k -s 64m -e`, 64 MB of memory',
    fitted: 'nothing',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: {
      writes: earlyWriteBack,
      writeSizeMeanBytes: earlyWriteBack,
      writeSizeP50Bytes: earlyWriteBack,
      syncs: 'where a commit is due the recording has one flush more for each pass, of which the cause is not known',
    },
    requests: async () =>
      stepRange({
        program: 'iozone',
        parameters: { tests: [0, 1, 2, 3, 4, 5], fileBytes: 64 * mebibyte, recordBytes: 65_536, stride: 17 },
        fileSystem: { ...guest(44 * mebibyte, 8 * gibibyte, false), callUs: 1, waitUs: 20 },
      }),
  },
  {
    name: 'pgbench',
    recording: 'pgbench-tpcb-s40-c4-60s-ext4',
    about: '`-c 4 -j 2 -T 60`, scale 40, PostgreSQL with its defaults, 300 MB of memory',
    fitted:
      'transactions (1,385 a second for 60 s) and how many a sync commits (1.4), both counted in the run; memory beside the shared buffers (150 MiB)',
    diskBytes: 16 * gibibyte,
    isQuick: false,
    causes: {},
    requests: async () =>
      fromFirstRead(
        stepRange({
          program: 'tpcb',
          parameters: {
            scale: 40,
            transactions: 83_100,
            sharedBufferBytes: 128 * mebibyte,
            commitsPerSync: 1.4,
            checkpointEvery: 0,
            seed: 1,
          },
          fileSystem: guest(150 * mebibyte, 16 * gibibyte, false),
        }),
      ),
  },
  {
    name: 'package-install',
    recording: 'apt-kernel-systemd-ext4',
    about: 'the shipped profile with `requests=9826`, beside apt-get install of a kernel, systemd and servers',
    fitted: 'everything: shares, sizes and areas were counted from this recording',
    diskBytes: 16 * gibibyte,
    isQuick: true,
    causes: {
      sequentialRatio:
        'the streams of a mix are drawn independently, while a program stays with one file or the journal for a while; each stream by itself continues as often as recorded',
    },
    requests: () => profileRequests('package-install', { requests: '9826' }),
  },
  {
    name: 'boot',
    recording: 'vmboot-debian12-qemu-ext4',
    about: 'the shipped profile, beside a boot of Debian 12',
    fitted: 'everything: shares, sizes and areas were counted from this recording',
    diskBytes: 16 * gibibyte,
    isQuick: true,
    causes: {},
    requests: () => profileRequests('boot', {}),
  },
  {
    name: 'filebench varmail',
    recording: 'filebench-varmail',
    about: filebenchAbout('varmail', '192M', '487 loops'),
    fitted:
      'loops, counted in the run; that a commit serves half of the threads, which the first recording showed (7.6 of 16). That one had 72 MB and two more had 96 MB, of which the shared memory of the program took so much that files were written back early; they were set aside (with 96 MB 26 % more writes than the model)',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: {
      reads: metadataReads,
      readSizeMeanBytes: metadataReads,
      readSizeP50Bytes: metadataReads,
      readSizeP90Bytes: metadataReads,
      trims: filebenchClock,
      sequentialRatio: tailsOfOthers,
    },
    requests: filebench(
      { personality: 'varmail', files: 1000, meanFileBytes: 16 * 1024, threads: 16, loops: 487 },
      64 * mebibyte,
      8 * gibibyte,
    ),
  },
  {
    name: 'filebench fileserver',
    recording: 'filebench-fileserver',
    about: filebenchAbout('fileserver', '96M', '16 threads, 2,000 files, 1,756 loops'),
    fitted:
      'loops and the memory that the processes left (75 MiB), both counted in the run; that threads run in no order, since turns in lockstep made 36 % too much read. A recording with 50 threads was set aside: their buffers took half of the memory during the run',
    diskBytes: 16 * gibibyte,
    isQuick: true,
    causes: {
      reads: tailReads,
      readSizeMeanBytes: tailReads,
      readSizeP50Bytes: tailReads,
      writes: earlyWriteBack,
      writtenBytes: earlyWriteBack,
      rewrittenBytes: earlyWriteBack,
      footprintBytes: earlyWriteBack,
      writeSizeMeanBytes: earlyWriteBack,
      writeSizeP50Bytes: earlyWriteBack,
      trims: filebenchClock,
      syncs: filebenchClock,
    },
    requests: filebench(
      { personality: 'fileserver', files: 2000, meanFileBytes: 128 * 1024, threads: 16, loops: 1756 },
      75 * mebibyte,
      16 * gibibyte,
    ),
  },
  {
    name: 'filebench webserver',
    recording: 'filebench-webserver',
    about: filebenchAbout('webserver', '176M', '10,000 files, 1,800 loops'),
    fitted: 'loops and the memory that the processes left (64 MiB), both counted in the run',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: {
      writes: plugged,
      sequentialRatio: plugged,
      writeSizeMeanBytes: plugged,
      writeSizeP50Bytes: plugged,
      writeSizeP90Bytes: plugged,
    },
    requests: filebench(
      { personality: 'webserver', files: 10_000, meanFileBytes: 16 * 1024, threads: 100, loops: 1800 },
      64 * mebibyte,
      8 * gibibyte,
    ),
  },
  {
    name: 'filebench oltp',
    recording: 'filebench-oltp',
    about: filebenchAbout('oltp', '320M', '49,985 reads'),
    fitted:
      'reads, how often a place goes to the disk (2.8, taken as 3) and how many writes a commit serves (34), all counted in the run; four others were set aside: three ran for a second, one was cut off by its time limit',
    diskBytes: 8 * gibibyte,
    isQuick: true,
    causes: {
      writes: wholeNumber,
      syncs: wholeNumber,
      rewrittenBytes: wholeNumber,
      sequentialRatio: betweenCommits,
    },
    requests: filebench(
      { personality: 'oltp', files: 10, meanFileBytes: 10 * mebibyte, threads: 200, loops: 49_985 },
      200 * mebibyte,
      8 * gibibyte,
    ),
  },
  {
    name: 'backup-full',
    recording: 'backup-full-tar-ext4',
    about: 'the shipped profile with `requests=36151`, beside GNU tar over 23,905 files of 627 MiB',
    fitted: 'everything: shares, sizes and runs were counted from this recording',
    diskBytes: 64 * gibibyte,
    isQuick: true,
    causes: {
      writes: accessTimes,
      writtenBytes: accessTimes,
      writeSizeMeanBytes: accessTimes,
      writeSizeP50Bytes: accessTimes,
      writeSizeP90Bytes: accessTimes,
    },
    requests: () => profileRequests('backup-full', { requests: '36151' }),
  },
  {
    name: 'backup-incremental',
    recording: 'backup-incremental-tar-ext4',
    about:
      'the shipped profile with `requests=3621`, beside GNU tar `--listed-incremental` over the same files, every tenth changed',
    fitted: 'everything: shares, sizes and runs were counted from this recording',
    diskBytes: 64 * gibibyte,
    isQuick: true,
    causes: {
      writes: accessTimes,
      writtenBytes: accessTimes,
      writeSizeMeanBytes: accessTimes,
      writeSizeP50Bytes: accessTimes,
      writeSizeP90Bytes: accessTimes,
      syncs: accessTimes,
      footprintBytes: accessTimes,
    },
    requests: () => profileRequests('backup-incremental', { requests: '3621' }),
  },
  {
    name: 'build',
    recording: 'debootstrap-ext4',
    about: 'the shipped profile with `requests=13978`, beside debootstrap of Debian 12',
    fitted:
      'shares of reads, writes and syncs and sizes: counted from this recording and that of package-install together',
    diskBytes: 64 * gibibyte,
    isQuick: true,
    causes: {
      reads: betweenPrograms,
      syncs: betweenPrograms,
      readBytes: betweenPrograms,
      writtenBytes: betweenPrograms,
      rewrittenBytes: betweenPrograms,
      footprintBytes: betweenPrograms,
      sequentialRatio: betweenPrograms,
      writeSizeMeanBytes: betweenPrograms,
      writeSizeP90Bytes: betweenPrograms,
      trims: newFileSystem,
    },
    requests: () => profileRequests('build', { requests: '13978' }),
  },
];

async function profileRequests(name: string, given: Readonly<Record<string, string>>): Promise<Iterable<RequestBlock>> {
  const file = new URL(`workloads/${name}.yaml`, `file://${process.cwd()}/`);
  const profile = parseProfile(file.pathname, await readFile(file, 'utf8'), name, given);
  if (profile.kind !== 'patterns') throw new RangeError(`${name} has no phases`);
  return resolveWorkload(profile).requests();
}

/** Requests of a program's steps, from the first one to before the last one. */
function* stepRange(
  spec: ProgramSpec,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): Generator<RequestBlock, void, undefined> {
  const files = new GuestFileSystem(spec.fileSystem);
  const block = createRequestBlock();
  let step = 0;
  const taken = function* (): Generator<RequestBlock, void, undefined> {
    for (const { operation, offsetBytes, lengthBytes } of files.pending.take()) {
      block.count = 0;
      pushRequest(block, operation, offsetBytes, lengthBytes);
      yield block;
    }
  };
  for (const _ of programSteps(spec, files)) {
    if (step < from) files.pending.take();
    else yield* taken();
    step += 1;
    if (step >= to) return;
  }
  yield* taken();
}

/** The tables are loaded without a read. */
function* fromFirstRead(requests: Iterable<RequestBlock>): Generator<RequestBlock, void, undefined> {
  let hasBegun = false;
  for (const block of requests) {
    hasBegun ||= block.operation[0] === Operation.read;
    if (hasBegun) yield block;
  }
}
