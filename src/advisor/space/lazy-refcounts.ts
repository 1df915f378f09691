import type { AdviceRequest } from '../advice-request.ts';
import { isOpen } from './fixed.ts';

/**
 * Where lazy refcounts are looked at, if at all: when the image is created, or when one that exists is opened. They save the refcount block
 * at a flush, so they matter to workloads that allocate and flush; what they cost is a check of the whole image after a crash.
 * @source QEMU docs/interop/qcow2.txt, "Dirty bit"
 */
export function considersLazyRefcounts(request: AdviceRequest): 'create' | 'drive' | 'no' {
  const { readRatio, syncsPerWrite, firstWriteRatio } = request.traits;
  const flushesNew = readRatio < 1 && syncsPerWrite > 0 && firstWriteRatio > 0;
  if (!flushesNew || request.priority !== 'speed') return 'no';
  if (request.image) {
    const isNew = request.image.create.compat !== '0.10' && request.image.create.lazy_refcounts !== true;
    return isNew && isOpen(request, 'drive', 'lazy-refcounts') ? 'drive' : 'no';
  }
  return isOpen(request, 'create', 'lazy_refcounts') ? 'create' : 'no';
}
