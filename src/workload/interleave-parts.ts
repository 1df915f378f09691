import type { WorkloadPart } from './load.ts';
import { createRequestBlock, type RequestBlock, requestBlockCapacity } from './request.ts';

/**
 * The requests of several parts as one sequence, for engines that run one request after the other: the parts of a stage in
 * turn, one request of each, those that have ended left out; then the next stage. The block is reused for every step.
 */
export function* interleaveParts(parts: readonly WorkloadPart[]): Generator<RequestBlock, void, undefined> {
  const block = createRequestBlock();
  block.count = 0;
  for (const stage of stagesOf(parts)) {
    let running = stage.map((part) => new PartCursor(part));
    while (running.length > 0) {
      let hasEnded = false;
      for (const cursor of running) {
        if (!cursor.appendTo(block)) hasEnded = true;
        else if (block.count === requestBlockCapacity) {
          yield block;
          block.count = 0;
        }
      }
      if (hasEnded) running = running.filter((cursor) => !cursor.hasEnded);
    }
  }
  if (block.count > 0) yield block;
}

/** Parts by stage, in the order of the stages. */
export function stagesOf(parts: readonly WorkloadPart[]): readonly (readonly WorkloadPart[])[] {
  const stages = new Map<number, WorkloadPart[]>();
  for (const part of parts) {
    const stage = stages.get(part.stage ?? 0);
    if (stage) stage.push(part);
    else stages.set(part.stage ?? 0, [part]);
  }
  return [...stages].sort(([a], [b]) => a - b).map(([, members]) => members);
}

/** Where a part's requests have got to. */
class PartCursor {
  hasEnded = false;
  readonly #blocks: Iterator<RequestBlock>;
  #block: RequestBlock | undefined;
  #at = 0;

  constructor(part: WorkloadPart) {
    this.#blocks = part.requests()[Symbol.iterator]();
  }

  /** Appends the part's next request; false where there is none. */
  appendTo(target: RequestBlock): boolean {
    while (this.#block === undefined || this.#at === this.#block.count) {
      const next = this.#blocks.next();
      if (next.done === true) {
        this.hasEnded = true;
        return false;
      }
      this.#block = next.value;
      this.#at = 0;
    }
    const from = this.#at++;
    const to = target.count++;
    target.operation[to] = this.#block.operation[from] ?? 0;
    target.offsetBytes[to] = this.#block.offsetBytes[from] ?? 0;
    target.lengthBytes[to] = this.#block.lengthBytes[from] ?? 0;
    return true;
  }
}
