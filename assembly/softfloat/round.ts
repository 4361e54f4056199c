/**
 * Rounding to a format (IEEE 754 §4.3, §7.4, §7.5; APM vol 1 §4.2.2, §6.4).
 *
 * A result is tiny if, rounded as though the exponent were unbounded, it lies below the least normal number.
 */
import {
  exponentWrap,
  FloatException,
  flushesToZero,
  isMasked,
  Rounding,
  roundingMode,
  signal,
} from './environment';
import { FloatNumber, INTEGER, Kind, setInfinity, setZero } from './number';
import { shiftRightSticky, sticky } from './shift';
import { EXTENDED_BIAS, F16_BIAS, F32_BIAS, F64_BIAS } from './unpack';

/** Half a unit in the last place, of a rest that is aligned to the top of a word. */
const HALF: u64 = 0x8000000000000000;

export function roundToF16(x: FloatNumber): void {
  roundTo(x, 11, F16_BIAS);
}

export function roundToF32(x: FloatNumber): void {
  roundTo(x, 24, F32_BIAS);
}

export function roundToF64(x: FloatNumber): void {
  roundTo(x, 53, F64_BIAS);
}

/** To a significand of 24, 53 or 64 bits with the exponent of the extended format (x87 precision control). */
export function roundToExtended(x: FloatNumber, precision: u32): void {
  roundTo(x, precision, EXTENDED_BIAS);
}

/** To `precision` bits, with exponents 1 - bias to bias. */
function roundTo(x: FloatNumber, precision: u32, bias: i32): void {
  if (x.kind != Kind.Finite) return;
  if (x.exponent < 1 - bias) {
    roundTiny(x, precision, 1 - bias);
  } else {
    roundSignificand(x, precision);
    if (x.exponent > bias) overflow(x, precision, bias);
  }
}

/** What follows the first `precision` bits, aligned to the top of a word. */
function restOf(x: FloatNumber, precision: u32): u64 {
  if (precision == 64) return x.low;
  return (x.high << precision) | sticky(x.low);
}

/** The unit in the last place of the first `precision` bits. */
function unitOf(precision: u32): u64 {
  return (<u64>1) << (64 - precision);
}

/** Whether the magnitude is rounded up that has `rest` after its last bit. */
export function roundsUp(sign: u32, rest: u64, isOdd: bool): bool {
  switch (roundingMode()) {
    case Rounding.NearestEven:
      return rest > HALF || (rest == HALF && isOdd);
    case Rounding.Down:
      return sign != 0 && rest != 0;
    case Rounding.Up:
      return sign == 0 && rest != 0;
    default:
      return false;
  }
}

/** Rounds to the first `precision` bits of high:low. */
export function roundSignificand(x: FloatNumber, precision: u32): void {
  const rest = restOf(x, precision);
  if (rest == 0) return;
  signal(FloatException.Precision);
  const unit = unitOf(precision);
  const kept = x.high & ~(unit - 1);
  x.high = kept;
  x.low = 0;
  if (!roundsUp(x.sign, rest, (kept & unit) != 0)) return;
  signal(FloatException.RoundedUp);
  x.high = kept + unit;
  if (x.high != 0) return;
  x.high = INTEGER;
  x.exponent++;
}

function overflow(x: FloatNumber, precision: u32, bias: i32): void {
  signal(FloatException.Overflow);
  if (!isMasked(FloatException.Overflow)) {
    x.exponent -= exponentWrap();
    return;
  }
  signal(FloatException.Precision);
  const mode = roundingMode();
  const isInfinite = mode == Rounding.NearestEven || mode == <u32>(x.sign != 0 ? Rounding.Down : Rounding.Up);
  if (isInfinite) {
    signal(FloatException.RoundedUp);
    setInfinity(x, x.sign);
  } else {
    x.high = ~(unitOf(precision) - 1);
    x.low = 0;
    x.exponent = bias;
  }
}

/** A number below the least normal one, whose exponent is `least`. */
function roundTiny(x: FloatNumber, precision: u32, least: i32): void {
  const isTiny = x.exponent < least - 1 || !carries(x, precision);
  if (isTiny && !isMasked(FloatException.Underflow)) {
    signal(FloatException.Underflow);
    roundSignificand(x, precision);
    x.exponent += exponentWrap();
  } else if (isTiny && flushesToZero()) {
    signal(FloatException.Underflow | FloatException.Precision);
    setZero(x, x.sign);
  } else {
    roundDenormal(x, precision, least, isTiny);
  }
}

/** Whether rounding to `precision` bits gives a power of two above the number. */
function carries(x: FloatNumber, precision: u32): bool {
  const unit = unitOf(precision);
  return (x.high | (unit - 1)) == ~(<u64>0) && roundsUp(x.sign, restOf(x, precision), true);
}

function roundDenormal(x: FloatNumber, precision: u32, least: i32, isTiny: bool): void {
  shiftRightSticky(x, <u32>(least - x.exponent));
  x.exponent = least;
  if (restOf(x, precision) != 0 && isTiny) signal(FloatException.Underflow);
  roundSignificand(x, precision);
  if (x.high == 0) x.kind = Kind.Zero;
}
