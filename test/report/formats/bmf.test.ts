import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { renderBmf } from '../../../src/report/formats/bmf.ts';
import { empty, hostile, sampleCell, sampleComparison, variety } from './samples.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/schemas/bmf.json'), 'utf8'));
const validate = new Ajv({ strict: false }).compile(schema);

function parsed(text: string): Record<string, Record<string, Record<string, number>>> {
  const document = JSON.parse(text);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
}

test("latency is in Bencher's nanoseconds and throughput in operations a second, with both ends of the interval", () => {
  const document = parsed(renderBmf(variety));
  expect(document['l2-cache-20g/l2-cache-size=1M']).toEqual({
    throughput: { value: 850, lower_value: 841, upper_value: 859 },
    latency: { value: 110_000, lower_value: 108_000, upper_value: 112_000 },
    'allocated-bytes': { value: 4_177_920 },
    'host-io-count': { value: 49_354 },
    'host-io-zero': { value: 12 },
  });
  expect(Object.keys(document)).toContain('boot/default (predicted)');
});

test('other latencies keep their quantile in the name', () => {
  const head = { median: 1.5, low: 1.25, high: 1.75 };
  const cells = ['latencyMs.p99', 'latencyMs.mean', 'latencyMs.max'].map((metric) => sampleCell({ metric, head }));
  const [measures] = Object.values(parsed(renderBmf(sampleComparison(cells))));
  expect(Object.keys(measures ?? {})).toEqual(['latency-p99', 'latency-mean', 'latency-max']);
  expect(measures?.['latency-p99']).toEqual({ value: 1_500_000, lower_value: 1_250_000, upper_value: 1_750_000 });
});

test('nothing compared is an empty document', () => {
  expect(parsed(renderBmf(empty))).toEqual({});
});

test('names are within limits and no two hostile ones become one', () => {
  const document = parsed(renderBmf(hostile));
  const pairs = new Set(hostile.cells.map((cell) => JSON.stringify([cell.workload, cell.headConfiguration])));
  expect(Object.keys(document)).toHaveLength(pairs.size);
  for (const [name, measures] of Object.entries(document)) {
    expect(name.length).toBeLessThanOrEqual(1024);
    for (const measure of Object.keys(measures)) expect(measure).toMatch(/^[a-z0-9-]{1,64}$/);
  }
});

test('a name that JavaScript gives to every object is a name like any other', () => {
  const cells = [sampleCell({ workload: '__proto__', headConfiguration: 'x' })];
  expect(Object.keys(parsed(renderBmf(sampleComparison(cells))))).toEqual(['__proto__/x']);
});
