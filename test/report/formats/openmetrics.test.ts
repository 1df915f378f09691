import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { renderOpenMetrics } from '../../../src/report/formats/openmetrics.ts';
import { metricNames, selectMetrics } from '../../../src/report/metric.ts';
import { hasOpenMetricsParser, systemPython } from '../../helpers/format-checkers.ts';
import { empty, hostile, sampleCell, sampleComparison, variety } from './samples.ts';

interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const program = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = sys.stdin.buffer.read().decode("utf-8")
print(json.dumps([{"name": f.name, "type": f.type, "unit": f.unit, "help": f.documentation,
  "samples": [{"labels": s.labels, "value": s.value} for s in f.samples]}
  for f in text_string_to_metric_families(text)]))
`;

/** As Prometheus' own parser reads it, which refuses duplicates, wrong units and what comes after the end. */
function parsed(text: string): readonly ParsedFamily[] {
  const { status, stdout, stderr } = spawnSync(systemPython, ['-c', program], { input: text, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

describe.skipIf(!hasOpenMetricsParser())("Prometheus' parser", () => {
  test('reads values of head in base units and the ratios', () => {
    const families = parsed(renderOpenMetrics(variety));
    expect(families.map(({ name, type, unit }) => [name, type, unit])).toEqual([
      ['qtune_iops', 'gauge', ''],
      ['qtune_latency_p50_seconds', 'gauge', 'seconds'],
      ['qtune_allocated_bytes', 'gauge', 'bytes'],
      ['qtune_host_io_requests', 'gauge', 'requests'],
      ['qtune_host_io_zero_requests', 'gauge', 'requests'],
      ['qtune_head_to_base_ratio', 'gauge', 'ratio'],
    ]);
    const labels = { workload: 'l2-cache-20g', configuration: 'l2-cache-size=1M', engine: 'qemu-io' };
    expect(families[0]?.samples[0]).toEqual({ labels, value: 850 });
    expect(families[1]?.samples).toEqual([{ labels, value: 0.00011 }]);
    expect(families[2]?.samples).toEqual([{ labels, value: 4_177_920 }]);
    expect(families[5]?.samples[0]).toEqual({ labels: { ...labels, metric: 'iops' }, value: 0.85 });
    // From zero there is no ratio, and without a value none either.
    expect(families[5]?.samples).toHaveLength(variety.cells.length - 2);
  });

  test('reads every metric under a name of its own', () => {
    const names = selectMetrics(metricNames).map((metric) => metric.name);
    const families = parsed(renderOpenMetrics(sampleComparison(names.map((metric) => sampleCell({ metric })))));
    expect(new Set(families.map((family) => family.name)).size).toBe(names.length + 1);
    for (const { help } of families) expect(help).toMatch(/\.$/);
  });

  test('reads hostile names as different labels', () => {
    const [iops] = parsed(renderOpenMetrics(hostile));
    const pairs = new Set(hostile.cells.map((cell) => JSON.stringify([cell.workload, cell.headConfiguration])));
    expect(iops?.samples).toHaveLength(pairs.size);
    const workloads = iops?.samples.map((sample) => sample.labels.workload);
    expect(workloads).toContain('"quoted" \'twice\' and "');
    expect(workloads).toContain('back\\slash\\');
  });

  test('reads that there is nothing', () => {
    expect(parsed(renderOpenMetrics(empty))).toEqual([]);
  });
});

test('the last line is the end, and noise below the third digit does not show', () => {
  const text = (median: number): string =>
    renderOpenMetrics(sampleComparison([sampleCell({ head: { median, low: 1, high: 2 }, ratio: median / 1000 })]));
  expect(text(20_361.7)).toBe(text(20_388.2));
  expect(text(20_361.7)).not.toBe(text(21_361.7));
  expect(text(1)).toMatch(/\n# EOF\n$/);
  expect(renderOpenMetrics(empty)).toBe('# EOF\n');
});
