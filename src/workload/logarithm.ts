/**
 * Natural logarithm and exponential from the four basic operations only. JavaScript leaves `Math.log` and `Math.exp`
 * to the engine, whose C++ may be compiled to fused multiply-adds on one processor and not on another; a hot spot must
 * lie on the same record everywhere. Errors are below one unit in the last place, as in the original.
 *
 * @source fdlibm 5.3, e_log.c and e_exp.c (Sun Microsystems, freely usable)
 */
const ln2High = 6.931471803691238e-1;
const ln2Low = 1.9082149292705877e-10;

/** 2^k at index k + 1022, by exact doubling and halving. */
const powersOfTwo = new Float64Array(2046);
powersOfTwo[1022] = 1;
for (let index = 1023; index < 2046; index++) powersOfTwo[index] = (powersOfTwo[index - 1] ?? 0) * 2;
for (let index = 1021; index >= 0; index--) powersOfTwo[index] = (powersOfTwo[index + 1] ?? 0) / 2;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
double[0] = 1;
const highWord = words[1] === 0x3ff00000 ? 1 : 0;

/** ln x for a positive normal number. */
export function naturalLog(x: number): number {
  double[0] = x;
  let exponent = ((words[highWord] ?? 0) >>> 20) - 1023;
  let mantissa = x / (powersOfTwo[exponent + 1022] ?? 1);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  return exponent * ln2High - (half - (s * (half + (even + odd)) + exponent * ln2Low) - f);
}

/** e to the x for |x| ≤ 700. */
export function exponential(x: number): number {
  const exponent = Math.floor(x / Math.LN2 + 0.5);
  const high = x - exponent * ln2High;
  const low = exponent * ln2Low;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  return y * (powersOfTwo[exponent + 1022] ?? 0);
}
