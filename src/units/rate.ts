/** A count for people: three significant digits and a decimal prefix, `940`, `21.9k`, `1.61M`. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude < 999.5) return Number(value.toPrecision(3)).toString();
  if (magnitude < 999_500) return `${Number((value / 1e3).toPrecision(3))}k`;
  if (magnitude < 999_500_000) return `${Number((value / 1e6).toPrecision(3))}M`;
  return `${Number((value / 1e9).toPrecision(3))}G`;
}

/** A ratio as a percentage for people: `12.5 %`. The ratio itself is what JSON carries. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return String(ratio);
  const percent = ratio * 100;
  const digits = percent !== 0 && Math.abs(percent) < 10 ? 1 : 0;
  return `${percent.toFixed(digits).replace(/\.0$/, '')} %`;
}
