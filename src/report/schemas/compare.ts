import { z } from 'zod';
import { journalIdentitySchema } from './journal-identity.ts';

const verdict = z
  .enum(['better', 'worse', 'same', 'inconclusive'])
  .describe('same: the interval lies within the noise threshold; inconclusive: not enough evidence for any other');

const warning = z.object({
  code: z.string(),
  subject: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

const side = z
  .object({ median: z.number(), low: z.number(), high: z.number() })
  .nullable()
  .describe('Median and the ends of its interval by order statistics, in the unit of the metric');

const cell = z.object({
  cell: z.string().describe('workload/configuration'),
  metric: z.string().describe('the key in a journal’s metrics, dots for nesting; its unit is the end of the key'),
  ratio: z.number().nullable().describe('head over base; null where it has no value'),
  low: z.number().nullable(),
  high: z.number().nullable(),
  verdict,
  baseCount: z.int().describe('values on each side'),
  headCount: z.int(),
  pairCount: z.int().describe('pairs of trials, or blocks, that were compared'),
  attainedConfidence: z.number().describe('0…1; below the confidence asked for where pairs are too few'),
  neededPairCount: z.int().nullable().describe('pairs or blocks that would decide, those that are there included'),
  workload: z.string(),
  baseConfiguration: z.string(),
  headConfiguration: z.string(),
  engine: z.string(),
  source: z.enum(['measured', 'predicted']),
  better: z.enum(['higher', 'lower']),
  assume: z.enum(['noisy', 'exact']),
  method: z
    .enum(['interleaved', 'paired', 'exact'])
    .describe('interleaved: slices took turns, a block is one observation; paired: whole trials, paired by block'),
  thresholdRatio: z.number().describe('differences below it are noise, in this cell'),
  sliceCount: z.int().nullable().describe('slices of a side that were compared; null where none were'),
  base: side,
  head: side,
  probability: z.number().nullable().describe('two-sided, of this cell alone; null for exact metrics'),
  adjustedProbability: z
    .number()
    .nullable()
    .describe('after Holm, over all noisy comparisons of this document that have enough pairs'),
  sufficient: z.boolean(),
  reason: z.string().nullable().describe('why the verdict is inconclusive'),
  warnings: z.array(warning),
});

export const compareSchema = z
  .object({
    schema: z.literal('qtune.compare/1'),
    verdict,
    confidence: z.number(),
    thresholdRatio: z.number().describe('the largest of the cells'),
    significanceLevel: z.number().describe('what an adjusted probability must not exceed for better or worse'),
    errorRate: z.number().describe('chance of any false better or worse in a metric, over all its cells'),
    base: journalIdentitySchema,
    head: journalIdentitySchema,
    cells: z.array(cell),
    unmatched: z.array(
      z.object({
        cell: z.string(),
        workload: z.string(),
        configuration: z.string(),
        side: z.enum(['base', 'head']),
        state: z.enum(['missing', 'not-completed']),
        reason: z.string(),
      }),
    ),
    summary: z.array(z.object({ metric: z.string(), ratio: z.number(), cellCount: z.int() })),
    disturbedTrialCount: z
      .object({ base: z.int(), head: z.int() })
      .describe('trials that something outside disturbed; each was run again'),
    multiplicity: z.object({ comparisonCount: z.int(), expectedFalseAlarmCount: z.number() }),
    warnings: z.array(warning),
    gate: z
      .object({
        failOnRatio: z.number().nullable(),
        rulesFile: z.string().nullable(),
        passed: z.boolean().describe('no failure, and nothing that could not be judged'),
        checkedCount: z.int(),
        failures: z.array(
          z.object({
            cell: z.string(),
            metric: z.string().nullable(),
            kind: z.enum(['loss', 'bound', 'not-completed', 'inconclusive']),
            lossRatio: z.number().nullable(),
            reason: z.string(),
          }),
        ),
        obstacles: z
          .array(z.object({ cell: z.string().nullable(), metric: z.string().nullable(), reason: z.string() }))
          .describe('what was to be judged and could not be compared'),
        statement: z.string(),
      })
      .optional()
      .describe('only with --fail-on'),
  })
  .describe('What `qtune compare --json` prints: head against base, a verdict per cell and metric');
