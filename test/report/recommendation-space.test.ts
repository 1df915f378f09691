import { describe, expect, test } from 'vitest';
import { arithmeticCandidates } from '../../src/advisor/candidates.ts';
import { recommend } from '../../src/advisor/recommendation.ts';
import { withSearch } from '../../src/advisor/space/searched.ts';
import { frontSection } from '../../src/report/recommendation-front.ts';
import { recommendationDocument } from '../../src/report/recommendation-json.ts';
import { spaceText } from '../../src/report/recommendation-space.ts';
import { recommendSchema } from '../../src/report/schemas/recommend.ts';
import { adviceRequest } from '../advisor/requests.ts';

function answer(changes: Parameters<typeof adviceRequest>[0] = {}) {
  const request = adviceRequest(changes);
  return withSearch(recommend(request), arithmeticCandidates(request));
}

describe('what was searched', () => {
  test('is told in a sentence, with what the memory limit and what is held leave', () => {
    expect(spaceText(answer())).toMatch(
      /^Of [\d,]{10,} combinations .* [\d,]+ can differ .* 256 of them were compared/,
    );
    const held = { create: { cluster_size: 65_536 }, drive: {} };
    const text = spaceText(answer({ held, memoryLimitBytes: 2 ** 24 }));
    expect(text).toContain('with what is decided already');
    expect(text).toContain('within the memory limit');
  });

  test('goes into the document, which its schema describes', () => {
    const held = { create: { extended_l2: true }, drive: { cache: 'none' } };
    const document = recommendationDocument(answer({ held }));
    expect(recommendSchema.parse(document)).toMatchObject({ held });
    expect(document.space?.steps[0]?.name).toBe('all');
    expect(document.front?.length).toBeGreaterThan(2);
  });
});

test('the front fits into 80 columns, marks what is recommended and says why a setting was held', () => {
  const text = frontSection(answer(), 80).join('\n\n');
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  const rows = text.split('\n').filter((line) => line.startsWith('* '));
  expect(rows).toHaveLength(1);
  expect(rows[0]).toContain('cluster_size=1M');
  expect(text).toContain('aio: The same I/O reaches the host');
});
