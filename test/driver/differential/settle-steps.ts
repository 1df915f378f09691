import type { ImageSpec, Step } from './case.ts';
import { layOn, type Place } from './placement.ts';
import type { RawCase } from './raw-case.ts';

/** What is done to an image before it is measured. */
export function settleSteps(raw: RawCase, image: ImageSpec, place: Place): readonly Step[] {
  const { has, filledClusters = 0 } = place;
  const steps: Step[] = [];
  if (filledClusters > 0) steps.push({ kind: 'write', offset: 0, length: filledClusters * image.clusterBytes });
  else if (!raw.prefilled || !has('prefill')) return steps;
  const packs = has('compressed') && steps.length === 0 && image.dataFile === 'none' && image.preallocation === 'off';
  // Compressed clusters share a host cluster, and narrow refcounts cannot count both them and snapshots.
  const mayShare = has('snapshots') && image.dataFile === 'none' && (!packs || image.refcountBits >= 8);
  const mostSnapshots = mayShare ? Math.min(4, 2 ** image.refcountBits - 2) : 0;
  if (packs) steps.push(...compressedSteps(raw, place));
  let snapshots = 0;
  for (const step of raw.steps) {
    if (step.action === 'snapshot' && snapshots < mostSnapshots) {
      snapshots++;
      steps.push({ kind: 'snapshot' });
    } else if (step.action === 'request') steps.push(layOn(place, step.request));
  }
  return steps;
}

/**
 * Compressed clusters, each where nothing is yet, for QEMU compresses over nothing that is allocated. The image is opened anew
 * after them: QEMU would go on filling the last host cluster even after it was freed and given to something else.
 */
function compressedSteps(raw: RawCase, place: Place): Step[] {
  const { clusterBytes, virtualBytes } = place;
  const clusters = new Set<number>();
  for (const step of raw.steps) {
    if (step.action !== 'compressed' || step.request.kind === 'flush') continue;
    clusters.add(Math.floor(layOn(place, step.request).offset / clusterBytes));
  }
  if (clusters.size === 0) return [];
  const commands = [...clusters].map((cluster): Step => {
    const offset = cluster * clusterBytes;
    return { kind: 'write-compressed', offset, length: Math.min(clusterBytes, virtualBytes - offset) };
  });
  return [...commands, { kind: 'reopen' }];
}
