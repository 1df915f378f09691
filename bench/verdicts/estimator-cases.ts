import type { SettingValues } from '../../src/settings/configuration.ts';

/** A workload and the sides that run it in turns; every side is compared with the first. */
export interface EstimatorCase {
  /** A shipped workload's name or a file. */
  readonly workload: string;
  readonly lanes: readonly {
    readonly label: string;
    readonly create?: SettingValues;
    readonly drive?: SettingValues;
    /** A directory of QEMU's tools; those on PATH where absent. */
    readonly qemu?: string;
    /** Share of the measured requests that are made twice: a known loss. */
    readonly duplicates?: number;
  }[];
}

const mebibyte = 2 ** 20;

/** What the ways to sum up a slice are tried on. */
export const estimatorCases: Readonly<Record<string, EstimatorCase>> = {
  'cached-reads': {
    workload: 'bench/verdicts/workloads/cached-reads.yaml',
    lanes: [
      { label: 'base' },
      { label: 'equal' },
      { label: '3 % twice', duplicates: 0.03 },
      { label: '5 % twice', duplicates: 0.05 },
    ],
  },
  'cached-reads-otherwise': {
    workload: 'bench/verdicts/workloads/cached-reads.yaml',
    lanes: [
      { label: 'base' },
      { label: 'subclusters', create: { extended_l2: true, cluster_size: 131_072 } },
      { label: 'larger entries', drive: { 'l2-cache-entry-size': 65_536 } },
      { label: 'QEMU 11.1', qemu: '.cache/qemu/11.1/bin' },
    ],
  },
  misses: {
    workload: 'bench/verdicts/workloads/missing-reads.yaml',
    lanes: [
      { label: 'miss ratio 0.6', drive: { 'l2-cache-size': mebibyte } },
      { label: 'equal', drive: { 'l2-cache-size': mebibyte } },
      { label: '5 % twice', drive: { 'l2-cache-size': mebibyte }, duplicates: 0.05 },
      { label: 'miss ratio 0.3', drive: { 'l2-cache-size': 1.75 * mebibyte } },
    ],
  },
  'few-misses': {
    workload: 'bench/verdicts/workloads/missing-reads.yaml',
    lanes: [
      { label: 'miss ratio 0.3', drive: { 'l2-cache-size': 1.75 * mebibyte } },
      { label: 'equal', drive: { 'l2-cache-size': 1.75 * mebibyte } },
      { label: '5 % twice', drive: { 'l2-cache-size': 1.75 * mebibyte }, duplicates: 0.05 },
      { label: 'miss ratio 0.28', drive: { 'l2-cache-size': 1.8125 * mebibyte } },
    ],
  },
  allocation: {
    workload: 'bench/verdicts/workloads/new-writes-with-flushes.yaml',
    lanes: [
      { label: 'base' },
      { label: 'equal' },
      { label: '5 % twice', duplicates: 0.05 },
      { label: 'lazy refcounts', create: { lazy_refcounts: true } },
    ],
  },
  'copy-on-write': {
    workload: 'bench/verdicts/workloads/overlay-writes.yaml',
    lanes: [
      { label: 'base' },
      { label: 'equal' },
      { label: '5 % twice', duplicates: 0.05 },
      { label: 'subclusters', create: { extended_l2: true, cluster_size: 131_072 } },
    ],
  },
  'direct-writes': {
    workload: 'bench/verdicts/workloads/direct-writes.yaml',
    lanes: [{ label: 'base' }, { label: 'equal' }, { label: '5 % twice', duplicates: 0.05 }],
  },
};
