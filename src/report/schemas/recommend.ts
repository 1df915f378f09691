import { z } from 'zod';
import { spaceFields } from './recommend-space.ts';
import { contributions, interval, sensitivity, workloadEffects } from './recommend-worth.ts';

const settings = z
  .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
  .describe("Options by QEMU's name; sizes are bytes. Every one that has a reason, QEMU's defaults spelled out");

const expectation = z.object({
  metric: z.enum(['iops', 'spaceAmplificationRatio']),
  source: z.enum(['measured', 'predicted']),
  value: z.number().nonnegative(),
  low: z.number().nonnegative(),
  high: z.number().nonnegative(),
  samplingRatio: z
    .number()
    .nonnegative()
    .optional()
    .describe(
      'Half the 95 % interval of the error against a run of all requests, as a share; only where a sample was run',
    ),
});

const reason = z.object({
  setting: z.string(),
  because: z.string(),
  source: z.string(),
  costs: z.string().optional(),
});

const option = z.object({
  title: z.string(),
  tradeOff: z.string().optional(),
  create: settings,
  drive: settings,
  expected: z.array(expectation).describe('A measured value comes first; the prediction of the same follows'),
  memoryBytes: z.int().nonnegative().describe('L2 and refcount cache of this image when full; exact'),
  metadataBytes: z.int().nonnegative().describe('Header, L1, L2 and refcounts of the fully allocated image; exact'),
  allocationUnitBytes: z.int().positive(),
  coveredBytes: z.int().nonnegative().describe('Part of the disk that the L2 cache maps'),
  reasons: z.array(reason),
});

const risk = z.object({
  kind: z.enum(['power-cut', 'compatibility', 'snapshot', 'discard', 'memory', 'damage']),
  settings: z.array(z.string()),
  effect: z.enum(['worse', 'better']),
  because: z.string(),
  recommendedBytes: z.int().nonnegative().optional(),
  baselineBytes: z.int().nonnegative().optional(),
  source: z.string(),
});

/** What `qtune recommend --json` prints. */
export const recommendSchema = z
  .object({
    schema: z.literal('qtune.recommend/1'),
    disk: z.object({ virtualBytes: z.int().positive(), backing: z.boolean() }),
    workload: z.object({ name: z.string(), title: z.string(), source: z.string() }),
    image: z
      .object({
        create: settings.describe("Create-time settings by its header; only those that differ from QEMU's defaults"),
        fileName: z.string(),
        allocatedBytes: z.int().nonnegative().optional().describe("What the file takes on its host's disk"),
        backingName: z.string().optional().describe('As the image has it; the file was not opened'),
        hasSnapshots: z.boolean(),
        running: z
          .object({ socket: z.string(), disk: z.string(), file: z.string(), backing: z.string().optional() })
          .optional()
          .describe('Its nodes in the running QEMU that was asked'),
      })
      .optional()
      .describe('The image that exists, where one was named'),
    target: z.enum(['qemu', 'libvirt', 'virt-install', 'proxmox', 'openstack', 'kubevirt', 'qmp']).optional(),
    robust: z.boolean().optional().describe('Of several workloads: whether the one that gains least decided'),
    priority: z.enum(['speed', 'space', 'memory']),
    memoryLimitBytes: z.int().positive().optional(),
    qemuVersion: z.string().optional(),
    nothingToGain: z.boolean(),
    recommended: option,
    baseline: option,
    platformDefaults: option.optional().describe('What the target sets by itself, where that differs from QEMU'),
    alternatives: z.array(option),
    speedRatio: interval
      .optional()
      .describe(
        'Predicted speed of the recommendation over that of the defaults; the range is of machines with other costs',
      ),
    workloads: workloadEffects.optional().describe('Each of several workloads under the recommendation'),
    contributions: contributions
      .optional()
      .describe('What each recommended setting does; empty where the defaults stay'),
    sensitivity: sensitivity.optional().describe('What becomes of the settings if things turn out differently'),
    commands: z.record(z.string(), z.string()).describe('What to paste, by the place it is for'),
    undo: z.record(z.string(), z.string()).describe("What to paste to get back to QEMU's defaults, by the same keys"),
    commandNotes: z
      .record(z.string(), z.array(z.string()))
      .describe('What each command requires, and the settings that cannot be said there'),
    commandVerification: z
      .record(
        z.string(),
        z.object({ verified: z.boolean(), by: z.string().describe('What accepted it, or why nothing could be asked') }),
      )
      .describe('Whether the tool that a command is for accepts it, in the tests of this project'),
    ...spaceFields,
    risks: z.array(risk).describe('What the recommendation risks that the defaults do not, or less'),
    notes: z.array(reason).describe('Settings left alone, and why'),
    evidence: z
      .array(z.string())
      .describe('Ids of the trials behind measured values and of the simulations behind predicted ones'),
    model: z
      .object({
        rankedCount: z.int().nonnegative().describe('Configurations that were simulated and ranked'),
        costs: z.object({
          name: z.string(),
          source: z.string(),
          warning: z.string().optional().describe("Why the costs may not be this machine's"),
        }),
        sample: z
          .object({
            requestCount: z.int().positive().describe('Requests whose cost was taken under each configuration'),
            ofRequestCount: z.int().positive().describe('Requests of the workload behind its warm-up'),
            windowCount: z.int().positive().describe('Stretches that the requests lie in, spread evenly'),
          })
          .optional()
          .describe('Where the workload was too long to be run whole under every configuration'),
      })
      .optional()
      .describe("How the model of QEMU's driver predicted; absent where predictions are arithmetic"),
    race: z
      .object({
        candidateCount: z.int().positive().describe('Configurations that could have been picked'),
        racedCount: z.int().nonnegative().describe('Those that ran at least once'),
        heatCount: z.int().nonnegative(),
        decided: z.boolean().describe('Whether it was sure enough, and not because the time was up'),
        certaintyRatio: z.number().min(0).max(1).describe('Chance that the winner is within the tolerance of the best'),
        toleranceRatio: z.number().describe('Differences in speed below this count as none'),
        modelTrusted: z.boolean().describe("Whether the model's order was believed to the end"),
        spentMs: z.number().nonnegative().optional(),
        confirmation: z
          .object({
            blockCount: z.int().positive(),
            ratio: z.number().nullable(),
            low: z.number().nullable(),
            high: z.number().nullable(),
            verdict: z.enum(['better', 'worse', 'same', 'inconclusive']),
          })
          .optional()
          .describe('The winner over the defaults in fresh blocks'),
        failures: z.array(z.object({ configuration: z.string(), reason: z.string() })),
      })
      .optional()
      .describe('How a measured recommendation was decided'),
    finding: z.string().optional().describe('What the measurement says'),
  })
  .describe("Settings for one disk beside QEMU's defaults and two alternatives");
