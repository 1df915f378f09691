import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type NoiseName = 'pinned' | 'pinned-busy' | 'unpinned' | 'unpinned-busy';

/** Recorded pairs of trials on equal images, seconds, by the conditions that they ran under: see test/fixtures/README.md. */
export function recordedNoise(): ReadonlyMap<NoiseName, readonly (readonly [number, number])[]> {
  const text = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'aa-noise.csv'), 'utf8');
  const pairs = new Map<NoiseName, (readonly [number, number])[]>();
  for (const line of text.trim().split('\n').slice(1)) {
    const [name, first, second] = line.split(',');
    const list = pairs.get(name as NoiseName) ?? [];
    list.push([Number(first), Number(second)]);
    pairs.set(name as NoiseName, list);
  }
  return pairs;
}
