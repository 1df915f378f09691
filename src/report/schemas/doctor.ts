import { z } from 'zod';

const bytes = z.int().nonnegative();
const tried = z.boolean().nullable();

export const doctorSchema = z
  .object({
    schema: z.literal('qtune.doctor/1'),
    canMeasure: z.boolean().describe('QEMU is here and works, so that `qtune run` measures.'),
    canMeasureDepth: z
      .boolean()
      .describe(
        'fio with its nbd engine and qemu-storage-daemon are here too, so that it measures at any queue depth.',
      ),
    qemu: z.discriminatedUnion('state', [
      z.object({
        state: z.literal('usable'),
        version: z.string(),
        versionLine: z.string(),
        qemuImg: z.string(),
        qemuIo: z.string(),
        storageDaemon: z.string().nullable(),
        cache: z.string().describe('What trials use where a configuration does not say.'),
        aio: z.string(),
        overheadMs: z.number().nonnegative().describe('Time of one qemu-io command outside the driver.'),
        noiseRatio: z.number().nonnegative().describe('Spread of five equal short runs over their median.'),
      }),
      z.object({ state: z.literal('unusable'), reason: z.string(), hint: z.string() }),
    ]),
    helpers: z.array(
      z.object({
        name: z.string(),
        path: z.string().nullable(),
        purpose: z.string(),
        detail: z.string().nullable().describe('What it says of itself, where it was asked.'),
      }),
    ),
    host: z.object({
      kernel: z.string(),
      cpuModel: z.string(),
      cpuCount: z.int().positive(),
      allowedCpus: z.array(z.int().nonnegative()),
      measuringCpu: z.int().nonnegative().nullable(),
      governor: z.string().nullable(),
      memoryBytes: bytes,
      freeMemoryBytes: bytes,
    }),
    scratch: z.object({
      directory: z.string(),
      type: z.string(),
      mountOptions: z.string(),
      freeBytes: bytes,
      totalBytes: bytes,
      largestFileBytes: bytes,
      directIo: z.boolean(),
      inMemory: z.boolean(),
      zeroRange: tried,
      punchHole: tried,
    }),
    devices: z.object({ fuse: z.boolean(), loop: z.boolean() }),
    costs: z
      .array(
        z.object({
          name: z.string(),
          fileSystem: z.string(),
          cache: z.enum(['direct', 'buffered']),
          aio: z.enum(['io_uring', 'native', 'threads']),
          measuredAt: z.string().nullable(),
          drift: z.number().nonnegative(),
        }),
      )
      .describe('Cost profiles that --calibrate kept here, of any file system.'),
    installation: z
      .discriminatedUnion('state', [
        z.object({ state: z.literal('not-needed') }),
        z.object({ state: z.literal('installed'), packages: z.array(z.string()) }),
        z.object({ state: z.literal('refused'), reason: z.string(), advice: z.string() }),
      ])
      .optional()
      .describe('What came of --install; absent without it.'),
  })
  .describe(
    'What `qtune doctor --json` prints. Sizes are bytes, durations milliseconds; null where it could not be found out.',
  );
