import {
  createRequestBlock,
  Operation,
  pushRequest,
  type RequestBlock,
  requestBlockCapacity,
} from '../../src/workload/request.ts';
import type { ImagePreparation, Workload } from '../../src/workload/workload.ts';

export type TestRequest = readonly [operation: keyof typeof Operation, offsetBytes?: number, lengthBytes?: number];

/** A workload of the given requests. */
export function workloadOf(
  requests: readonly TestRequest[],
  options: { diskBytes?: number; warmUpCount?: number; image?: Partial<ImagePreparation> } = {},
): Workload {
  return {
    name: 'test',
    title: 'Test',
    source: 'test',
    diskBytes: options.diskBytes ?? 64 * 1024 * 1024,
    seed: 1,
    image: { content: 'empty', backing: 'none', state: 'fresh', ...options.image },
    warmUpCount: options.warmUpCount ?? 0,
    requestCount: requests.length,
    identity: requests,
    *requests(): Iterable<RequestBlock> {
      const block = createRequestBlock();
      for (const [operation, offsetBytes = 0, lengthBytes = 0] of requests) {
        pushRequest(block, Operation[operation], offsetBytes, lengthBytes);
        if (block.count < requestBlockCapacity) continue;
        yield block;
        block.count = 0;
      }
      if (block.count > 0) yield block;
    },
  };
}

/** Requests at seeded places, aligned to their length; `mix` names the operations in turn. */
export function randomRequests(
  count: number,
  options: { diskBytes: number; lengthBytes?: number; mix?: readonly (keyof typeof Operation)[]; seed?: number },
): TestRequest[] {
  const { diskBytes, lengthBytes = 4096, mix = ['read'] } = options;
  let state = options.seed ?? 12_345;
  return Array.from({ length: count }, (_, index): TestRequest => {
    const operation = mix[index % mix.length] ?? 'read';
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    if (operation === 'sync') return ['sync'];
    return [operation, Math.floor((state / 2 ** 32) * (diskBytes / lengthBytes)) * lengthBytes, lengthBytes];
  });
}
