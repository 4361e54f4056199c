/** Comparison of numbers. */
import { FloatNumber, Kind } from './number';

/** -1, 0 or 1 as a is less than, equal to or greater than b. Neither is a NaN; zeros are equal. */
export function compare(a: FloatNumber, b: FloatNumber): i32 {
  if (a.kind == Kind.Zero && b.kind == Kind.Zero) return 0;
  if (a.kind == Kind.Zero) return b.sign != 0 ? 1 : -1;
  if (b.kind == Kind.Zero || a.sign != b.sign) return a.sign != 0 ? -1 : 1;
  const order = compareMagnitudes(a, b);
  return a.sign != 0 ? -order : order;
}

/** Of finite numbers and infinities. */
export function compareMagnitudes(a: FloatNumber, b: FloatNumber): i32 {
  if (a.kind != b.kind) return a.kind == Kind.Infinity ? 1 : -1;
  if (a.kind == Kind.Infinity) return 0;
  if (a.exponent != b.exponent) return a.exponent < b.exponent ? -1 : 1;
  if (a.high != b.high) return a.high < b.high ? -1 : 1;
  if (a.low != b.low) return a.low < b.low ? -1 : 1;
  return 0;
}
