import type { FioJob } from './fio-job.ts';

/** What each of a job's generators starts from, 32 bits each. */
export interface JobSeeds {
  readonly sizes: readonly [read: number, write: number, trim: number];
  readonly mix: number;
  readonly places: number;
  readonly sequence: number;
  readonly zones: number;
}

/** Where each generator stands among fio's. @source fio 3.33, fio.h, FIO_RAND_… */
const slots = { sizes: [0, 1, 2], mix: 4, places: 6, sequence: 10, zones: 16 } as const;
const slotCount = 21;
const multiplier = 0x9e370001n;
/** fio's default of `randseed`. */
const defaultRandSeed = 0x89n;
/** Multiplied with the job's number for the places of jobs that repeat. */
const repeatSeed = 0xb1899bedn;

/**
 * Seeds as fio derives them from `randseed` and the number of the job in its file, so that the requests are fio's own.
 * A job that repeats, which is the default, seeds the places of random requests from its number alone. With `randseed` a job
 * does not repeat, except that the places of its first copy are seeded before fio knows that.
 *
 * @param thread the job's number, copies counted, from 1
 * @param given in place of the file's seeds
 * @source fio 3.33, init.c, setup_random_seeds and td_fill_rand_seeds
 */
export function jobSeeds(job: FioJob, thread: number, copy: number, given: number | undefined): JobSeeds {
  const values = job.repeatsAll && given === undefined ? repeatedAll(thread) : derived(job, thread, given);
  const isRepeated = given === undefined && job.isRandom && job.repeats && (job.randSeed === undefined || copy === 0);
  const at = (slot: number): number => Number(BigInt.asUintN(32, values[slot] ?? 0n));
  return {
    sizes: [at(slots.sizes[0]), at(slots.sizes[1]), at(job.trims && job.writes ? slots.sizes[1] : slots.sizes[2])],
    mix: at(slots.mix),
    places: isRepeated ? Number(BigInt.asUintN(32, repeatSeed * BigInt(thread))) : at(slots.places),
    sequence: at(slots.sequence),
    zones: at(slots.zones),
  };
}

/** Whether every pass draws the same again. */
export function repeatsPasses(job: FioJob, given: number | undefined): boolean {
  return job.repeats && job.randSeed === undefined && given === undefined;
}

function derived(job: FioJob, thread: number, given: number | undefined): readonly bigint[] {
  const start = given ?? job.randSeed;
  let seed = start === undefined ? defaultRandSeed : BigInt(start);
  for (let round = 0; round < 4; round++) seed = BigInt.asUintN(64, seed * multiplier);
  return Array.from({ length: slotCount }, (_, index) => {
    const value = BigInt.asUintN(64, seed * BigInt(thread) + BigInt(index));
    seed = BigInt.asUintN(64, seed * multiplier);
    return value;
  });
}

function repeatedAll(thread: number): readonly bigint[] {
  return Array.from({ length: slotCount }, (_, index) =>
    BigInt.asUintN(64, repeatSeed * BigInt(thread) + BigInt(index)),
  );
}
