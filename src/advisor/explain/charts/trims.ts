import type { SettingValues } from '../../../settings/configuration.ts';
import { exactBytes } from '../../../units/bytes.ts';
import { Random } from '../../../workload/random.ts';
import { ShuffledRange } from '../../../workload/shuffled-range.ts';
import { candidateClusterBytes } from '../../candidates.ts';
import type { ExplainChart } from '../explanation.ts';
import { newImage, writtenImage } from '../lab/images.ts';
import type { Lab } from '../lab/lab.ts';
import { runExperiment } from '../lab/run.ts';

const diskBytes = 2 ** 30;
const trimSizes = [4, 16, 64, 256, 1024, 4096].map((kib) => kib * 1024);
const trimCount = 128;
const seed = 1;

/** Share of what a guest trims that the host gets back, by how much is trimmed at once. */
export function trimChart(lab: Lab, own: SettingValues): ExplainChart {
  const clusters = [...new Set([numberOf(own.cluster_size), 65_536, 524_288, 2_097_152])].sort((a, b) => a - b);
  const freed = (create: SettingValues, drive: SettingValues, trimBytes: number) => {
    const image = writtenImage(create, diskBytes);
    const before = image.file.allocatedBytes;
    const random = new Random(seed, trimBytes);
    const areas = new ShuffledRange(diskBytes / 2 ** 23, random);
    runExperiment(
      {
        image,
        drive,
        steps: trimCount,
        // As a file system frees: anywhere, aligned to its blocks of 4 KiB.
        step: (driver, index) => driver.discard(areas.at(index) * 2 ** 23 + (random.uint32() % 512) * 4096, trimBytes),
      },
      lab.basis,
    );
    return (before - image.file.allocatedBytes) / (trimCount * trimBytes);
  };
  return {
    title: 'Share of trimmed bytes that the host gets back, by the size of a trim',
    shape: 'lines',
    unit: 'ratio',
    source: 'counted',
    labels: trimSizes.map(exactBytes),
    series: [
      ...clusters.map((clusterBytes) => ({
        name: `discard=unmap, clusters of ${exactBytes(clusterBytes)}`,
        values: trimSizes.map((bytes) => freed({ cluster_size: clusterBytes }, { discard: 'unmap' }, bytes)),
      })),
      { name: 'discard=ignore', values: trimSizes.map((bytes) => freed({}, {}, bytes)) },
    ],
    about:
      'Trims at places aligned to 4 KiB, as file systems make them. QEMU frees whole clusters only; what a trim covers of the clusters at its two ends stays, until one trim covers the whole cluster, as fstrim does over larger free space.',
  };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 65_536;
}

/** What the host stores of a full disk after half of its clusters were trimmed. */
export function passDiscardChart(lab: Lab): ExplainChart {
  const variants: readonly { readonly name: string; readonly drive: SettingValues }[] = [
    { name: 'discard=ignore', drive: {} },
    { name: 'discard=unmap', drive: { discard: 'unmap' } },
    { name: 'unmap, pass-discard-request=off', drive: { discard: 'unmap', 'pass-discard-request': false } },
  ];
  const images = variants.map(({ drive }) => {
    const image = writtenImage({}, diskBytes);
    runExperiment(
      { image, drive, steps: 512, step: (driver, index) => driver.discard(index * 2 ** 21, 2 ** 20) },
      lab.basis,
    );
    return image;
  });
  const used = images.map((image) => {
    let count = 0;
    const clusters = Math.ceil(image.file.lengthBytes / 65_536);
    for (let cluster = 0; cluster < clusters; cluster++) if (image.refcounts.get(cluster) > 0) count++;
    return count * 65_536;
  });
  return {
    title: 'A full disk of 1 GiB after the guest trimmed half of it',
    shape: 'bars',
    unit: 'bytes',
    source: 'counted',
    labels: variants.map(({ name }) => name),
    series: [
      { name: 'on the host', values: images.map((image) => image.file.allocatedBytes) },
      { name: 'in use by the image', values: used },
    ],
    about: 'Between the two lies space that the image can use again and the host cannot.',
  };
}

/** Pieces that a read of 1 MiB falls into after parts of the disk were trimmed and written again, by cluster size. */
export function fragmentationChart(lab: Lab): ExplainChart {
  const sizes = candidateClusterBytes.filter((bytes) => bytes <= 2 ** 19);
  const pieces = (clusterBytes: number, keeps: boolean) => {
    const image = writtenImage({ cluster_size: clusterBytes }, diskBytes / 4);
    const drive = { discard: 'unmap', 'discard-no-unref': keeps };
    const areas = new ShuffledRange(image.virtualBytes / 2 ** 20, new Random(seed));
    return runExperiment(
      {
        image,
        drive,
        steps: areas.count,
        warmUp: (driver) => {
          for (let offset = 0; offset < image.virtualBytes; offset += 2 ** 20) driver.discard(offset, 2 ** 20);
          // Written again in another order, in pieces, as files come and go.
          for (let part = 0; part < 4; part++) {
            for (let index = 0; index < areas.count; index++) {
              driver.write(areas.at(index) * 2 ** 20 + part * 2 ** 18, 2 ** 18);
            }
          }
        },
        step: (driver, index) => driver.read(index * 2 ** 20, 2 ** 20),
      },
      lab.basis,
    ).io({ ops: ['read'], purposes: ['data'] }).count;
  };
  return {
    title: 'Host reads for a read of 1 MiB, after all was trimmed and written again',
    shape: 'lines',
    unit: 'count',
    source: 'counted',
    labels: sizes.map(exactBytes),
    series: [
      { name: 'discard-no-unref=off', values: sizes.map((bytes) => pieces(bytes, false)) },
      { name: 'discard-no-unref=on', values: sizes.map((bytes) => pieces(bytes, true)) },
    ],
    about:
      'Over cluster_size: a full disk of 256 MiB is trimmed and written again in another order, 256 KiB at a time. Freed clusters go to whoever writes next, so neighbours part; kept ones stay where they were.',
  };
}

const oldTableDiskBytes = 64 * 2 ** 20;

/** What is left behind of tables that were replaced, with and without telling the host. */
export function freedTablesChart(lab: Lab): ExplainChart {
  const sizes = [512, 1024, 2048, 4096, 65_536];
  const freed = (clusterBytes: number, pass: boolean) => {
    const create = { cluster_size: clusterBytes };
    return runExperiment(
      {
        image: newImage(create, { diskBytes: oldTableDiskBytes }),
        drive: { 'pass-discard-other': pass },
        steps: 1,
        step: (driver) => {
          for (let offset = 0; offset < oldTableDiskBytes; offset += 2 ** 16) driver.write(offset, 2 ** 16);
        },
      },
      lab.basis,
    ).io({ ops: ['discard'] }).bytes;
  };
  return {
    title: 'Bytes of replaced tables given back while 64 MiB are written',
    shape: 'lines',
    unit: 'bytes',
    source: 'counted',
    labels: sizes.map(exactBytes),
    series: [
      { name: 'pass-discard-other=off', values: sizes.map((bytes) => freed(bytes, false)) },
      { name: 'pass-discard-other=on', values: sizes.map((bytes) => freed(bytes, true)) },
    ],
    about:
      'Over cluster_size. Only the refcount table is ever replaced while a guest writes, when the file outgrows it; with clusters of 64 KiB that happens at 16 TiB.',
  };
}
