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

/** 64 bits of quotient, one more bit, and a sticky bit. */
function divideFinite(a: FloatNumber, b: FloatNumber, sign: u32, to: FloatNumber): void {
  const divisor = b.high;
  const isHalved = a.high >= divisor;
  const dividendHigh = isHalved ? a.high >> 1 : a.high;
  const dividendLow: u64 = isHalved ? a.high << 63 : 0;
  to.exponent = a.exponent - b.exponent - (isHalved ? 0 : 1);
  const quotient = divide128(dividendHigh, dividendLow, divisor);
  const remainder = dividendLow - quotient * divisor;
  to.high = quotient;
  to.low = fractionOf(remainder, divisor);
  to.sign = sign;
  to.kind = Kind.Finite;
  to.isDenormal = 0;
}

/** remainder / divisor, to one bit and a sticky bit. */
function fractionOf(remainder: u64, divisor: u64): u64 {
  if (remainder == 0) return 0;
  const half = divisor - remainder;
  if (remainder == half) return 0x8000000000000000;
  return remainder > half ? 0x8000000000000001 : 1;
}
