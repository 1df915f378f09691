import { z } from 'zod';
import { placeSchema, sizeSchema } from '../profile-scalars.ts';
import { filebenchPersonalities } from './filebench-program.ts';

const mebibyte = 2 ** 20;

/** Keys of every phase that runs a program on the modelled file system. */
export const fileSystemKeys = {
  memory: sizeSchema.default(64 * mebibyte).describe('Memory of the guest for cached pages, inodes and metadata'),
  dirtyRatio: z
    .number()
    .gt(0)
    .max(1)
    .default(0.1)
    .describe('Share of it that may wait to be written back; 1: until memory is short'),
  newFileSystem: z.boolean().default(false).describe('The kernel still zeroes the inode tables, one after the other'),
};
const area = {
  start: placeSchema.optional().describe('Where the file system starts; default 0'),
  span: placeSchema.optional().describe('Its length; default: to the end of the disk'),
};
const count = z.int().min(1).max(100_000_000);

export const iozonePhase = z.strictObject({
  pattern: z.literal('iozone').describe("iozone's tests through the page cache of a modelled file system"),
  tests: z
    .array(
      z
        .int()
        .refine(
          (test) => test >= 0 && test <= 5,
          'the tests of iozone are 0 to 5: 0 write, 1 read, 2 random, 3 backward, 4 rewrite of a record, 5 stride',
        ),
    )
    .min(1)
    .max(16)
    .describe('Numbers of tests, 0 to 5, in order; the file is written before where 0 is not the first'),
  file: sizeSchema.describe('Size of the file'),
  record: sizeSchema.describe('Bytes of one call'),
  stride: count.default(17).describe('Records from one read to the next in test 5'),
  ...fileSystemKeys,
  ...area,
});

export const filebenchPhase = z.strictObject({
  pattern: z.literal('filebench').describe('A personality of filebench on a modelled file system'),
  personality: z.enum(filebenchPersonalities),
  files: count.describe('Files of the set, of which four in five are made first where files come and go'),
  meanFile: sizeSchema.describe('Mean size of a file; of oltp the size of each data file'),
  threads: z.int().min(1).max(10_000).describe('Threads, which take turns'),
  loops: count.describe('Loops of all threads together'),
  ...fileSystemKeys,
  ...area,
});

export const tpcbPhase = z.strictObject({
  pattern: z.literal('tpcb').describe("pgbench's transactions on PostgreSQL on a modelled file system"),
  scale: z.int().min(1).max(100_000).describe('Scale of pgbench: 100,000 accounts each, 13 MiB'),
  transactions: count,
  sharedBuffers: sizeSchema.default(128 * mebibyte).describe('`shared_buffers` of PostgreSQL'),
  commitsPerSync: z.number().min(1).max(1000).default(1).describe('Transactions that one write of the log commits'),
  checkpointEvery: z
    .int()
    .min(0)
    .max(100_000_000)
    .default(0)
    .describe('Transactions between checkpoints; 0: only the last'),
  ...fileSystemKeys,
  ...area,
});

/** A phase that runs a program, as written. */
export type ProgramPhase = z.output<typeof iozonePhase> | z.output<typeof filebenchPhase> | z.output<typeof tpcbPhase>;
