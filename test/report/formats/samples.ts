import type { ComparedCell, Comparison } from '../../../src/report/comparison.ts';
import { applyGate, type Gate } from '../../../src/report/gate.ts';
import type { JournalIdentity } from '../../../src/report/journal-identity.ts';
import { selectMetrics } from '../../../src/report/metric.ts';

/** Names that mean something to one format or another. */
export const hostileNames: readonly string[] = [
  '<script>alert(1)</script>',
  '</code><img src=x onerror=alert(1)>',
  'a|b|c',
  'a\\|b',
  'a\\\\|b',
  '`tick` and ``two``',
  '`',
  ' spaces ',
  'line\nfeed\r\nand more',
  '::error::owned',
  '\n::error::owned',
  '::endgroup::',
  '##[error]owned',
  '100%25 %0A %3A',
  '"quoted" \'twice\' and "',
  '\u0000\u0001\u001b[31mred\u007f\u0085',
  '🦀 emoji 👩‍👩‍👧',
  ']]>',
  '&amp; &lt; &',
  '=cmd|"/C calc"!A0',
  '+1+2',
  '-1',
  '@SUM(1)',
  ' =1+1',
  '\t=1+1',
  '\uff1d1+1',
  '@octocat #1 GH-2 !3 https://example.org www.example.org a@example.org',
  '[link](https://example.org) ![image](x) **bold** _it_ ~~no~~ $x$ :+1:',
  '# heading',
  '- item',
  '\ud800 lone',
  '\ufffe\uffff',
  '\u202eright to left',
  'back\\slash\\',
  '{}",=',
  'x'.repeat(5000),
  `${'y'.repeat(5000)}z`,
  '',
];

export const identity: JournalIdentity = {
  path: 'run.ndjson',
  startedAt: '2026-01-02T03:04:05.678Z',
  planHash: 'f'.repeat(64),
  seed: 1,
  engine: 'qemu-io',
  qemu: 'qemu-img version 7.2.22',
  fingerprint: '0011',
  trialCount: 10,
  completedCount: 10,
  resumeCount: 0,
};

/** A cell of IOPS that is worse by 15 %, unless said otherwise; names follow from workload and configuration. */
export function sampleCell(overrides: Partial<ComparedCell> = {}): ComparedCell {
  const workload = overrides.workload ?? 'l2-cache-20g';
  const label = overrides.headConfiguration ?? 'l2-cache-size=1M';
  const [metric] = selectMetrics([overrides.metric ?? 'iops']);
  return {
    cell: `${workload}/${label}`,
    metric: 'iops',
    ...{ method: 'paired' as const, thresholdRatio: 0.03, sliceCount: null },
    workload,
    baseConfiguration: label,
    headConfiguration: label,
    engine: 'qemu-io',
    source: 'measured',
    better: metric?.better ?? 'higher',
    assume: metric?.assume ?? 'noisy',
    base: { median: 1000, low: 990, high: 1010 },
    head: { median: 850, low: 841, high: 859 },
    ratio: 0.85,
    low: 0.84,
    high: 0.86,
    verdict: 'worse',
    baseCount: 10,
    headCount: 10,
    pairCount: 10,
    attainedConfidence: 0.95,
    neededPairCount: null,
    probability: 0.002,
    adjustedProbability: 0.006,
    sufficient: true,
    reason: null,
    warnings: [],
    ...overrides,
  };
}

export function sampleComparison(cells: readonly ComparedCell[], overrides: Partial<Comparison> = {}): Comparison {
  return {
    schema: 'qtune.compare/1',
    verdict: 'worse',
    confidence: 0.95,
    ...{ errorRate: 0.01, significanceLevel: 0.01, disturbedTrialCount: { base: 0, head: 0 } },
    thresholdRatio: 0.03,
    base: { ...identity, path: 'base.ndjson' },
    head: { ...identity, path: 'head.ndjson' },
    cells,
    unmatched: [],
    summary: [],
    multiplicity: { comparisonCount: cells.length, expectedFalseAlarmCount: 0.05 * cells.length },
    warnings: [],
    ...overrides,
  };
}

/** Exact values: no interval beside the value, no probability. */
function exact(metric: string, base: number, head: number, overrides: Partial<ComparedCell>): ComparedCell {
  const ratio = base === 0 ? null : head / base;
  return sampleCell({
    metric,
    base: { median: base, low: base, high: base },
    head: { median: head, low: head, high: head },
    ratio,
    low: ratio,
    high: ratio,
    probability: null,
    adjustedProbability: null,
    ...overrides,
  });
}

const better = {
  verdict: 'better',
  head: { median: 1200, low: 1190, high: 1210 },
  ratio: 1.2,
  low: 1.18,
  high: 1.22,
} as const;
const unchanged = {
  verdict: 'same',
  head: { median: 1000, low: 990, high: 1010 },
  ratio: 1,
  low: 0.99,
  high: 1.01,
  probability: 0.9,
  adjustedProbability: 1,
} as const;
const undecided = {
  head: { median: 980, low: 940, high: 1020 },
  probability: 0.32,
  adjustedProbability: 0.64,
  verdict: 'inconclusive',
  ratio: 0.98,
  low: 0.93,
  high: 1.03,
  neededPairCount: 40,
  reason: 'too noisy for a threshold of 3 %; about 40 pairs would decide',
} as const;

/** Every state that a figure can be in: each verdict, exact ones, from zero, without a value, predicted, unmatched. */
export const variety: Comparison = sampleComparison(
  [
    sampleCell(),
    sampleCell({ headConfiguration: 'l2-cache-size=2M', ...better }),
    sampleCell({ headConfiguration: 'l2-cache-size=4M', ...unchanged }),
    sampleCell({ headConfiguration: 'l2-cache-size=8M', ...undecided }),
    sampleCell({
      metric: 'latencyMs.p50',
      base: { median: 0.0924, low: 0.09, high: 0.095 },
      head: { median: 0.11, low: 0.108, high: 0.112 },
      ratio: 1.19,
      low: 1.17,
      high: 1.21,
    }),
    exact('allocatedBytes', 3_481_600, 4_177_920, { verdict: 'worse' }),
    exact('hostIoCount', 49_354, 49_354, { verdict: 'same' }),
    exact('hostIo.zero', 0, 12, { verdict: 'worse' }),
    sampleCell({
      metric: 'spaceAmplificationRatio',
      base: { median: 1.02, low: 1.02, high: 1.02 },
      head: null,
      ratio: null,
      low: null,
      high: null,
      verdict: 'inconclusive',
      reason: 'head has no value',
      sufficient: false,
      headCount: 0,
      pairCount: 0,
      probability: null,
      adjustedProbability: null,
    }),
    sampleCell({ workload: 'boot', headConfiguration: 'default', source: 'predicted', engine: 'simulated', ...better }),
  ],
  {
    summary: [{ metric: 'iops', ratio: 0.99, cellCount: 4 }],
    unmatched: [
      {
        cell: 'boot/cache=none',
        workload: 'boot',
        configuration: 'cache=none',
        side: 'base',
        state: 'missing',
        reason: 'not in head',
      },
      {
        cell: 'boot/cache=unsafe',
        workload: 'boot',
        configuration: 'cache=unsafe',
        side: 'head',
        state: 'missing',
        reason: 'not in base',
      },
      {
        cell: 'boot/cluster_size=2M',
        workload: 'boot',
        configuration: 'cluster_size=2M',
        side: 'base',
        state: 'not-completed',
        reason: 'head completed no trial of it: 3 failed',
      },
    ],
    warnings: [{ code: 'other-qemu', subject: 'QEMU', message: '"7.2" in base, "10.0" in head', hint: 'Look at it.' }],
  },
);

export const failed: Gate = applyGate(variety, 0.05);
export const passed: Gate = {
  ...{ failOnRatio: 0.5, rulesFile: null, passed: true, checkedCount: 12 },
  ...{ failures: [], obstacles: [], statement: 'nothing is worse by 50 % or more' },
};
/** A gate with rules: a bound that is broken, doubt that fails, and things that it could not judge. */
export const ruled: Gate = {
  ...{ failOnRatio: null, rulesFile: 'rules.yaml', passed: false, checkedCount: 9 },
  failures: [
    {
      cell: 'l2-cache-20g/l2-cache-size=1M',
      metric: 'latencyMs.p50',
      kind: 'bound',
      lossRatio: null,
      reason: '0.11 ms, above 0.1 ms',
    },
    {
      cell: 'l2-cache-20g/l2-cache-size=8M',
      metric: 'iops',
      kind: 'inconclusive',
      lossRatio: null,
      reason: 'too noisy',
    },
  ],
  obstacles: [
    { cell: 'boot/cache=none', metric: null, reason: 'not in head' },
    { cell: 'boot/default', metric: null, reason: 'the hosts differ' },
    { cell: null, metric: null, reason: 'nothing was compared' },
  ],
  statement: '2 of 9 figures break a rule of rules.yaml',
};
/** Nothing failed, and it did not pass. */
export const hindered: Gate = { ...ruled, failures: [], statement: '3 things could not be compared' };
export const empty: Comparison = sampleComparison([], { verdict: 'inconclusive' });

/** One cell under each hostile name, as workload and as configuration, with texts that quote it. */
export const hostile: Comparison = sampleComparison(
  hostileNames.flatMap((name) => [
    sampleCell({ workload: name, headConfiguration: 'plain' }),
    sampleCell({ workload: 'plain', headConfiguration: name, ...undecided, reason: `doubt: ${name}` }),
  ]),
  {
    base: { ...identity, path: hostileNames[2] ?? '', startedAt: '\n::error::owned', qemu: '<b>qemu</b>' },
    head: { ...identity, path: hostileNames[5] ?? '', startedAt: '"><x y="' },
    unmatched: hostileNames.map((name) => ({
      ...{ cell: `gone/${name}`, workload: 'gone', configuration: name },
      ...({ side: 'base', state: 'missing', reason: name } as const),
    })),
    warnings: hostileNames.map((name) => ({ code: 'some', subject: name, message: name, hint: name })),
  },
);
export const hostileGate: Gate = applyGate(hostile, 0.05);
