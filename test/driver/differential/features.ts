/** What a case may use beyond reads, writes and flushes of plain version 3 images. */
export const features = [
  'extended',
  'refcounts',
  'version',
  'preallocation',
  'lazy',
  'data-file',
  'backing',
  'chain',
  'prefill',
  'snapshots',
  'compressed',
  'growth',
  'caches',
  'modes',
  'direct',
  'discard',
  'zeroes',
  'overlap',
  'split',
  'odd',
] as const;
export type Feature = (typeof features)[number];

/** Whether a feature is asked for. */
export type Has = (feature: Feature) => boolean;
