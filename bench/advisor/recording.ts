import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RaceFeatures } from '../../src/advisor/race/types.ts';
import type { SettingValues } from '../../src/settings/configuration.ts';

/** First line of a recording: the configurations as the advisor ranked them before anything was measured. */
export interface RecordingHeader {
  readonly workload: string;
  readonly title: string;
  readonly diskBytes: number;
  readonly qemu: string;
  readonly costs: string;
  /** Configurations that were ranked, of which those below were taken. */
  readonly rankedCount: number;
  /** The defaults are the first. */
  readonly configurations: readonly RecordedConfiguration[];
  /** Index of what `qtune recommend` names without measuring; it is among the configurations. */
  readonly recommended: number;
}

export interface RecordedConfiguration {
  readonly create: SettingValues;
  readonly drive: SettingValues;
  readonly logRate: number;
  readonly cost: number;
  readonly features: RaceFeatures;
}

/** One block: some configurations beside the defaults, on new images, in slices that took turns. */
export interface RecordedBlock {
  /** `setup`: the first of an image that trials share. `all`: a round over all configurations. `front`: a round over the fastest. */
  readonly kind: 'setup' | 'all' | 'front';
  readonly round: number;
  /** All that it took, milliseconds. */
  readonly ms: number;
  readonly disturbed: boolean;
  /** Each lane: configuration, logarithm of its rate over the defaults', error of that by its slices, its time in the driver; or why not. */
  readonly lanes: readonly (
    | readonly [index: number, logRatio: number, logError: number, driverMs: number]
    | readonly [index: number, failure: string]
  )[];
}

export interface Recording {
  readonly header: RecordingHeader;
  readonly blocks: readonly RecordedBlock[];
}

/** Reads a recording, compressed or not; undefined where there is none. */
export function readRecording(path: string): Recording | undefined {
  const packed = `${path}.gz`;
  if (!existsSync(path) && !existsSync(packed)) return undefined;
  const text = existsSync(path) ? readFileSync(path, 'utf8') : gunzipSync(readFileSync(packed)).toString('utf8');
  const lines = text.split('\n').slice(0, -1);
  const [header, ...blocks] = lines.map((line) => JSON.parse(line) as unknown);
  return { header: header as RecordingHeader, blocks: blocks as RecordedBlock[] };
}

export function appendLine(path: string, value: RecordingHeader | RecordedBlock): void {
  appendFileSync(path, `${JSON.stringify(value)}\n`);
}

/** Puts the plain file, to which blocks can be added, in the place of the compressed one, where there is only that. */
export function unpack(path: string): void {
  if (existsSync(path) || !existsSync(`${path}.gz`)) return;
  writeFileSync(`${path}.new`, gunzipSync(readFileSync(`${path}.gz`)));
  renameSync(`${path}.new`, path);
  rmSync(`${path}.gz`);
}

/** Leaves the compressed file in the place of the plain one. */
export function pack(path: string): void {
  if (!existsSync(path)) return;
  writeFileSync(`${path}.gz.new`, gzipSync(readFileSync(path), { level: 9 }));
  renameSync(`${path}.gz.new`, `${path}.gz`);
  rmSync(path);
}
