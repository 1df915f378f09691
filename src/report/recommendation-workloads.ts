import type { Recommendation } from '../advisor/recommendation.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { renderTable } from './table.ts';

/** What the recommendation does for each workload of a blend. */
export function workloadsSection({ workloads = [], request }: Recommendation, columns: number): readonly string[] {
  if (workloads.length === 0) return [];
  const table = renderTable(
    [
      { title: '' },
      { title: 'weight', align: 'right' },
      { title: 'IOPS', align: 'right' },
      { title: 'of the defaults', align: 'right' },
      { title: 'times', align: 'right' },
    ],
    workloads.map(({ name, weightRatio, recommended, baseline }) => [
      name,
      formatRatio(weightRatio),
      formatCount(recommended.value),
      formatCount(baseline.value),
      `${(recommended.value / baseline.value).toFixed(2)}×`,
    ]),
  );
  const how = request.blend?.isRobust
    ? 'Picked for the workload that gains least.'
    : 'Picked by the weighted geometric mean of the last column: ratios have no unit, so that no workload dominates by its size. --robust picks for the one that gains least.';
  return [`Each workload, predicted\n\n${table}\n${paragraph(how, columns)}`];
}
