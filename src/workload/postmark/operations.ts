import { MersenneTwister1999 } from './mersenne-twister.ts';
import type { PostmarkParameters } from './parameters.ts';

/** Letters and signs that PostMark fills its text buffer with, one draw each. */
const printableCount = 95;
const biasSides = 10;

/** One file operation. The object is reused for the next one: copy what you keep. */
export interface PostmarkOperation {
  readonly kind: 'create' | 'read' | 'append' | 'delete';
  /** Counted from 1 in order of creation; PostMark uses it as the file's name. */
  readonly fileNumber: number;
  /** The file's place in the table of 2 × number slots. */
  readonly slot: number;
  /** Subdirectory, 0 where there are none. */
  readonly directory: number;
  /** Bytes written or read; for a delete the size of the file. */
  readonly bytes: number;
  /** Size of the file before the operation. */
  readonly sizeBytes: number;
  /** Transactions begun, 0 while the first files are made. */
  readonly transaction: number;
}

/**
 * PostMark's file operations in order: `number` creates, the transactions, then the removal of what is left. Every draw
 * of the original is made in its place, so numbers, picks and sizes equal those of the real program with the same
 * parameters; it stops early, as the original does, when all files are gone.
 *
 * @source PostMark 1.51, postmark.c: cli_run, create_file, find_free_file, find_used_file; checked against the system
 *   calls of the Debian binary for number=200, transactions=500
 */
export function* postmarkOperations(parameters: PostmarkParameters): Generator<PostmarkOperation, void, undefined> {
  const { number, transactions, sizeLow, sizeHigh, biasRead, biasCreate, subdirectories } = parameters;
  const draw = new MersenneTwister1999(parameters.seed);
  for (let index = 0; index < 2 * sizeHigh; index++) draw.below(printableCount);

  const slotCount = 2 * number;
  const sizes = new Float64Array(slotCount);
  const numbers = new Float64Array(slotCount);
  const directories = new Uint32Array(slotCount);
  let pointer = 0;
  let createdCount = 0;
  let liveCount = 0;
  const operation: { -readonly [Key in keyof PostmarkOperation]: PostmarkOperation[Key] } = {
    kind: 'create',
    fileNumber: 0,
    slot: 0,
    directory: 0,
    bytes: 0,
    sizeBytes: 0,
    transaction: 0,
  };

  const freeSlot = (): number => {
    if (pointer < slotCount && sizes[pointer] === 0) return pointer++;
    const hole = sizes.indexOf(0);
    if (hole !== -1) pointer = hole + 1;
    return hole;
  };
  const usedSlot = (): number => {
    for (;;) {
      const slot = draw.below(slotCount);
      if (sizes[slot] !== 0) return slot;
    }
  };
  const describe = (kind: PostmarkOperation['kind'], slot: number, bytes: number): PostmarkOperation => {
    operation.kind = kind;
    operation.slot = slot;
    operation.fileNumber = numbers[slot] ?? 0;
    operation.directory = directories[slot] ?? 0;
    operation.bytes = bytes;
    operation.sizeBytes = sizes[slot] ?? 0;
    return operation;
  };
  const create = (): PostmarkOperation | undefined => {
    const slot = freeSlot();
    if (slot === -1) return undefined;
    createdCount += 1;
    numbers[slot] = createdCount;
    directories[slot] = subdirectories > 1 ? draw.below(subdirectories) : 0;
    const bytes = sizeLow + draw.below(sizeHigh - sizeLow);
    const described = describe('create', slot, bytes);
    sizes[slot] = bytes;
    liveCount += 1;
    return described;
  };
  const append = (): PostmarkOperation | undefined => {
    const slot = usedSlot();
    const size = sizes[slot] ?? 0;
    // A file that has reached the bound is left alone, but the pick was drawn.
    if (size >= sizeHigh) return undefined;
    const described = describe('append', slot, draw.below(sizeHigh - size) + 1);
    sizes[slot] = size + described.bytes;
    return described;
  };
  const remove = (slot: number): PostmarkOperation => {
    const described = describe('delete', slot, sizes[slot] ?? 0);
    sizes[slot] = 0;
    liveCount -= 1;
    return described;
  };
  const read = (slot: number): PostmarkOperation => describe('read', slot, sizes[slot] ?? 0);

  for (let index = 0; index < number; index++) {
    const created = create();
    if (created) yield created;
  }
  for (let index = 1; index <= transactions && liveCount > 0; index++) {
    operation.transaction = index;
    if (biasRead !== -1) {
      const first = draw.below(biasSides) < biasRead ? read(usedSlot()) : append();
      if (first) yield first;
    }
    if (biasCreate !== -1) {
      const second = draw.below(biasSides) < biasCreate ? create() : remove(usedSlot());
      if (second) yield second;
    }
  }
  for (let slot = 0; slot < slotCount; slot++) if (sizes[slot] !== 0) yield remove(slot);
}
