/** Square root: P. Zimmermann, "Karatsuba Square Root" (INRIA research report 3805, 1999), with 32-bit digits. */
import { FloatException, signal } from './environment';
import { copyNumber, FloatNumber, Kind, setIndefinite } from './number';

/** to ← the square root of a, which is not a NaN. */
export function squareRoot(a: FloatNumber, to: FloatNumber): void {
  if (a.kind == Kind.Zero || (a.kind == Kind.Infinity && a.sign == 0)) {
    copyNumber(to, a);
  } else if (a.sign != 0) {
    signal(FloatException.Invalid);
    setIndefinite(to);
  } else {
    squareRootFinite(a, to);
  }
}

/** With the significand as a number of 128 bits in [2^126, 2^128), its root has 64 bits, the first of which is set. */
function squareRootFinite(a: FloatNumber, to: FloatNumber): void {
  const isOdd = (a.exponent & 1) != 0;
  const high = isOdd ? a.high : a.high >> 1;
  const low: u64 = isOdd ? 0 : a.high << 63;
  to.exponent = a.exponent >> 1;
  to.sign = 0;
  to.kind = Kind.Finite;
  to.isDenormal = 0;
  to.high = rootOf(high, low);
  to.low = rest;
}

let rest: u64 = 0;

/** What follows the last root: whether more than half of a unit, and whether anything, is missing. */
export function restOfRoot(): u64 {
  return rest;
}

/** The integer root of high:low, which is 2^126 at least. */
export function rootOf(high: u64, low: u64): u64 {
  const first = integerRoot(high);
  // The next digit is that of the rest, of 65 bits, divided by 2 * first: both are halved.
  const half = ((high - first * first) << 31) | (low >> 33);
  const digit = half / first;
  const left = ((half % first) << 1) | ((low >> 32) & 1);
  let root = (first << 32) + digit;
  const leftLow = (left << 32) | (low & 0xffffffff);
  const square = digit * digit;
  const isSquareWide = digit == 0x100000000;
  let remainder = leftLow - square;
  let remainderHigh = <i64>(left >> 32) - (isSquareWide ? 1 : 0) - (leftLow < square ? 1 : 0);
  if (remainderHigh < 0) {
    root--;
    const twice = (root << 1) | 1;
    remainder += twice;
    remainderHigh += <i64>(root >> 63) + (remainder < twice ? 1 : 0);
  }
  rest = missing(remainderHigh != 0 || remainder > root, remainder != 0);
  return root;
}

function missing(isMoreThanHalf: bool, isAnything: bool): u64 {
  if (isMoreThanHalf) return 0x8000000000000001;
  return isAnything ? 1 : 0;
}

/** The integer square root of a number of at least 2^62, from the hardware's, which may be off by one. */
function integerRoot(value: u64): u64 {
  let root = <u64>Math.sqrt(<f64>value);
  if (root > 0xffffffff) root = 0xffffffff;
  if (root * root > value) root--;
  else if (value - root * root > 2 * root) root++;
  return root;
}
