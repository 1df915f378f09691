import type { SettingValues } from '../settings/configuration.ts';
import type { AdviceRequest } from './advice-request.ts';
import type { Proposal } from './proposal.ts';

/** Why a setting has its value. */
export interface Reason {
  /** QEMU's name of the setting. */
  readonly setting: string;
  readonly because: string;
  /** Document and section, or commit. */
  readonly source: string;
  /** What the value costs, in words; absent where it costs nothing against the default. */
  readonly costs?: string;
}

/** What a rule looks at. */
export interface RuleContext {
  readonly request: AdviceRequest;
  readonly proposal: Proposal;
  readonly baseline: Proposal;
}

/** One thing that an expert would look at. A setting without a rule is never recommended. */
export interface Rule {
  readonly id: string;
  /** The one setting it speaks for. */
  readonly setting: string;
  /** A run-time value to add to whatever the search chose; empty or absent where it has none. */
  adds?(context: RuleContext): SettingValues;
  /** The reason for the value that the proposal has, the default included; undefined where there is nothing to say. */
  explain(context: RuleContext): Reason | undefined;
}
