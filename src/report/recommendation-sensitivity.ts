import type { Recommendation } from '../advisor/recommendation.ts';
import type { Sensitivity } from '../advisor/sensitivity/sensitivity.ts';
import { formatCount } from '../units/rate.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { settingTexts } from './recommendation-values.ts';
import { renderTable } from './table.ts';

/** What becomes of the settings if things turn out differently, and what would be recommended then. */
export function sensitivitySection(recommendation: Recommendation, columns: number): readonly string[] {
  const { sensitivity = [], nothingToGain, request } = recommendation;
  if (sensitivity.length === 0) return [];
  const here = nothingToGain ? 'the defaults' : 'these settings';
  const table = renderTable(
    [
      { title: 'if …' },
      { title: here, align: 'right' },
      ...(nothingToGain ? [] : [{ title: 'the defaults', align: 'right' } as const]),
      { title: 'best then', align: 'right' },
    ],
    sensitivity.map((row) => [
      row.title,
      formatCount(row.recommended.iops.value),
      ...(nothingToGain ? [] : [formatCount(row.baseline.iops.value)]),
      thenText(row, here),
    ]),
  );
  const changes = sensitivity.flatMap(({ title, instead }) =>
    instead === undefined
      ? []
      : [paragraph(`if ${title}: ${settingTexts(instead.settings).join(', ') || 'the defaults'}`, columns, '  ')],
  );
  const recorded = [request, ...(request.blend?.parts ?? [])].some(({ workload }) => workload !== undefined);
  const text = recorded
    ? 'IOPS, predicted. Of recorded requests nobody knows where more of them would go: they are spread over twice the disk in pieces of 2 MiB, so that the caches have twice as much to map.'
    : 'IOPS, predicted.';
  return [
    `If things change\n\n${table}\n${changes.length > 0 ? `${changes.join('\n')}\n\n` : ''}${paragraph(text, columns)}`,
  ];
}

function thenText({ instead, isImpossible }: Sensitivity, here: string): string {
  if (isImpossible) return 'nothing fits';
  return instead ? `${formatCount(instead.iops.value)}, below` : here;
}
