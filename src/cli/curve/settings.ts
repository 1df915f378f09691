import type { SampleSpec } from '../../driver/curve/sampled-lookups.ts';
import { UsageError } from '../../errors.ts';
import { defaultClusterBytes } from '../../qcow2/limits.ts';
import { defaultPartialEntryBytes } from '../../settings/cache-sizing.ts';
import { parseBytes } from '../../units/bytes.ts';

/** The options of `qtune curve` as they were written; a list for each that may be repeated. */
export interface CurveOptions {
  readonly requests: string | undefined;
  readonly disk: string | undefined;
  readonly clusterSizes: readonly string[];
  readonly extendedL2: readonly string[];
  readonly entrySizes: readonly string[];
  readonly cacheSizes: readonly string[];
  readonly sample: string | undefined;
}

/** One shape of metadata that is asked for. */
export interface CurveShape {
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly entryBytes: number;
}

export interface CurveSettings {
  readonly requests: string;
  readonly diskBytes: number | undefined;
  readonly shapes: readonly CurveShape[];
  /** Empty where qtune is to choose; ascending. */
  readonly cacheBytes: readonly number[];
  /** `auto`: by the number of requests. */
  readonly sample: SampleSpec | 'off' | 'auto';
}

/** A sample that is drawn by rate has room for this many slices; it takes a few tens of megabytes. */
const roomySliceCount = 2 ** 20;
/** Fewer slices than this say too little. */
const fewestSlices = 64;
const mostShapes = 64;

/** @throws UsageError naming the option */
export function curveSettings(options: CurveOptions): CurveSettings {
  const { requests } = options;
  if (requests === undefined) {
    throw new UsageError('--requests is missing', {
      hint: 'Name a trace, or a workload of `qtune workload list`.',
    });
  }
  const diskBytes = options.disk === undefined ? undefined : parseBytes(options.disk, '--disk');
  if (diskBytes === 0) throw new UsageError('--disk: a disk of 0 bytes takes no requests');
  return {
    requests,
    diskBytes,
    shapes: shapesOf(options),
    cacheBytes: [...new Set(sizes(options.cacheSizes, '--cache-size'))].sort((left, right) => left - right),
    sample: sampleOf(options.sample),
  };
}

function shapesOf(options: CurveOptions): readonly CurveShape[] {
  const clusterSizes = sizes(options.clusterSizes, '--cluster-size');
  const extended = items(options.extendedL2, '--extended-l2').map((text) => {
    if (text === 'on' || text === 'off') return text === 'on';
    throw new UsageError(`--extended-l2: "${text}" is neither on nor off`);
  });
  const entrySizes = sizes(options.entrySizes, '--entry-size');
  const shapes = new Map<string, CurveShape>();
  for (const clusterBytes of clusterSizes.length > 0 ? clusterSizes : [defaultClusterBytes]) {
    for (const extendedL2 of extended.length > 0 ? extended : [false]) {
      for (const entryBytes of entrySizes.length > 0 ? entrySizes : [Math.min(defaultPartialEntryBytes, clusterBytes)])
        shapes.set(`${clusterBytes} ${extendedL2} ${entryBytes}`, { clusterBytes, extendedL2, entryBytes });
    }
  }
  if (shapes.size > mostShapes) {
    throw new UsageError(
      `--cluster-size, --extended-l2 and --entry-size make ${shapes.size} curves; at most ${mostShapes} are drawn`,
    );
  }
  return [...shapes.values()];
}

function sampleOf(text: string | undefined): CurveSettings['sample'] {
  if (text === undefined) return 'auto';
  if (text === 'off') return 'off';
  const value = /^\d{0,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value < 1) return { rate: value, maximumSliceCount: roomySliceCount };
  if (Number.isInteger(value) && value >= fewestSlices && value <= roomySliceCount)
    return { rate: 1, maximumSliceCount: value };
  throw new UsageError(`--sample: "${text}" is neither a rate between 0 and 1 nor a number of slices`, {
    hint: `Write 0.01, or a number from ${fewestSlices} to ${roomySliceCount}, or off.`,
  });
}

function sizes(texts: readonly string[], option: string): readonly number[] {
  return items(texts, option).map((text) => parseBytes(text, option));
}

/** The parts of lists with commas. */
function items(texts: readonly string[], option: string): readonly string[] {
  return texts.flatMap((text) =>
    text.split(',').map((item) => {
      if (item.trim() === '') throw new UsageError(`${option}: "${text}" has an empty value`);
      return item;
    }),
  );
}
