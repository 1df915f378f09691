import { GuestFileSystem } from '../file-system/file-system.ts';
import type { FileSystemSpec } from '../file-system/parameters.ts';
import { createRequestBlock, pushRequest, type RequestBlock, requestBlockCapacity } from '../request.ts';
import { type FilebenchParameters, filebenchProgram } from './filebench-program.ts';
import { type IozoneParameters, iozoneProgram } from './iozone-program.ts';
import { type PostmarkCalls, postmarkProgram } from './postmark-program.ts';
import { type TpcbParameters, tpcbProgram } from './tpcb-program.ts';

/** A program on a modelled file system, with nothing left to default. */
export type ProgramSpec = { readonly fileSystem: FileSystemSpec } & (
  | { readonly program: 'postmark'; readonly parameters: PostmarkCalls }
  | { readonly program: 'iozone'; readonly parameters: IozoneParameters }
  | { readonly program: 'filebench'; readonly parameters: FilebenchParameters }
  | { readonly program: 'tpcb'; readonly parameters: TpcbParameters }
);

/** The requests that reach the disk. The block is reused for every step. */
export function* programRequests(spec: ProgramSpec): Generator<RequestBlock, void, undefined> {
  const files = new GuestFileSystem(spec.fileSystem);
  const block = createRequestBlock();
  for (const _ of programSteps(spec, files)) {
    if (files.pending.length > 0) yield* handOut(files, block);
  }
  yield* handOut(files, block);
  if (block.count > 0) yield block;
}

/** The program itself, for callers that want to know which requests come of which step; nothing happens between steps. */
export function programSteps(spec: ProgramSpec, files: GuestFileSystem): Iterable<void> {
  switch (spec.program) {
    case 'postmark':
      return postmarkProgram(spec.parameters, files);
    case 'iozone':
      return iozoneProgram(spec.parameters, files);
    case 'filebench':
      return filebenchProgram(spec.parameters, files);
    case 'tpcb':
      return tpcbProgram(spec.parameters, files);
  }
}

function* handOut(files: GuestFileSystem, block: RequestBlock): Generator<RequestBlock, void, undefined> {
  for (const { operation, offsetBytes, lengthBytes } of files.pending.take()) {
    if (block.count === requestBlockCapacity) {
      yield block;
      block.count = 0;
    }
    pushRequest(block, operation, offsetBytes, lengthBytes);
  }
}
