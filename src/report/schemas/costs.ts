import { z } from 'zod';
import { cpuKinds, hostIoKinds } from '../../driver/cost/cost-profile.ts';

const cost = z.object({
  ns: z.number().nonnegative(),
  spread: z.number().nonnegative().describe('Relative standard deviation from one run to the next.'),
});
const curve = z
  .array(cost.extend({ at: z.number().nonnegative().describe('Bytes, or a number of events.') }))
  .min(1)
  .describe('Linear between two points, flat below the first, the last slope beyond the last.');

/** One stored profile: a file in the user's state directory. */
export const costProfileDocument = z
  .object({
    schema: z.literal('qtune.costs/1'),
    name: z.string(),
    source: z.string(),
    measuredAt: z.iso.datetime().nullable().describe('Null for a profile that ships with qtune.'),
    qemu: z.string().nullable(),
    fileSystem: z.string(),
    cache: z.enum(['direct', 'buffered']),
    aio: z.enum(['io_uring', 'native', 'threads']),
    locality: z.object({ regionBytes: z.int().positive(), regions: z.int().nonnegative() }),
    io: z.record(z.enum(hostIoKinds), curve).describe('Host I/O by bytes.'),
    sync: z
      .object({ writes: curve, changes: curve, dirtyByte: cost, discard: cost })
      .describe('One fdatasync: the sum of its terms, by what was done since the last one.'),
    cpu: z.record(z.enum(cpuKinds), cost).describe("The driver's own work, per event or byte."),
    parallelism: z.number().min(1),
    drift: z.number().nonnegative().describe('Relative standard deviation that all costs of a run share.'),
    stalls: z.number().nonnegative().describe('Time lost in stalls over the time that requests usually take.'),
  })
  .describe('Costs of one machine for one way to do I/O, nanoseconds at queue depth 1.');

export const calibrationSchema = z
  .object({
    schema: z.literal('qtune.calibration/1'),
    rounds: z.int().positive(),
    profiles: z.array(z.object({ file: z.string(), profile: costProfileDocument })),
  })
  .describe(
    'What `qtune doctor --calibrate --json` prints: the measured profiles and the files that they were kept in.',
  );
