/** From a value to a place in pixels, with the values worth a tick. */
export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

export interface ScaleSpan {
  /** Pixels of the least and of the largest value. */
  readonly from: number;
  readonly to: number;
  /** About how many ticks there is room for. */
  readonly tickCount: number;
  /** Bytes: round are powers of two. */
  readonly isBytes?: boolean;
}

/** From zero to a round number at or above the largest value. */
export function linearScale(values: readonly number[], span: ScaleSpan): Scale {
  const most = Math.max(...values, 0) || 1;
  const rough = most / Math.max(1, span.tickCount);
  const step = span.isBytes ? 2 ** Math.ceil(Math.log2(rough) - 1e-9) : niceStep(rough);
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  const top = count * step;
  return {
    place: (value) => span.from + (value / top) * (span.to - span.from),
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
  };
}

/** Over the positive values; ticks at 1, 2 and 5 times powers of ten as far as there is room. Zero is at the least value. */
export function logScale(values: readonly number[], span: ScaleSpan): Scale {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return linearScale(values, span);
  const [low, high] = widened(Math.min(...positive), Math.max(...positive));
  const [from, to] = [Math.log10(low), Math.log10(high)];
  const place = (value: number): number =>
    span.from + ((Math.log10(Math.max(value, low)) - from) / (to - from)) * (span.to - span.from);
  return { place, ticks: thinned(logTicks(low, high), span.tickCount) };
}

/** Some room on either side, and at least a factor of two in all. */
function widened(low: number, high: number): readonly [number, number] {
  const factor = high / low < 2 ? 1.5 : 1.1;
  return [low / factor, high * factor];
}

const mantissas = [[1, 2, 5], [1, 3], [1]] as const;

function logTicks(low: number, high: number): readonly (readonly number[])[] {
  return mantissas.map((steps) => {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      for (const step of steps) {
        const tick = Number(`${step}e${power}`);
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    }
    return ticks;
  });
}

/** The finest list of ticks that has room, but at least two ticks. */
function thinned(lists: readonly (readonly number[])[], most: number): readonly number[] {
  const last = lists.at(-1) ?? [];
  const fitting = lists.find((list) => list.length <= most && list.length >= 2);
  if (fitting) return fitting;
  const every = Math.max(1, Math.ceil(last.length / Math.max(1, most)));
  return last.length >= 2 ? last.filter((_, index) => index % every === 0) : (lists[0] ?? []);
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}
