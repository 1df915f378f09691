import type { cacheFamilyOf } from '../../../driver/cost/cost-profile.ts';
import { BLOCK_WRITTEN, FILE_IMAGE, HOST_WRITE, HOST_ZERO } from '../../../driver/host-io.ts';
import type { SettingValues } from '../../../settings/configuration.ts';
import { exactBytes } from '../../../units/bytes.ts';
import { Random } from '../../../workload/random.ts';
import type { ExplainChart } from '../explanation.ts';
import { newImage } from '../lab/images.ts';
import { basisFor, type Lab } from '../lab/lab.ts';
import { runExperiment } from '../lab/run.ts';

const diskBytes = 2 ** 30;
const stepCount = 1000;
/** Of the traits a guest's own mix, in whole requests. */
const leastRequestBytes = 4096;
/** What is written before the mix begins: so much, every so many bytes. */
const warmBytes = 65_536;
const warmStepBytes = 2 ** 22;

/** The user's mix of reads, first writes, rewrites and flushes on a small disk that fills. */
function mixedSteps(lab: Lab) {
  const { traits } = lab.request;
  const random = new Random(1);
  const bytes = Math.min(2 ** 20, Math.max(leastRequestBytes, Math.floor(traits.requestBytes / 4096) * 4096));
  const places = Math.floor(diskBytes / bytes);
  const flushEvery = traits.syncsPerWrite > 0 ? Math.max(1, Math.round(1 / traits.syncsPerWrite)) : 0;
  const share = () => random.uint32() / 2 ** 32;
  // Reads go to what is there: the rest of a new disk is answered without any I/O.
  const readable = Math.floor(warmBytes / Math.min(bytes, warmBytes));
  const readAt = () =>
    (random.uint32() % (diskBytes / warmStepBytes)) * warmStepBytes + (random.uint32() % readable) * bytes;
  let writes = 0;
  let last = 0;
  return (driver: Parameters<Parameters<typeof runExperiment>[0]['step']>[0]) => {
    if (share() < traits.readRatio) {
      driver.read(readAt(), Math.min(bytes, warmBytes));
      return;
    }
    const place = share() < traits.firstWriteRatio ? random.uint32() % places : last;
    last = place;
    driver.write(place * bytes, bytes);
    if (flushEvery > 0 && ++writes % flushEvery === 0) driver.flush();
  };
}

/** A warm-up under which every L2 table of the small disk is there and some of its data. */
function touchAll(driver: Parameters<Parameters<typeof runExperiment>[0]['step']>[0]): void {
  for (let offset = 0; offset < diskBytes; offset += warmStepBytes) driver.write(offset, warmBytes);
  driver.flush();
}

/** Host I/O of the workload by kind, and so by the way in which QEMU hands it to the kernel. */
export function ioKindsChart(lab: Lab): ExplainChart {
  const result = runExperiment(
    {
      image: newImage({}, { diskBytes }),
      drive: { cache: 'none' },
      steps: stepCount,
      warmUp: touchAll,
      step: mixedSteps(lab),
    },
    lab.basis,
  );
  const kinds = ['read', 'write', 'sync', 'zero'] as const;
  return {
    title: `Host I/O for each request of ${lab.request.traits.name}`,
    shape: 'bars',
    unit: 'count',
    source: 'counted',
    labels: ['reads', 'writes', 'syncs', 'zeroed ranges'],
    series: [{ name: 'per request', values: kinds.map((op) => result.io({ ops: [op] }).count) }],
    about:
      'aio=io_uring hands reads, writes and syncs to the kernel without a thread; aio=native only reads and writes; aio=threads nothing. Zeroing and discarding go through threads with all three.',
  };
}

export interface ModeVariant {
  readonly name: string;
  readonly drive: SettingValues;
  readonly family: ReturnType<typeof cacheFamilyOf>;
}

/** Predicted speed of the workload's mix on a small disk under cache modes. */
export function modeSpeedChart(lab: Lab, variants: readonly ModeVariant[]): ExplainChart {
  const runs = variants.map(({ drive, family }) =>
    runExperiment(
      { image: newImage({}, { diskBytes }), drive, steps: stepCount, warmUp: touchAll, step: mixedSteps(lab) },
      basisFor(lab, family),
    ),
  );
  return {
    title: `Requests a second of the mix of ${lab.request.traits.name}, by cache mode`,
    shape: 'bars',
    unit: 'perSecond',
    source: 'predicted',
    labels: variants.map(({ name }) => name),
    series: [{ name: 'requests a second', values: runs.map(({ rate }) => rate.iops) }],
    about:
      "On a small disk of 1 GiB that fits into the host's memory: where the page cache is used nearly all reads come from it, which a large disk or a busy host does not give.",
  };
}

/** How many syncs each write brings the host, by how often the guest flushes. */
export function modeSyncChart(lab: Lab, variants: readonly Omit<ModeVariant, 'family'>[]): ExplainChart {
  const every = [1, 2, 4, 8, 16, 32];
  const syncs = (drive: SettingValues, count: number) =>
    runExperiment(
      {
        image: newImage({}, { diskBytes }),
        drive,
        steps: 256,
        warmUp: touchAll,
        step: (driver, index) => {
          driver.write(index * 2 ** 22 + 2 ** 20, 4096);
          if ((index + 1) % count === 0) driver.flush();
        },
      },
      lab.basis,
    ).io({ ops: ['sync'] }).count;
  return {
    title: 'Syncs on the host for each write, by the writes between two flushes of the guest',
    shape: 'lines',
    unit: 'count',
    source: 'counted',
    labels: every.map(String),
    series: variants.map(({ name, drive }) => ({ name, values: every.map((count) => syncs(drive, count)) })),
    about:
      'Writes of 4 KiB, the first in their clusters. A flush after such writes takes two syncs: refcounts have to be on the disk before the L2 tables that rely on them.',
  };
}

const hints = [4096, 2 ** 20, 2 ** 24];
const extentWrites = [16, 64, 256, 1024];

/** What hinted extents would take, from where the image's file is written. */
export function extentChart(lab: Lab): ExplainChart {
  const takenBytes = (hint: number, writes: number) => {
    const extents = new Set<number>();
    const random = new Random(1);
    runExperiment(
      {
        image: newImage({}, { diskBytes }),
        drive: {},
        steps: writes,
        watch: {
          io(op, file, offset, length) {
            if (file !== FILE_IMAGE || (op !== HOST_WRITE && op !== HOST_ZERO)) return;
            for (let at = Math.floor(offset / hint); at * hint < offset + length; at++) extents.add(at);
          },
        },
        step: (driver) => {
          driver.write((random.uint32() % (diskBytes / 4096)) * 4096, 4096);
          driver.flush();
        },
      },
      lab.basis,
    );
    return extents.size * hint;
  };
  return {
    title: 'Space of a new image after random writes of 4 KiB, by the hint',
    shape: 'lines',
    unit: 'bytes',
    source: 'counted',
    labels: extentWrites.map(String),
    series: hints.map((hint) => ({
      name: hint === 4096 ? 'no hint: blocks of 4K' : `extents of ${exactBytes(hint)}`,
      values: extentWrites.map((writes) => takenBytes(hint, writes)),
    })),
    about:
      'Over the number of writes. The file is cut into extents of the hint, and each that is touched counts whole. qcow2 fills its file from the start, so that a hint costs at most one extent more than the clusters.',
  };
}

/** Shares of the host's writes that go over what is there, by how long the guest has been writing. */
export function overwriteChart(lab: Lab): ExplainChart {
  const windows = 8;
  const values: number[] = [];
  const image = newImage({}, { diskBytes: diskBytes / 16 });
  const random = new Random(1);
  const seen = { all: 0, over: 0 };
  runExperiment(
    {
      image,
      drive: {},
      steps: windows,
      watch: {
        io(op, _file, _offset, _length, _purpose, state) {
          if (op !== HOST_WRITE) return;
          seen.all++;
          if (state === BLOCK_WRITTEN) seen.over++;
        },
      },
      step: (driver) => {
        seen.all = 0;
        seen.over = 0;
        for (let index = 0; index < 1000; index++) {
          driver.write((random.uint32() % (diskBytes / 16 / 4096)) * 4096, 4096);
          if (index % 8 === 7) driver.flush();
        }
        values.push(seen.over / seen.all);
      },
    },
    lab.basis,
  );
  return {
    title: "Share of the image's writes that go over blocks already written",
    shape: 'lines',
    unit: 'ratio',
    source: 'counted',
    labels: Array.from({ length: windows }, (_, window) => `${window + 1}k`),
    series: [{ name: 'overwrites', values }],
    about:
      'Over the writes of a guest: 4 KiB, random within 64 MiB, a flush after eight. Each of these is what btrfs writes to a new place, so that the file falls into ever smaller pieces, and what nocow has it write in place.',
  };
}
