/** Logarithms to base 2, by artanh: ln m = 2 artanh((m - 1) / (m + 1)), for m from the root of 1/2 to that of 2. */
import { add, subtract } from './add';
import { fromInteger } from './integral';
import { copyNumber, FloatNumber, Kind } from './number';
import { COEFFICIENT_BYTES, LOGARITHM_TERMS, ODD_RECIPROCALS, twoOverLnOf2 } from './series';
import { divideWide, evaluateSeries, multiplyWide } from './wide';

const SCRATCH = memory.data(4 * offsetof<FloatNumber>(), 16);

function scratch(index: u32): FloatNumber {
  return changetype<FloatNumber>(SCRATCH + index * <u32>offsetof<FloatNumber>());
}

/** The significand of the square root of 2. */
const ROOT_OF_2: u64 = 0xb504f333f9de6484;
/** Below this exponent 1 + x is not formed, so that no bit of x is lost. */
const SMALL: i32 = -2;

/** to ← log2(x) for finite x > 0. Powers of two give exact results. */
export function logarithm(x: FloatNumber, to: FloatNumber): void {
  const m = scratch(0);
  copyNumber(m, x);
  let exponent = m.exponent;
  m.exponent = 0;
  if (m.high > ROOT_OF_2) {
    exponent++;
    m.exponent = -1;
  }
  const one = scratch(1);
  fromInteger(1, one);
  const numerator = scratch(2);
  const denominator = scratch(3);
  subtract(m, one, numerator);
  add(m, one, denominator);
  fromInteger(<i64>exponent, to);
  if (numerator.kind == Kind.Zero) return;
  artanh(numerator, denominator, m);
  if (to.kind == Kind.Zero) copyNumber(to, m);
  else add(to, m, to);
}

/** to ← log2(1 + x) for finite x > -1 that is not zero. */
export function logarithmOnePlus(x: FloatNumber, to: FloatNumber): void {
  if (x.exponent >= SMALL) {
    fromInteger(1, to);
    add(to, x, to);
    logarithm(to, to);
    return;
  }
  const denominator = scratch(3);
  fromInteger(2, denominator);
  add(denominator, x, denominator);
  artanh(x, denominator, to);
}

/** to ← artanh(n / d) * 2 / ln 2 */
function artanh(n: FloatNumber, d: FloatNumber, to: FloatNumber): void {
  const square = scratch(1);
  const s = scratch(2);
  divideWide(n, d, s);
  multiplyWide(s, s, square);
  evaluateSeries(ODD_RECIPROCALS, COEFFICIENT_BYTES, LOGARITHM_TERMS, square, false, to);
  multiplyWide(to, s, to);
  multiplyWide(to, twoOverLnOf2(), to);
}
