import type { SettingValues } from '../../../settings/configuration.ts';
import { exactBytes } from '../../../units/bytes.ts';
import type { ExplainChart } from '../explanation.ts';
import { newImage, writtenImage } from '../lab/images.ts';
import type { Lab } from '../lab/lab.ts';
import { runExperiment } from '../lab/run.ts';

const diskBytes = 2 ** 30;
const sizes = [4, 16, 64, 256, 1024].map((kib) => kib * 1024);
const count = 128;

/** Data that the host has to write for zeroes that the guest writes over data, by the size of the write. */
export function zeroesChart(lab: Lab): ExplainChart {
  const written = (bytes: number, mode: 'off' | 'on' | 'unmap') => {
    const image = writtenImage({}, diskBytes);
    const drive: SettingValues = mode === 'unmap' ? { discard: 'unmap' } : {};
    return runExperiment(
      {
        image,
        drive,
        steps: count,
        step: (driver, index) => {
          const offset = index * 2 ** 21;
          if (mode === 'off') driver.write(offset, bytes);
          else driver.writeZeroes(offset, bytes, mode === 'unmap');
        },
      },
      lab.basis,
    ).io({ ops: ['write'] }).bytes;
  };
  return {
    title: 'Bytes written on the host for a write of zeroes over data',
    shape: 'lines',
    unit: 'bytes',
    source: 'counted',
    labels: sizes.map(exactBytes),
    series: (['off', 'on', 'unmap'] as const).map((mode) => ({
      name: `detect-zeroes=${mode}`,
      values: sizes.map((bytes) => written(bytes, mode)),
    })),
    about:
      'Clusters of 64 KiB. A write that covers whole clusters becomes a mark in the L2 table; below that the zeroes are written as any data.',
  };
}

/** What zeroes cost in an image of each version of the format. */
export function formatVersionChart(lab: Lab): ExplainChart {
  const variants = [
    { name: 'compat=1.1', create: {}, backing: 'none' },
    { name: 'compat=0.10', create: { compat: '0.10' }, backing: 'none' },
    { name: 'compat=1.1 over a backing file', create: {}, backing: { format: 'qcow2', content: 'data' } },
    {
      name: 'compat=0.10 over a backing file',
      create: { compat: '0.10' },
      backing: { format: 'qcow2', content: 'data' },
    },
  ] as const;
  const bytes = variants.map(
    ({ create, backing }) =>
      runExperiment(
        {
          image: newImage(create, { backing, diskBytes }),
          drive: { discard: 'unmap' },
          steps: count,
          warmUp: (driver) => driver.write(0, 4096),
          step: (driver, index) => driver.writeZeroes((index + 1) * 2 ** 20, 2 ** 20, true),
        },
        lab.basis,
      ).io({ ops: ['write'], purposes: ['data', 'copy-on-write'] }).bytes,
  );
  return {
    title: 'Data written on the host when the guest zeroes 1 MiB',
    shape: 'bars',
    unit: 'bytes',
    source: 'counted',
    labels: variants.map(({ name }) => name),
    series: [{ name: 'written', values: bytes }],
    about:
      'Version 2 has no mark for a cluster that reads as zeroes. Without a backing file a cluster that is not there reads so too; over one, the zeroes have to be stored.',
  };
}
