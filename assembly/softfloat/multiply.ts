/** Product. */
import { multiplyHigh } from '../wide-integer';
import { FloatException, signal } from './environment';
import { FloatNumber, Kind, setIndefinite, setInfinity, setZero } from './number';
import { normalize } from './shift';

/** to ← a * b, exactly: of the operands' significands only `high` counts. Neither is a NaN. */
export function multiply(a: FloatNumber, b: FloatNumber, to: FloatNumber): void {
  const sign = a.sign ^ b.sign;
  if (a.kind == Kind.Finite && b.kind == Kind.Finite) {
    multiplyFinite(a, b, sign, to);
  } else if (a.kind == Kind.Infinity || b.kind == Kind.Infinity) {
    if (a.kind == Kind.Zero || b.kind == Kind.Zero) {
      signal(FloatException.Invalid);
      setIndefinite(to);
    } else {
      setInfinity(to, sign);
    }
  } else {
    setZero(to, sign);
  }
}

function multiplyFinite(a: FloatNumber, b: FloatNumber, sign: u32, to: FloatNumber): void {
  const high = multiplyHigh(a.high, b.high);
  const low = a.high * b.high;
  to.exponent = a.exponent + b.exponent + 1;
  to.high = high;
  to.low = low;
  to.sign = sign;
  to.kind = Kind.Finite;
  to.isDenormal = 0;
  normalize(to);
}
