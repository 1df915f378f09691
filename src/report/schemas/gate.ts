import { z } from 'zod';
import { metricNames } from '../metric.ts';

/** Rules name one metric each, not a group. */
const ruleMetrics = metricNames.filter((name) => name !== 'hostIo');

const bound = z.union([z.number(), z.string()]);

const rule = z.strictObject({
  workload: z.string().min(1).optional().describe('glob of workloads; absent: all'),
  configuration: z.string().min(1).optional().describe("glob of configurations, by head's label; absent: all"),
  metric: z
    .enum(ruleMetrics as [string, ...string[]])
    .optional()
    .describe('absent: every metric that is compared'),
  maximumLoss: z
    .union([z.number(), z.string()])
    .optional()
    .describe('5%: fails where head is certainly worse, by this or more'),
  atMost: bound.optional().describe("largest value of head's median: 2ms, 4G, 1.1"),
  atLeast: bound.optional().describe("smallest value of head's median"),
  inconclusive: z.enum(['pass', 'fail']).optional().describe('what noise leaves undecided; absent: pass'),
  missing: z.enum(['allow', 'fail']).optional().describe('cells that one side does not have; absent: fail'),
  optional: z.boolean().optional().describe('whether the rule may be about nothing; absent: false'),
});

/** A file for `qtune compare --fail-on FILE`. */
export const gateRulesSchema = z
  .strictObject({
    schema: z.literal('qtune.gate/1').optional(),
    rules: z.array(rule).min(1),
  })
  .describe('Rules of a gate, by workload, configuration and metric');
