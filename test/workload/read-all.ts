import { operationNames, type RequestBlock } from '../../src/workload/request.ts';

export interface PlainRequest {
  readonly operation: string;
  readonly offset: number;
  readonly length: number;
}

/** All requests of a pass as objects. */
export function readAll(blocks: Iterable<RequestBlock>): PlainRequest[] {
  const requests: PlainRequest[] = [];
  for (const block of blocks) {
    for (let index = 0; index < block.count; index++) {
      requests.push({
        operation: operationNames[block.operation[index] ?? 0] ?? '',
        offset: block.offsetBytes[index] ?? 0,
        length: block.lengthBytes[index] ?? 0,
      });
    }
  }
  return requests;
}
