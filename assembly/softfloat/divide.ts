/** Quotient. */
import { divide128 } from '../wide-integer';
import { FloatException, signal } from './environment';
import { FloatNumber, Kind, setIndefinite, setInfinity, setZero } from './number';

/** to ← a / b. Neither is a NaN. */
export function divide(a: FloatNumber, b: FloatNumber, to: FloatNumber): void {
  const sign = a.sign ^ b.sign;
  if (a.kind == Kind.Finite && b.kind == Kind.Finite) {
    divideFinite(a, b, sign, to);
  } else if (a.kind == b.kind) {
    signal(FloatException.Invalid);
    setIndefinite(to);
  } else if (a.kind == Kind.Zero || b.kind == Kind.Infinity) {
    setZero(to, sign);
  } else {
    if (a.kind == Kind.Finite) signal(FloatException.ZeroDivide);
    setInfinity(to, sign);
  }
}

function divideFinite(a: FloatNumber, b: FloatNumber, sign: u32, to: FloatNumber): void {
  to.exponent = a.exponent - b.exponent - (a.high >= b.high ? 0 : 1);
  to.high = quotientOf(a.high, b.high);
  to.low = rest;
  to.sign = sign;
  to.kind = Kind.Finite;
  to.isDenormal = 0;
}

let rest: u64 = 0;

/** 64 bits of the quotient of two significands, the first of which is set: of half the dividend if it is not less. */
export function quotientOf(dividend: u64, divisor: u64): u64 {
  const isHalved = dividend >= divisor;
  const high = isHalved ? dividend >> 1 : dividend;
  const low: u64 = isHalved ? dividend << 63 : 0;
  const quotient = divide128(high, low, divisor);
  rest = fractionOf(low - quotient * divisor, divisor);
  return quotient;
}

/** What follows the last quotient: one more bit, and a sticky bit. */
export function restOfQuotient(): u64 {
  return rest;
}

/** remainder / divisor, to one bit and a sticky bit. */
function fractionOf(remainder: u64, divisor: u64): u64 {
  if (remainder == 0) return 0;
  const half = divisor - remainder;
  if (remainder == half) return 0x8000000000000000;
  return remainder > half ? 0x8000000000000001 : 1;
}
