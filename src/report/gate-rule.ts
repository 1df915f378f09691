/** What a gate demands of the cells that it is about. */
export interface GateRule {
  /** Where the rule stands, for messages: `--fail-on`, `rules.yaml:7`. */
  readonly source: string;
  /** Globs, in which `*` is any text and `?` any character; a configuration is named by head's label. */
  readonly workload: string;
  readonly configuration: string;
  /** Name of a metric; undefined for every one that is compared. */
  readonly metric: string | undefined;
  /** Fails where head is certainly worse and by at least this share; undefined: a loss is no matter. */
  readonly maximumLossRatio: number | undefined;
  /** Bounds of head's value, in the metric's unit. */
  readonly atMost: number | undefined;
  readonly atLeast: number | undefined;
  /** Whether what cannot be decided for noise fails. */
  readonly inconclusive: 'pass' | 'fail';
  /** Whether a cell may be missing on one side. */
  readonly missing: 'fail' | 'allow';
  /** Whether the rule may be about nothing. */
  readonly optional: boolean;
}

/** The rule of `--fail-on 5%`, for every cell and metric. */
export function lossRule(maximumLossRatio: number, missing: GateRule['missing']): GateRule {
  return {
    source: '--fail-on',
    workload: '*',
    configuration: '*',
    metric: undefined,
    maximumLossRatio,
    atMost: undefined,
    atLeast: undefined,
    inconclusive: 'pass',
    missing,
    optional: false,
  };
}

/** Whether a text is one that the glob describes. Takes time in the product of their lengths at most. */
export function matchesGlob(glob: string, text: string): boolean {
  let at = 0;
  let starAt = -1;
  let resumeAt = 0;
  let place = 0;
  while (place < text.length) {
    if (at < glob.length && glob[at] === '*') {
      starAt = at++;
      resumeAt = place;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[place])) {
      at += 1;
      place += 1;
    } else if (starAt >= 0) {
      // The last star takes one character more.
      at = starAt + 1;
      place = ++resumeAt;
    } else return false;
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}
