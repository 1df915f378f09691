import type { Contribution, SettingEffect } from '../advisor/contributions/contributions.ts';
import type { Recommendation } from '../advisor/recommendation.ts';
import { definitionsOf } from '../settings/catalogue.ts';
import { printValue } from '../settings/value.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { changeOfBytes, timesText } from './recommendation-values.ts';
import { renderTable } from './table.ts';

/** What each setting does to the speed, alone and on top of the others, and what it takes; nothing where the defaults stay. */
export function contributionsSection(
  { contributions = [], model }: Recommendation,
  columns: number,
): readonly string[] {
  if (contributions.length === 0) return [];
  const table = renderTable(
    [
      { title: '' },
      { title: 'alone', align: 'right' },
      { title: 'on top', align: 'right' },
      { title: 'memory', align: 'right' },
      { title: 'space', align: 'right' },
    ],
    contributions.map((contribution) => [
      nameOf(contribution),
      speedText(contribution.alone),
      speedText(contribution.last),
      contribution.last ? changeOfBytes(contribution.last.memoryBytes) : '',
      contribution.last ? spaceText(contribution.last.spaceAmplification) : '',
    ]),
  );
  const ranges = model
    ? 'Ranges are by what the costs of the host I/O that differs vary from run to run, and by the error of a sample.'
    : 'Ranges span the two machines whose costs are known.';
  const by = model ? "the model of QEMU's driver" : 'arithmetic';
  const text = `Times the speed, by ${by}: as the only change from the defaults, and with all the others there already; settings act on each other. Memory and space (per byte stored) are those on top of the others. ${ranges}`;
  return [`What each setting contributes\n\n${table}\n${paragraph(text, columns)}`];
}

function nameOf({ scope, setting, value }: Contribution): string {
  const definition = definitionsOf(scope).get(setting);
  return `${setting}=${definition ? printValue(definition, value) : value}`;
}

function speedText(effect: SettingEffect | undefined): string {
  return effect ? timesText(effect.speedRatio) : 'not without others';
}

function spaceText(change: number): string {
  const text = Math.abs(change).toPrecision(2);
  return Math.abs(change) < 0.01 ? '–' : `${change < 0 ? '−' : '+'}${Number(text)}`;
}
