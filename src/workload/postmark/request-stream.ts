import { createRequestBlock, pushRequest, type RequestBlock, requestBlockCapacity } from '../request.ts';
import { PostmarkDisk } from './disk.ts';
import { postmarkOperations } from './operations.ts';
import type { PostmarkSpec } from './parameters.ts';

/** PostMark's requests to the disk: its exact file operations on a modelled file system, see {@link PostmarkDisk}. */
export function* postmarkRequests(spec: PostmarkSpec): Generator<RequestBlock, void, undefined> {
  const disk = new PostmarkDisk(spec);
  const block = createRequestBlock();
  for (const operation of postmarkOperations(spec)) {
    disk.apply(operation);
    // A large file without buffering makes many requests of one operation, so a block may fill up in the middle.
    for (let index = 0; index < disk.queueLength; index++) {
      if (block.count === requestBlockCapacity) {
        yield block;
        block.count = 0;
      }
      const request = disk.queue[index];
      if (request) pushRequest(block, request.operation, request.offsetBytes, request.lengthBytes);
    }
  }
  if (block.count > 0) yield block;
}
