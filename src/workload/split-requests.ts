import { createRequestBlock, longestRequestBytes, type RequestBlock, requestBlockCapacity } from './request.ts';

/** Pieces in which a disk of QEMU gets a request of this length. */
export function pieceCount(lengthBytes: number): number {
  return lengthBytes <= longestRequestBytes ? 1 : Math.ceil(lengthBytes / longestRequestBytes);
}

/** The same requests, those that are longer than {@link longestRequestBytes} in pieces behind each other. */
export function* splitLongRequests(blocks: Iterable<RequestBlock>): Generator<RequestBlock, void, undefined> {
  const out = createRequestBlock();
  for (const block of blocks) {
    for (let index = 0; index < block.count; index++) {
      let offset = block.offsetBytes[index] as number;
      let left = block.lengthBytes[index] as number;
      do {
        const length = Math.min(left, longestRequestBytes);
        const to = out.count++;
        out.operation[to] = block.operation[index] as number;
        out.offsetBytes[to] = offset;
        out.lengthBytes[to] = length;
        out.timeUs[to] = block.timeUs?.[index] ?? 0;
        offset += length;
        left -= length;
        if (out.count === requestBlockCapacity) {
          yield out;
          out.count = 0;
        }
      } while (left > 0);
    }
  }
  if (out.count > 0) yield out;
}
