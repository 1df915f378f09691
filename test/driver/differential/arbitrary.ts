import fc from 'fast-check';
import { cacheModes } from '../../../src/settings/cache-mode.ts';
import type { DifferentialCase, DriveSpec, ImageSpec } from './case.ts';
import type { Feature, Has } from './features.ts';
import { layOn, type Place } from './placement.ts';
import { type RawCase, type RawDrive, rawCase } from './raw-case.ts';
import { settleGrowth, settleImage } from './settle-image.ts';
import { settleSteps } from './settle-steps.ts';

export interface GeneratorOptions {
  readonly features: ReadonlySet<Feature>;
  readonly maximumCommands: number;
  /** Major × 100 + minor. */
  readonly qemuVersion: number;
}

/** Cases for the given features. Every case is valid for QEMU: options that exclude each other are left out. */
export function caseArbitrary(options: GeneratorOptions): fc.Arbitrary<DifferentialCase> {
  // Without bias: the weights below are the distribution.
  return fc.noBias(rawCase(options.maximumCommands)).map((raw) => settle(raw, options));
}

function settle(raw: RawCase, options: GeneratorOptions): DifferentialCase {
  const has = (feature: Feature): boolean => options.features.has(feature);
  const growth = settleGrowth(raw.image, has);
  const image = settleImage(raw.image, growth, has);
  const place: Place = { ...image, filledClusters: growth?.filledClusters ?? 0, has };
  return {
    image,
    steps: settleSteps(raw, image, place),
    drive: settleDrive(raw.drive, image, has, options.qemuVersion),
    commands: raw.requests.map((request) => layOn(place, request)),
  };
}

function settleDrive(raw: RawDrive, image: ImageSpec, has: Has, qemuVersion: number): DriveSpec {
  const options: Record<string, number | boolean | string> = {};
  const put = (name: string, value: number | boolean | string | undefined): void => {
    if (value !== undefined) options[name] = value;
  };
  if (has('caches')) {
    const entryBytes = raw.entryBits === 0 ? undefined : Math.min(2 ** raw.entryBits, image.clusterBytes);
    put('l2-cache-entry-size', entryBytes);
    if (raw.l2Entries > 0) put('l2-cache-size', raw.l2Entries * (entryBytes ?? Math.min(4096, image.clusterBytes)));
    if (raw.refcountTables > 0) put('refcount-cache-size', raw.refcountTables * image.clusterBytes);
  }
  if (has('discard')) {
    put('pass-discard-request', raw.passRequest);
    put('pass-discard-snapshot', raw.passSnapshot);
    put('pass-discard-other', raw.passOther);
    if (raw.noUnref && qemuVersion >= 801 && image.version === 3) put('discard-no-unref', true);
  }
  if (has('overlap')) put('overlap-check', raw.overlap);
  if (has('lazy') && image.version === 3) put('lazy-refcounts', raw.lazy);
  const direct = raw.mode === 'none' || raw.mode === 'directsync';
  const mode = cacheModes.find((name) => name === raw.mode && has('modes') && (!direct || has('direct')));
  return { mode: mode ?? 'writeback', discard: !has('discard') || raw.discard, options };
}
