import type { RuleContext } from '../rule.ts';
import { compatibility } from './compatibility.ts';
import { laterUse } from './later.ts';
import { hostCacheMode, lazyRefcounts, volatileTables } from './power-cut.ts';
import type { Risk, RiskRule } from './risk.ts';

/** Every risk that is looked at, in the order in which they are printed. */
const riskRules: readonly RiskRule[] = [volatileTables, hostCacheMode, lazyRefcounts, ...compatibility, ...laterUse];

/**
 * What the proposal risks that the baseline does not, and what it risks less. Compatibility of what an image that exists was created with is not
 * news, for the baseline has it too.
 */
export function risksOf(context: RuleContext): readonly Risk[] {
  return riskRules.flatMap(({ kind, settings, source, assess }) => {
    const risk = assess(context);
    return risk === undefined ? [] : [{ kind, settings: concerned(settings, context), source, ...risk }];
  });
}

/** Of the settings that a risk may come from those that differ from the baseline's; all where none is said. */
function concerned(settings: readonly string[], { proposal, baseline }: RuleContext): readonly string[] {
  const values = ({ settings: { create, drive } }: RuleContext['proposal']) => ({ ...create, ...drive });
  const [own, before] = [values(proposal), values(baseline)];
  const changed = settings.filter((name) => own[name] !== before[name]);
  return changed.length === 0 ? settings.slice(0, 1) : changed;
}
