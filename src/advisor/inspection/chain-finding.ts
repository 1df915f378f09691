import type { ImageHeader } from '../../qcow2/header.ts';
import { computeCacheSizes } from '../../settings/cache-sizing.ts';
import { formatBytes } from '../../units/bytes.ts';
import type { Finding } from './finding.ts';
import { geometryOfHeader } from './image-findings.ts';

/** From this many layers on a chain is worth a warning. */
export const longChain = 8;

/**
 * What a backing chain costs, from the headers of its qcow2 layers.
 * @param layerCount all layers, also those that are not qcow2
 */
export function chainFinding(headers: readonly ImageHeader[], layerCount: number): Finding {
  const memoryBytes = headers.reduce((sum, header) => {
    const { l2Bytes, refcountBytes } = computeCacheSizes(geometryOfHeader(header), {});
    return sum + l2Bytes + refcountBytes;
  }, 0);
  return {
    severity: layerCount >= longChain ? 'warning' : 'note',
    code: 'chain',
    message: `The image is the top of a chain of ${layerCount}, whose caches take up to ${formatBytes(memoryBytes)} by default.`,
    meaning: 'A read looks through the layers from the top, each with tables and caches of its own.',
    remedy: layerCount >= longChain ? chainRemedy : '',
    source: 'QEMU docs/qcow2-cache.txt',
  };
}

/** How layers become fewer. */
export const chainRemedy =
  'Merge layers: `virsh blockcommit` or `blockpull`, qemu-img commit or rebase while it is off.';
