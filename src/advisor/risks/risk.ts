import type { RuleContext } from '../rule.ts';

/** What may go wrong: with the host's power, with whoever else reads the image, with a later snapshot or trim, and with the host's memory. */
export type RiskKind = 'power-cut' | 'compatibility' | 'snapshot' | 'discard' | 'memory' | 'damage';

/** What the recommended settings do in one of these situations that QEMU's defaults do not. */
export interface Risk {
  readonly kind: RiskKind;
  /** QEMU's names of the settings that it comes from. */
  readonly settings: readonly string[];
  /** Against the defaults. */
  readonly effect: 'worse' | 'better';
  /** One sentence or two. */
  readonly because: string;
  /** The size of it, where it has one: under the recommendation and under the defaults. */
  readonly recommendedBytes?: number;
  readonly baselineBytes?: number;
  /** Document and section, commit or function. */
  readonly source: string;
}

/** One risk that an expert would name. */
export interface RiskRule extends Pick<Risk, 'kind' | 'settings' | 'source'> {
  /** Undefined where the settings do not differ from the defaults in this. */
  assess(context: RuleContext): Omit<Risk, 'kind' | 'settings' | 'source'> | undefined;
}
