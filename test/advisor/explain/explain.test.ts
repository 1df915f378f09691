import { describe, expect, test } from 'vitest';
import { explain, explainable } from '../../../src/advisor/explain/explain.ts';
import { topics } from '../../../src/advisor/explain/topics/index.ts';
import { renderExplanation, renderSettingList } from '../../../src/report/explain.ts';
import { explanationDocument, settingListDocument } from '../../../src/report/explain-json.ts';
import { explainSchema, settingsSchema } from '../../../src/report/schemas/explain.ts';
import { catalogue } from '../../../src/settings/catalogue.ts';
import { traits } from '../requests.ts';
import { testLab } from './lab.ts';

const lab = testLab();
const names = catalogue.map(({ name }) => name);

describe('every setting of the catalogue', () => {
  test('has an explanation, and nothing else has one', () => {
    expect(Object.keys(topics).sort()).toEqual([...names].sort());
  });

  test.each(names)('%s is explained with a chart of the model, in 80 columns', (name) => {
    const explanation = explain(name, lab);
    expect(explanation.charts.length).toBeGreaterThan(0);
    for (const chart of explanation.charts) {
      for (const { values } of chart.series) {
        expect(values).toHaveLength(chart.labels.length);
        for (const value of values) if (value !== null) expect(value).toBeGreaterThanOrEqual(0);
      }
      expect(chart.series.flatMap(({ values }) => values).some((value) => value !== null && value > 0)).toBe(true);
    }
    expect(explanation.topic.sources.length).toBeGreaterThan(0);
    for (const { source } of explanation.topic.defaults) expect(source).not.toBe('');
    expect(explainSchema.safeParse(explanationDocument(explanation)).error).toBeUndefined();
    const text = renderExplanation(explanation, 80);
    const [beforeSee = ''] = text.split('\nSee\n');
    expect(beforeSee.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).not.toMatch(/undefined|NaN/);
  });
});

describe('what an explanation says of this disk', () => {
  test('the costs of cluster sizes are those of the format', () => {
    const row = explain('cluster_size', lab).costs.find(({ value }) => value === '2M');
    expect(row?.figures).toMatchObject({ coveredBytes: 2 ** 40, allocationUnitBytes: 2 ** 21, l2EntryBytes: 2 ** 21 });
  });

  test('a value that QEMU refuses says so in its words', () => {
    const old = testLab({ qemu: { major: 4, minor: 2 } });
    const row = explain('extended_l2', old).costs.find(({ value }) => value === 'on');
    expect(row?.figures).toBeUndefined();
    expect(row?.refused).toContain('needs QEMU 5.2');
    const onBacking = explain('preallocation', testLab({ hasBacking: true }));
    expect(onBacking.costs.find(({ value }) => value === 'metadata')?.refused).toContain(
      'Backing file and preallocation',
    );
  });

  test('the default is marked, once', () => {
    expect(
      explain('l2-cache-size', lab)
        .costs.filter(({ isDefault }) => isDefault)
        .map(({ value }) => value),
    ).toEqual(['32M']);
  });

  test('the cache that holds all tables is the fastest for random reads all over the disk', () => {
    const [chart] = explain('l2-cache-size', testLab({ traits: traits('random-read') })).charts;
    const values = chart?.series[0]?.values as readonly number[];
    expect(values.at(-1)).toBeGreaterThan(2 * (values.at(-3) as number));
    expect(values.at(-2)).toBeGreaterThan(values.at(-3) as number);
  });

  test('the same request gives the same text', () => {
    const text = () => renderExplanation(explain('l2-cache-entry-size', testLab()), 80);
    expect(text()).toBe(text());
  });
});

describe('a name that is none', () => {
  test.each([
    ['cluster-size', 'cluster_size'],
    ['l2cache', 'l2-cache-size'],
    ['extend_l2', 'extended_l2'],
    ['overlapcheck', 'overlap-check'],
  ])('%s is taken for %s', (typed, meant) => {
    expect(() => explainable(typed)).toThrow(`there is no setting "${typed}"`);
    try {
      explainable(typed);
    } catch (error) {
      expect((error as { hint?: string }).hint).toContain(`Did you mean ${meant}?`);
    }
  });

  test('a long one is cut', () => {
    expect(() => explainable('x'.repeat(10_000))).toThrow(/^.{1,200}$/);
  });
});

test('the list names every setting', () => {
  const text = renderSettingList(catalogue, 80);
  for (const name of names) expect(text).toContain(`  ${name} `);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(settingsSchema.safeParse(settingListDocument(catalogue)).error).toBeUndefined();
});
