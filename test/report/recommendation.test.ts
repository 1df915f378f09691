import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recommend } from '../../src/advisor/recommendation.ts';
import { renderRecommendation } from '../../src/report/recommendation.ts';
import { recommendationDocument } from '../../src/report/recommendation-json.ts';
import { paragraph } from '../../src/report/recommendation-paragraph.ts';
import { recommendSchema } from '../../src/report/schemas/recommend.ts';
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
    await expect(renderRecommendation(recommend(request), 100)).toMatchFileSnapshot(golden);
  });

  test('the document follows its schema', () => {
    const document = recommendationDocument(recommend(request));
    expect(recommendSchema.strict().parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  test('no line but a table row or a command is wider than asked for', () => {
    const [prose = ''] = renderRecommendation(recommend(request), 80).split('Create the image');
    const wide = prose.split('\n').filter((line) => line.length > 80 && !/ {2}\S.* {2}/.test(line));
    expect(wide).toEqual([]);
  });
});

test('a paragraph breaks at spaces and keeps its indent', () => {
  expect(paragraph('one two three four', 11, '  ')).toBe('  one two\n  three\n  four');
  expect(paragraph('unbreakable', 4)).toBe('unbreakable');
});
