import { z } from 'zod';
import { journalSchema } from '../../trial/record.ts';

const bytes = z.number().nonnegative();
const count = z.int().nonnegative();
const durationMs = z.number().nonnegative();
const settings = z
  .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
  .describe("Options by QEMU's name; sizes in bytes. An absent one has QEMU's default.");
const engineName = z.enum(['qemu-io', 'fio', 'simulated']);

export const configurationSchema = z.object({
  label: z.string().describe('Unique within the journal, made of the settings that differ.'),
  create: settings.describe('As in `qemu-img create -o`.'),
  drive: settings.describe('As on `-drive`.'),
});

export const warningSchema = z.object({
  code: z.string(),
  subject: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

const latency = z
  .object({
    count,
    mean: durationMs,
    p50: durationMs,
    p99: durationMs,
    p999: durationMs,
    max: durationMs,
  })
  .describe('Milliseconds that requests spent inside the driver.');

const metrics = z.object({
  iops: z
    .number()
    .nonnegative()
    .describe('Reads, writes and trims per second of time inside the driver, syncs included.'),
  iopsInterval: z
    .object({ low: z.number().nonnegative(), high: z.number().nonnegative() })
    .optional()
    .describe('The range that a predicted rate is claimed for.'),
  bytesPerSecond: z.number().nonnegative(),
  requestCount: count.describe('Measured reads, writes and trims.'),
  wallMs: durationMs,
  driverMs: durationMs,
  syncCount: count,
  syncMs: durationMs,
  latencyMs: latency,
  latencyByOperationMs: z.partialRecord(z.enum(['read', 'write', 'trim']), latency),
  histograms: z
    .partialRecord(z.enum(['read', 'write', 'trim']), z.string())
    .describe('HdrHistogram in its compressed V2 encoding, base64, nanoseconds.'),
  hostIo: z.record(z.string(), count).optional().describe('Requests at the image file by what they were for.'),
  fileBytes: bytes.describe('Length of the image after the run.'),
  allocatedBytes: bytes.describe('Blocks that it has, in bytes.'),
  guestBytes: bytes.describe('Bytes that the guest wrote.'),
  guestDistinctBytes: bytes.describe('Of them, the distinct ones.'),
  spaceAmplificationRatio: z.number().nonnegative().optional().describe('Allocated over distinct stored bytes.'),
  guestSeekBytes: bytes.describe("Mean distance between consecutive requests, in the guest's offsets."),
  hostSeekBytes: bytes.optional().describe("The same in the image file's offsets."),
});

const trialBase = {
  type: z.literal('trial'),
  id: z.string().describe('The same for the same trial on any host.'),
  workload: z.string(),
  configuration: configurationSchema,
  repetition: count,
  block: count.describe('Trials of one block ran next to each other in random order: the unit of pairing.'),
  engine: engineName,
  startedAt: z.iso.datetime(),
  durationMs: durationMs.describe('The whole trial, the making of its image included.'),
};

const completedTrial = z.object({
  ...trialBase,
  state: z.literal('completed'),
  metrics,
  cpus: z.array(count).describe('Processors that the measured process could use; empty where any.'),
  command: z.array(z.string()),
  warnings: z.array(warningSchema),
  slices: z
    .object({
      session: z.string().describe('Equal for the trials that took turns with each other, in any journal.'),
      driverMs: z
        .array(durationMs)
        .describe('Time inside the driver of each slice; slice i did the same requests in each.'),
      robustMs: z.array(durationMs).optional().describe('The same without stalls, where no request waits for a disk.'),
    })
    .optional()
    .describe('Absent where the trial ran by itself.'),
  disturbance: z
    .object({
      disturbed: z.boolean().describe('Enough to run the block again; the later record counts.'),
      stealMs: durationMs.describe('The hypervisor had the measuring processor.'),
      waitMs: durationMs.describe('Other programs had it, in user mode.'),
      otherIoBytes: bytes.describe('What other processes moved on the disk with the images.'),
      throttledMs: durationMs.describe("A control group's quota held processes back."),
    })
    .optional()
    .describe('What came from outside; absent where it was not looked at.'),
});

const otherTrial = z.object({
  ...trialBase,
  state: z.enum(['failed', 'timed-out', 'aborted', 'skipped']),
  reason: z.string(),
});

export const environmentSchema = z
  .object({
    qtuneVersion: z.string(),
    nodeVersion: z.string(),
    qemu: z.string().optional().describe('First line of `qemu-img --version`.'),
    kernel: z.string(),
    cpuModel: z.string(),
    cpuCount: count,
    memoryBytes: bytes,
    fileSystem: z.string().describe('Of the scratch directory.'),
    mountOptions: z.string(),
    freeBytes: bytes,
    fingerprint: z.string().describe('Equal on hosts whose measurements may be compared.'),
  })
  .describe('The machine and the tools; no host name, no paths.');

export const engineSchema = z.object({
  name: engineName,
  version: z.string(),
  cache: z.string().describe('Where the configuration does not say.'),
  aio: z.string().describe('Where the configuration does not say.'),
  overheadMs: z.number().describe('Cost of one command outside the driver.'),
  cpus: z.array(count),
  harnessCpus: z.array(count).optional().describe('Processors of qtune itself while it measured.'),
  fio: z
    .object({
      version: z.string(),
      export: z.enum(['nbd', 'fuse']),
      nullDevice: z
        .array(
          z.object({
            iodepth: z.int().positive(),
            iops: z.number().nonnegative(),
            meanMs: z.number().nonnegative(),
            p99Ms: z.number().nonnegative(),
          }),
        )
        .describe('Reads of 4 KiB from a device that answers at once: what fio and the export cost by themselves.'),
    })
    .optional()
    .describe('What made the load; absent where the engine does that itself.'),
  costs: z
    .object({ name: z.string(), source: z.string() })
    .optional()
    .describe('Where predicted times come from; absent where times are measured.'),
});

export const planSchema = z.object({
  hash: z.string().describe('SHA-256 of the plan.'),
  seed: z.number(),
  repetitions: count,
  engine: engineName,
  trialCount: count,
  workloads: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      source: z.string(),
      diskBytes: bytes,
      seed: z.number(),
      requestCount: count,
      warmUpCount: count,
      hash: z.string().optional().describe('SHA-256 of its requests and its image.'),
      configurations: z.array(z.string()).optional().describe('Labels; absent where it runs under all of them.'),
      repetitions: count.optional().describe("Where not the plan's."),
      published: z.unknown().optional().describe('Published figures of the same experiment.'),
    }),
  ),
  configurations: z.array(configurationSchema),
  backing: z.string().optional().describe('The backing file as it was named.'),
  stopping: z
    .object({ looks: z.array(z.int().positive()).describe('Numbers of blocks after which it looked.') })
    .optional()
    .describe('Present where the run was to stop once its comparisons were decided.'),
});

const shardPosition = {
  index: z.int().positive().describe('Counted from 1.'),
  count: z.int().positive(),
};

const header = z.object({
  type: z.literal('header'),
  schema: z.literal(journalSchema),
  startedAt: z.iso.datetime(),
  plan: planSchema,
  environment: environmentSchema,
  engine: engineSchema,
  shard: z
    .object(shardPosition)
    .optional()
    .describe('The part of the plan that `run --shard` had; the plan is whole all the same.'),
  partial: z
    .object({ missingShards: z.array(z.int().positive()), missingTrialCount: count })
    .optional()
    .describe('What a journal merged with --allow-partial lacks.'),
});

const shard = z
  .object({
    type: z.literal('shard'),
    ...shardPosition,
    startedAt: z.iso.datetime(),
    environment: environmentSchema,
    engine: engineSchema,
    workloads: z.array(z.string()),
  })
  .describe("In a merged journal: a shard that ran elsewhere than the header's environment says, and what ran there.");

const resume = z.object({
  type: z.literal('resume'),
  resumedAt: z.iso.datetime(),
  environment: environmentSchema,
  engine: engineSchema,
});

const confirmation = z
  .object({
    type: z.literal('confirmation'),
    workload: z.string(),
    base: z.string(),
    head: z.string(),
    ratio: z.number().positive().describe('IOPS of head over base, with its 95 % interval.'),
    low: z.number().positive(),
    high: z.number().positive(),
    sliceCount: count,
    confirmed: z.boolean(),
  })
  .describe('Whether a difference found on one processor is there without pinning.');

/** One line of a journal. The reader does not use this: see `trial/parse-record.ts`. */
export const journalRecordSchema = z
  .union([header, shard, completedTrial, otherTrial, resume, confirmation])
  .describe(
    'One line of a qtune journal. The first line is the header; lines of other types may be added by later versions.',
  );
