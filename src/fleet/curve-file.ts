import { InputError } from '../errors.ts';
import { interpolate, type MissCurve, upperHull } from './miss-curve.ts';

/** A curve as `qtune curve --json` writes it, as far as it is used here. */
export interface RecordedCurve {
  readonly clusterBytes: number;
  readonly entryBytes: number;
  readonly entryCoverageBytes: number;
  readonly points: readonly { readonly cacheBytes: number; readonly missRatio: number }[];
}

/**
 * The curve of a recorded workload. The cache is told in guest bytes that its entries map, so that the curve goes for disks
 * of other sizes and clusters too; the working set is where the last miss was saved.
 *
 * @param name the word that a fleet file says
 * @throws InputError for a curve without two sizes of cache, or on which misses rise
 */
export function recordedCurve(name: string, file: string, recorded: RecordedCurve): MissCurve {
  const { entryBytes, entryCoverageBytes } = recorded;
  const points = [...recorded.points].sort((left, right) => left.cacheBytes - right.cacheBytes);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2) {
    throw new InputError({ file }, 'its curve has fewer than two sizes of cache', {
      hint: 'Let `qtune curve --json` choose the sizes: leave out --cache-size.',
    });
  }
  const floorRatio = Math.min(...points.map(({ missRatio }) => missRatio));
  const enough = points.find(({ missRatio }) => missRatio <= floorRatio) ?? last;
  const scaleRatio = first.missRatio - floorRatio;
  const useful = points.filter(({ cacheBytes }) => cacheBytes <= enough.cacheBytes);
  // Below the smallest size of the curve nothing is known; the first point is taken to be its beginning.
  const mapped = [0, ...useful.slice(1).map(({ cacheBytes }) => cacheBytes / enough.cacheBytes)];
  let most = 0;
  const saved = [
    0,
    ...useful.slice(1).map(({ missRatio }) => {
      most = Math.max(most, scaleRatio === 0 ? 0 : (first.missRatio - missRatio) / scaleRatio);
      return most;
    }),
  ];
  if (mapped.length === 1) {
    mapped.push(1);
    saved.push(scaleRatio === 0 ? 0 : 1);
  }
  const [places, values] = [Float64Array.from(mapped), Float64Array.from(saved)];
  const corners = upperHull(mapped, saved);
  return {
    name,
    title: `recorded: ${file}`,
    source: `qtune curve, clusters of ${recorded.clusterBytes} bytes, entries of ${entryBytes}`,
    scaleRatio,
    floorRatio,
    workingSet: { bytes: (enough.cacheBytes / entryBytes) * entryCoverageBytes },
    savedAt: (mappedRatio) => interpolate(places, values, mappedRatio),
    corners,
    points: places,
    isConcave: corners.mapped.length === places.length,
  };
}
