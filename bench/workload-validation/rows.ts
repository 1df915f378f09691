import { readFile } from 'node:fs/promises';
import { GuestFileSystem } from '../../src/workload/file-system/file-system.ts';
import type { FileSystemSpec } from '../../src/workload/file-system/parameters.ts';
import { parseProfile } from '../../src/workload/parse-profile.ts';
import { postmarkDefaults } from '../../src/workload/postmark/parameters.ts';
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

const plugged =
  'the kernel also sends what it collected whenever the scheduler wants the processor, which splits runs of files; the model merges all of them';

const earlyWriteBack =
  'the kernel wakes the write-back when all pages that reclaim looks at in one go are dirty, the model after it met as many: its batches are smaller, so fewer writes have a neighbour and more blocks are written twice';

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
