import type { Recommendation } from '../advisor/recommendation.ts';
import type { RiskKind } from '../advisor/risks/risk.ts';
import { paragraph } from './recommendation-paragraph.ts';

const titles: Readonly<Record<RiskKind, string>> = {
  'power-cut': 'power cut',
  compatibility: 'other readers',
  snapshot: 'snapshots',
  discard: 'trims',
  memory: 'memory',
  damage: 'damage',
};

/** What the recommendation risks that the defaults do not; nothing where they are the recommendation. */
export function risksSection({ risks, nothingToGain }: Recommendation, width: number): readonly string[] {
  if (nothingToGain || risks.length === 0) return [];
  const entries = risks.map(({ kind, settings, effect, because, source }) =>
    paragraph(`${titles[kind]}, ${effect} (${settings.join(', ')}): ${because} [${source}]`, width, '  '),
  );
  return [`Risks against the defaults\n\n${entries.join('\n')}`];
}
