import { z } from 'zod';

const figures = z.object({
  memoryBytes: z.int().nonnegative().describe('L2 and refcount cache of the image when full; exact'),
  coveredBytes: z.int().nonnegative().describe('Part of the disk that the L2 cache maps'),
  l2EntryBytes: z.int().positive().describe('What an L2 miss reads and a changed entry writes'),
  metadataBytes: z.int().nonnegative().describe('Header, L1, L2 and refcounts of the fully allocated image; exact'),
  createdBytes: z.int().nonnegative().describe("What the new image takes of the host's disk"),
  allocationUnitBytes: z.int().positive(),
});

const chart = z.object({
  title: z.string(),
  shape: z.enum(['lines', 'bars']),
  unit: z.enum(['bytes', 'count', 'perSecond', 'ratio']),
  source: z
    .enum(['counted', 'predicted', 'computed'])
    .describe("counted: by the model of QEMU's driver, exact at queue depth 1; predicted: counts times costs"),
  labels: z.array(z.string()),
  series: z.array(
    z.object({ name: z.string(), values: z.array(z.number().nullable()).describe('One for each label; null: none') }),
  ),
  about: z.string(),
});

const scope = z.enum(['create', 'drive']);

/** What `qtune recommend --explain SETTING --json` prints. */
export const explainSchema = z
  .object({
    schema: z.literal('qtune.explain/1'),
    setting: z.string(),
    scope,
    domain: z.string(),
    since: z.string().describe('First version of QEMU that has it'),
    disk: z.object({ virtualBytes: z.int().positive(), backing: z.boolean() }),
    workload: z.object({ name: z.string(), title: z.string(), source: z.string() }),
    what: z.string(),
    defaults: z.array(z.object({ versions: z.string(), value: z.string(), source: z.string() })),
    helps: z.string(),
    useless: z.string(),
    hazards: z.object({ powerCut: z.string(), olderVersions: z.string(), snapshot: z.string(), discard: z.string() }),
    see: z.array(z.string()),
    change: z.array(z.string()),
    sources: z.array(z.string()),
    costs: z.array(
      z.object({
        value: z.string(),
        isDefault: z.boolean(),
        refused: z.string().optional().describe("QEMU's reason where this disk or version cannot have the value"),
        figures: figures.optional(),
      }),
    ),
    charts: z.array(chart),
    profile: z.object({ name: z.string(), warning: z.string().optional() }).optional(),
  })
  .describe("One setting of QEMU's qcow2 driver, taught for one disk");

/** What `qtune recommend --explain list --json` prints. */
export const settingsSchema = z
  .object({
    schema: z.literal('qtune.settings/1'),
    settings: z.array(
      z.object({
        name: z.string(),
        scope,
        domain: z.string(),
        default: z.string(),
        since: z.string(),
        does: z.string(),
        costs: z.string(),
        source: z.string(),
      }),
    ),
  })
  .describe('Every setting that qtune knows');
