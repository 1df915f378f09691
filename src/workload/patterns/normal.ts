import type { PatternOptions, RecordOrder } from './pattern.ts';

/** Uniform draws whose sum less half their number is near enough to a normal variate of deviation 1. */
const drawCount = 12;

/**
 * Round a centre: records near it are drawn most, those at three deviations hardly ever; what would lie outside of the area
 * is drawn again. It is clustered by its nature: popular records are neighbours. The sum of twelve uniform variates has
 * variance 1 and ends at six deviations, as in fio, which scatters the outcome.
 *
 * @source Box and Muller's predecessor by the central limit theorem: Knuth, "The Art of Computer Programming" 2, 3.4.1;
 * fio, lib/gauss.c, for the number of draws
 */
export function normalOrder({ recordCount, random, center = 0.5, deviation = 0.15 }: PatternOptions): RecordOrder {
  const middle = center * recordCount;
  const spread = deviation * recordCount;
  const draw = (): number => {
    for (;;) {
      let sum = -drawCount / 2;
      for (let count = 0; count < drawCount; count++) sum += random.fraction();
      const record = Math.floor(middle + sum * spread);
      if (record >= 0 && record < recordCount) return record;
    }
  };
  return {
    fill(records) {
      for (let index = 0; index < records.length; index++) records[index] = draw();
    },
  };
}
