import { z } from 'zod';
import { journalIdentitySchema } from './journal-identity.ts';

const figure = z
  .object({
    median: z.number(),
    low: z.number(),
    high: z.number(),
    sufficient: z.boolean().describe('false: too few trials, low and high are the range'),
  })
  .nullable();

const settings = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));

const row = z.object({
  configuration: z.object({ label: z.string(), create: settings, drive: settings }),
  engine: z.string(),
  source: z.enum(['measured', 'predicted']),
  count: z.int().describe('completed trials'),
  incompleteCount: z.int(),
  isBaseline: z.boolean(),
  iops: figure,
  relativeIops: z
    .object({
      ratio: z.number(),
      low: z.number(),
      high: z.number(),
      verdict: z.enum(['better', 'worse', 'same', 'inconclusive']),
    })
    .nullable()
    .describe('IOPS over the baseline row’s, from pairs of one block'),
  latencyP50Ms: figure,
  latencyP99Ms: figure,
  fileBytes: figure,
  allocatedBytes: figure,
  spaceAmplificationRatio: figure,
  guestSeekBytes: figure.describe('mean distance between data requests in the guest’s disk'),
  hostSeekBytes: figure.describe('the same between their places in the image file'),
  hostIoPerRequest: z.record(z.string(), z.number()).nullable().describe('by kind; warm-up included'),
});

const curve = z.object({
  metric: z.enum(['iops', 'spaceAmplificationRatio', 'allocatedBytes']),
  setting: z.string(),
  scope: z.enum(['create', 'drive']),
  settingBytes: z.array(z.number()),
  series: z.array(z.object({ name: z.string(), values: z.array(z.number().nullable()) })),
});

const published = z.object({
  source: z.string(),
  metric: z.enum(['iops', 'fileBytes']),
  note: z.string().nullable(),
  rows: z.array(
    z.object({
      settings: z.string(),
      publishedValue: z.number(),
      publishedRatio: z.number().describe('to the first measured row'),
      configuration: z.string().nullable(),
      value: z.number().nullable(),
      ratio: z.number().nullable(),
    }),
  ),
});

const workload = z.object({
  name: z.string(),
  title: z.string(),
  source: z.string(),
  diskBytes: z.number(),
  seed: z.number(),
  requestCount: z.number(),
  warmUpCount: z.number(),
  rows: z.array(row),
  published: published.nullable(),
  curves: z.array(curve),
});

const journal = z.object({
  journal: journalIdentitySchema,
  environment: z.looseObject({ kernel: z.string(), cpuModel: z.string(), fingerprint: z.string() }),
  engine: z.looseObject({ name: z.string(), version: z.string() }),
  backing: z.string().nullable(),
  repetitions: z.int(),
  resumedAt: z.array(z.string()),
  workloads: z.array(workload),
  incomplete: z.array(
    z.object({
      id: z.string(),
      workload: z.string(),
      configuration: z.string(),
      repetition: z.int(),
      state: z.enum(['failed', 'timed-out', 'aborted', 'skipped']),
      reason: z.string(),
    }),
  ),
  missingCount: z.int(),
  warnings: z.array(
    z.object({
      code: z.string(),
      subject: z.string(),
      message: z.string(),
      hint: z.string().optional(),
      trialCount: z.int(),
    }),
  ),
});

export const reportSchema = z
  .object({ schema: z.literal('qtune.report/1'), confidence: z.number(), journals: z.array(journal) })
  .describe('What `qtune report --json` prints: one entry a journal');
