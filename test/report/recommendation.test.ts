import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderRecommendation } from '../../src/report/recommendation.ts';
import { recommendationDocument } from '../../src/report/recommendation-json.ts';
import { paragraph } from '../../src/report/recommendation-paragraph.ts';
import { recommendSchema } from '../../src/report/schemas/recommend.ts';
import { arithmeticAnswer } from '../advisor/answers.ts';
import { adviceRequest, gib, traits } from '../advisor/requests.ts';

const requests = {
  '2t': adviceRequest(),
  '100g': adviceRequest({ diskBytes: 100 * gib }),
  '500g-database-16m': adviceRequest({ diskBytes: 500 * gib, traits: traits('database'), memoryLimitBytes: 2 ** 24 }),
  '100g-backing': adviceRequest({ diskBytes: 100 * gib, hasBacking: true, fileName: 'my disk.qcow2' }),
};

describe.each(Object.entries(requests))('%s', (name, request) => {
  test('the text is as committed', async () => {
    const golden = join(import.meta.dirname, '..', 'golden', `recommend-${name}.txt`);
    await expect(renderRecommendation(arithmeticAnswer(request), 100)).toMatchFileSnapshot(golden);
  });

  test('the document follows its schema', () => {
    const document = recommendationDocument(arithmeticAnswer(request));
    expect(recommendSchema.strict().parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  test('no line but one to paste is wider than asked for', () => {
    const text = renderRecommendation(arithmeticAnswer(request), 80);
    const [first = '', rest = ''] = text.split('Create the image');
    const explained = rest.slice(rest.indexOf('\nPredicted'), rest.indexOf('\nTo go back'));
    expect(explained).toContain('\nLeft alone\n');
    expect(`${first}${explained}`.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

test('a paragraph breaks at spaces and keeps its indent', () => {
  expect(paragraph('one two three four', 11, '  ')).toBe('  one two\n  three\n  four');
  expect(paragraph('unbreakable', 4)).toBe('unbreakable');
});
