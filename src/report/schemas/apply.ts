import { z } from 'zod';

const settings = z
  .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
  .describe("Run-time settings by QEMU's name, sizes in bytes; QEMU's defaults are left out");

const side = z.object({
  drive: settings,
  memoryBytes: z.int().nonnegative().describe('L2 and refcount cache of this image when full; exact'),
  coveredRatio: z.number().min(0).max(1).describe('Part of the disk that the L2 cache maps'),
});

const command = z
  .object({ execute: z.literal('blockdev-reopen'), arguments: z.record(z.string(), z.unknown()) })
  .describe('For the QMP socket, as it is');

const disk = z.object({
  node: z.string(),
  device: z.string().optional(),
  fileName: z.string(),
  virtualBytes: z.int().positive(),
  formerSource: z
    .enum(['stated', '-drive', '-blockdev', 'undo', 'record'])
    .describe(
      "Where the former settings are known from, since QEMU does not tell them: --current, QEMU's command line, an undo file, qtune's record of its last change",
    ),
  former: side,
  wanted: side,
  speedRatio: z
    .object({ source: z.literal('predicted'), value: z.number(), low: z.number(), high: z.number() })
    .describe('Speed after over speed before, by arithmetic, one request at a time'),
  workload: z.object({ name: z.string(), source: z.string() }),
  reasons: z.array(
    z.object({ setting: z.string(), because: z.string(), source: z.string(), costs: z.string().optional() }),
  ),
});

/** What `qtune apply --json` prints. */
export const applySchema = z
  .object({
    schema: z.literal('qtune.apply/1'),
    qemuVersion: z.string(),
    state: z
      .enum(['changed', 'unchanged', 'planned', 'refused', 'restored', 'unknown'])
      .describe(
        'changed: in force and verified; unchanged: nothing to change; planned: --dry-run; refused: QEMU took nothing; restored: undone after a failure, and verified; unknown: see reason',
      ),
    reason: z.string().optional().describe('What went wrong'),
    disks: z.array(disk),
    command,
    undo: command,
    undoFile: z.string().optional(),
  })
  .describe('A change of run-time settings of a running QEMU');

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const nodeOptions = z.strictObject({
  drive: settings,
  kept: z.record(z.string(), z.union([scalar, z.record(z.string(), scalar)])),
});

const undoDisks = z
  .array(
    z.strictObject({
      node: z.string().min(1).max(255),
      fileName: z.string(),
      virtualBytes: z.int().positive(),
      former: nodeOptions.describe('In force before the change, and again after the undo'),
      wanted: nodeOptions.describe('In force after the change'),
    }),
  )
  .min(1);

/** What `qtune apply --save-undo` writes and `--undo` reads. */
export const undoSchema = z
  .strictObject({ schema: z.literal('qtune.undo/1'), disks: undoDisks })
  .describe('The way back from a change of a running QEMU');

/** What qtune keeps for itself of its changes to a QEMU that is running. */
export const lastChangeSchema = z.strictObject({
  schema: z.literal('qtune.running/1'),
  isSettled: z.boolean(),
  disks: undoDisks,
});
