/** Integers: rounding to them, and conversions. */
import { exceptions, FloatException, replaceExceptions, signal } from './environment';
import { FloatNumber, INTEGER, Kind, setZero } from './number';
import { roundSignificand, roundsUp } from './round';
import { normalize, shiftRightSticky } from './shift';

/** Integer bits of the widest integers. */
const INTEGER_BITS: i32 = 64;

/** x ← x rounded to an integer; signals the precision exception if that changes it. */
export function roundToIntegral(x: FloatNumber): void {
  if (x.kind != Kind.Finite || x.exponent >= INTEGER_BITS - 1) return;
  if (x.exponent >= 0) roundSignificand(x, <u32>(x.exponent + 1));
  else roundFraction(x);
}

/** A magnitude below 1 becomes 0 or 1. */
function roundFraction(x: FloatNumber): void {
  shiftRightSticky(x, <u32>(-1 - x.exponent));
  signal(FloatException.Precision);
  if (!roundsUp(x.sign, x.high | (x.low != 0 ? 1 : 0), false)) {
    setZero(x, x.sign);
    return;
  }
  signal(FloatException.RoundedUp);
  x.high = INTEGER;
  x.low = 0;
  x.exponent = 0;
}

/**
 * The integer of `bits` bits that x rounds to. What does not fit, and a NaN, signals the invalid operation and nothing else,
 * and gives the least integer. Changes x.
 */
export function toInteger(x: FloatNumber, bits: u32): i64 {
  const before = exceptions();
  const limit = (<u64>1) << (bits - 1);
  if (x.kind == Kind.Zero) return 0;
  if (x.kind == Kind.Finite) roundToIntegral(x);
  if (x.kind == Kind.Zero) return 0;
  const magnitude = magnitudeOf(x);
  if (magnitude < limit || (magnitude == limit && x.sign != 0)) {
    return x.sign != 0 ? -(<i64>magnitude) : <i64>magnitude;
  }
  replaceExceptions(before | FloatException.Invalid);
  return <i64>(0 - limit);
}

/** Of an integer; what has more than 64 bits is as large as can be. */
function magnitudeOf(x: FloatNumber): u64 {
  if (x.kind != Kind.Finite || x.exponent >= INTEGER_BITS) return ~(<u64>0);
  return x.high >> (<u64>(INTEGER_BITS - 1 - x.exponent));
}

/** to ← value */
export function fromInteger(value: i64, to: FloatNumber): void {
  to.sign = value < 0 ? 1 : 0;
  to.kind = Kind.Finite;
  to.high = value < 0 ? 0 - <u64>value : <u64>value;
  to.low = 0;
  to.exponent = INTEGER_BITS - 1;
  to.isDenormal = 0;
  normalize(to);
}
