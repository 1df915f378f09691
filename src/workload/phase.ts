import { CumulativeChoice, type Weighted } from './cumulative-choice.ts';
import type { PostmarkSpec } from './postmark/parameters.ts';
import { postmarkRequests } from './postmark/request-stream.ts';
import { type ProgramSpec, programRequests } from './programs/program.ts';
import { Random } from './random.ts';
import { createRequestBlock, type RequestBlock, requestBlockCapacity } from './request.ts';
import { RequestStream, type StreamSpec } from './stream.ts';

/** One phase of a workload, fully resolved. */
export type PhaseSpec =
  | {
      readonly kind: 'streams';
      readonly streams: readonly Weighted<StreamSpec>[];
      /** Reads, writes and trims; syncs come on top. */
      readonly dataRequestCount: number;
    }
  | { readonly kind: 'postmark'; readonly postmark: PostmarkSpec }
  | { readonly kind: 'program'; readonly program: ProgramSpec };

/** One pass over a phase. The block is reused for every step. */
export function phaseRequests(phase: PhaseSpec, seed: number, phaseIndex: number): Iterable<RequestBlock> {
  if (phase.kind === 'postmark') return postmarkRequests(phase.postmark);
  return phase.kind === 'program' ? programRequests(phase.program) : streamRequests(phase, seed, phaseIndex);
}

function* streamRequests(
  { streams, dataRequestCount }: Extract<PhaseSpec, { kind: 'streams' }>,
  seed: number,
  phaseIndex: number,
): Generator<RequestBlock, void, undefined> {
  const block = createRequestBlock();
  const random = new Random(seed, phaseIndex);
  const choice = new CumulativeChoice(
    streams.map(({ value, weight }, index) => ({ value: new RequestStream(value, seed, phaseIndex, index), weight })),
  );
  let remaining = dataRequestCount;
  while (remaining > 0) {
    block.count = 0;
    // A data request may bring a sync along, so one entry is kept free.
    while (remaining > 0 && block.count < requestBlockCapacity - 1) {
      choice.draw(random).append(block);
      remaining -= 1;
    }
    yield block;
  }
}
