/**
 * Sine, cosine and tangent.
 *
 * Arguments are reduced, exactly, by the number that AMD processors take for pi: its first 66 bits (measured on a Zen 4;
 * the 80387 began it). So the sine of what is close to a multiple of pi is that of another angle, as on silicon.
 */
import { add } from './add';
import { fromInteger } from './integral';
import { copyNumber, FloatNumber, Kind } from './number';
import { COEFFICIENT_BYTES, COSINE, COSINE_TERMS, SINE, SINE_TERMS } from './series';
import { normalize } from './shift';
import { divideWide, evaluateSeries, keepBelowOne, multiplyWide } from './wide';

/** Half of pi in units of 2^-65, 66 bits: high word and low word. */
const HALF_PI_HIGH: u64 = 3;
const HALF_PI_LOW: u64 = 0x243f6a8885a308d3;
/** Half of that, rounded down: the greatest rest. */
const QUARTER_PI_HIGH: u64 = 1;
const QUARTER_PI_LOW: u64 = 0x921fb54442d18469;
/** Exponent of an integer in those units, with its unit in bit 0 of the low word. */
const UNIT_EXPONENT: i32 = 62;
/** Below this exponent a number is less than pi / 4. */
const REDUCED: i32 = -1;
/** Below this exponent tan(r) / r is 1 + r^2 / 3 in 128 bits. */
const TINY: i32 = -32;

/** Of 1/3 = 0.101010…b. */
const ONE_THIRD: u64 = 0xaaaaaaaaaaaaaaaa;

const SCRATCH = memory.data(4 * offsetof<FloatNumber>(), 16);

function scratch(index: u32): FloatNumber {
  return changetype<FloatNumber>(SCRATCH + index * <u32>offsetof<FloatNumber>());
}

/** What is left of the argument's magnitude, in [-pi/4, pi/4], and its square. */
function reduced(): FloatNumber {
  return scratch(0);
}

function square(): FloatNumber {
  return scratch(1);
}

/** Reduces |x|, which is below 2^63 and not zero, by n * pi / 2 with n the nearest integer. Returns n modulo 4. */
function reduce(x: FloatNumber): u32 {
  const r = reduced();
  copyNumber(r, x);
  r.sign = 0;
  const quadrant = r.exponent < REDUCED ? 0 : reduceLarge(r);
  multiplyWide(r, r, square());
  return quadrant & 3;
}

/** By long division of the significand, in units of 2^-65. */
function reduceLarge(r: FloatNumber): u32 {
  let high: u64 = 0;
  let low = r.high;
  let quotient: u32 = 0;
  for (let steps = r.exponent + 2; steps > 0; steps--) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    quotient <<= 1;
    if (high > HALF_PI_HIGH || (high == HALF_PI_HIGH && low >= HALF_PI_LOW)) {
      high -= HALF_PI_HIGH + (low < HALF_PI_LOW ? 1 : 0);
      low -= HALF_PI_LOW;
      quotient |= 1;
    }
  }
  if (high > QUARTER_PI_HIGH || (high == QUARTER_PI_HIGH && low > QUARTER_PI_LOW)) {
    high = HALF_PI_HIGH - high - (HALF_PI_LOW < low ? 1 : 0);
    low = HALF_PI_LOW - low;
    quotient++;
    r.sign = 1;
  }
  r.high = high;
  r.low = low;
  r.exponent = UNIT_EXPONENT;
  normalize(r);
  return quotient;
}

/** to ← sin(x) */
export function sine(x: FloatNumber, to: FloatNumber): void {
  const sign = x.sign;
  const quadrant = reduce(x);
  if ((quadrant & 1) == 0) sineOfReduced(to);
  else cosineOfReduced(to);
  to.sign ^= sign ^ (quadrant >> 1);
}

/** to ← cos(x) */
export function cosine(x: FloatNumber, to: FloatNumber): void {
  const quadrant = reduce(x);
  if ((quadrant & 1) == 0) cosineOfReduced(to);
  else sineOfReduced(to);
  to.sign ^= ((quadrant + 1) >> 1) & 1;
}

/** to ← tan(x) */
export function tangent(x: FloatNumber, to: FloatNumber): void {
  const sign = x.sign;
  const quadrant = reduce(x);
  const isTiny = reduced().exponent < TINY;
  const isOdd = (quadrant & 1) != 0;
  const other = scratch(2);
  if (isTiny) {
    tangentOfTiny(to);
    fromInteger(1, other);
  } else {
    sineOfReduced(to);
    cosineOfReduced(other);
  }
  if (isOdd) divideWide(other, to, to);
  else if (!isTiny) divideWide(to, other, to);
  to.sign ^= sign ^ (quadrant & 1);
}

function sineOfReduced(to: FloatNumber): void {
  evaluateSeries(SINE, 2 * COEFFICIENT_BYTES, SINE_TERMS, square(), true, to);
  keepBelowOne(to);
  multiplyWide(to, reduced(), to);
}

function cosineOfReduced(to: FloatNumber): void {
  evaluateSeries(COSINE, 2 * COEFFICIENT_BYTES, COSINE_TERMS, square(), true, to);
  keepBelowOne(to);
}

/** r + r^3 / 3, and more than r if that is all that fits. */
function tangentOfTiny(to: FloatNumber): void {
  const third = scratch(3);
  const r = reduced();
  third.high = ONE_THIRD;
  third.low = ONE_THIRD;
  third.exponent = -2;
  third.sign = 0;
  third.kind = Kind.Finite;
  multiplyWide(square(), third, third);
  multiplyWide(third, r, third);
  add(r, third, to);
}
