/** What can be wrong with the tables of an image. */
export type DamageKind =
  | 'l1-entry'
  | 'l2-entry'
  | 'refcount-entry'
  | 'snapshot-table'
  | 'bitmaps'
  | 'refcount-too-low'
  | 'copied-flag'
  | 'leak';

/** One kind of damage: how often it was met, and where first. */
export interface Damage {
  readonly kind: DamageKind;
  readonly count: number;
  /** What is wrong at the first place, without the image's name: `entry 3 of the L1 table at 0x30000: …`. */
  readonly example: string;
}

/** Collects damage by kind in memory that does not grow with it. */
export class DamageList {
  readonly #found = new Map<DamageKind, { count: number; readonly example: string }>();

  /** @param describe called for the first of its kind only */
  add(kind: DamageKind, describe: () => string, count = 1): void {
    const known = this.#found.get(kind);
    if (known) known.count += count;
    else this.#found.set(kind, { count, example: describe() });
  }

  /** In the order in which the kinds were first met. */
  all(): readonly Damage[] {
    return [...this.#found].map(([kind, { count, example }]) => ({ kind, count, example }));
  }
}
