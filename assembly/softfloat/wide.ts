/**
 * Arithmetic on all 128 bits of a significand, for the transcendental functions. Not exact: the last few bits may be wrong.
 */
import { divide128, multiplyHigh } from '../wide-integer';
import { FloatNumber, Kind } from './number';
import { normalize } from './shift';

/** to ← a * b, both finite. */
export function multiplyWide(a: FloatNumber, b: FloatNumber, to: FloatNumber): void {
  to.sign = a.sign ^ b.sign;
  to.exponent = a.exponent + b.exponent + 1;
  multiplyWords(a.high, a.low, b.high, b.low);
  to.high = productHigh;
  to.low = productLow;
  to.kind = Kind.Finite;
  to.isDenormal = 0;
  normalize(to);
}

let productHigh: u64 = 0;
let productLow: u64 = 0;

/** The upper half of a product of 128 bits each, without the carries from below 2^-128. */
function multiplyWords(aHigh: u64, aLow: u64, bHigh: u64, bLow: u64): void {
  const low = aHigh * bHigh;
  const first = low + multiplyHigh(aHigh, bLow);
  const second = first + multiplyHigh(aLow, bHigh);
  const carries: u64 = (first < low ? 1 : 0) + (second < first ? 1 : 0);
  productHigh = multiplyHigh(aHigh, bHigh) + carries;
  productLow = second;
}

let remainderHigh: u64 = 0;
let remainderLow: u64 = 0;

/** to ← a / b, both finite: Knuth's algorithm D with two 64-bit digits. */
export function divideWide(a: FloatNumber, b: FloatNumber, to: FloatNumber): void {
  const isHalved = a.high > b.high || (a.high == b.high && a.low >= b.low);
  remainderHigh = isHalved ? a.high >> 1 : a.high;
  remainderLow = isHalved ? (a.high << 63) | (a.low >> 1) : a.low;
  to.sign = a.sign ^ b.sign;
  to.exponent = a.exponent - b.exponent - (isHalved ? 0 : 1);
  const bHigh = b.high;
  const bLow = b.low;
  to.high = quotientDigit(bHigh, bLow);
  to.low = quotientDigit(bHigh, bLow);
  to.kind = Kind.Finite;
  to.isDenormal = 0;
}

/** The next 64 bits of the quotient of the remainder, which is less than the divisor. */
function quotientDigit(bHigh: u64, bLow: u64): u64 {
  let digit = remainderHigh < bHigh ? divide128(remainderHigh, remainderLow, bHigh) : ~(<u64>0);
  // remainder:0 - digit * divisor, in three words, of which the first is 0 once the digit is right.
  const middle = digit * bHigh;
  const low = digit * bLow;
  const carryLow = multiplyHigh(digit, bLow);
  let r0 = 0 - low;
  const borrow0: u64 = low != 0 ? 1 : 0;
  const sum = middle + carryLow;
  const carryMiddle: u64 = sum < middle ? 1 : 0;
  let r1 = remainderLow - sum - borrow0;
  const borrow1: u64 = remainderLow < sum || (remainderLow == sum && borrow0 != 0) ? 1 : 0;
  let r2 = remainderHigh - multiplyHigh(digit, bHigh) - carryMiddle - borrow1;
  while (<i64>r2 < 0) {
    digit--;
    const next = r0 + bLow;
    const carry0: u64 = next < r0 ? 1 : 0;
    r0 = next;
    const upper = r1 + bHigh;
    const carry1: u64 = upper < r1 ? 1 : 0;
    r1 = upper + carry0;
    r2 += carry1 + (r1 < upper ? 1 : 0);
  }
  remainderHigh = r1;
  remainderLow = r0;
  return digit;
}

/** The magnitude of x, which is below 2, as a number of 128 bits: value * 2^127. */
let fixedHigh: u64 = 0;
let fixedLow: u64 = 0;

function toFixed(x: FloatNumber): void {
  const shift = <u64>(0 - x.exponent);
  if (shift == 0) {
    fixedHigh = x.high;
    fixedLow = x.low;
  } else if (shift < 64) {
    fixedHigh = x.high >> shift;
    fixedLow = (x.high << (64 - shift)) | (x.low >> shift);
  } else {
    fixedHigh = 0;
    fixedLow = shift < 128 ? x.high >> (shift - 64) : 0;
  }
}

/**
 * to ← the sum of coefficient k times x^k, by Horner's rule.
 *
 * @param step Bytes from a coefficient to the next.
 * @param x Finite, below 1 in magnitude; its sign does not matter.
 * @param isAlternating Odd terms are subtracted.
 */
export function evaluateSeries(
  coefficients: usize,
  step: usize,
  terms: i32,
  x: FloatNumber,
  isAlternating: bool,
  to: FloatNumber,
): void {
  toFixed(x);
  const xHigh = fixedHigh;
  const xLow = fixedLow;
  let high: u64 = 0;
  let low: u64 = 0;
  for (let k = terms - 1; k >= 0; k--) {
    multiplyWords(high, low, xHigh, xLow);
    const termHigh = (productHigh << 1) | (productLow >> 63);
    const termLow = productLow << 1;
    const at = coefficients + <usize>k * step;
    const cHigh = load<u64>(at);
    const cLow = load<u64>(at, 8);
    if (isAlternating) {
      low = cLow - termLow;
      high = cHigh - termHigh - (cLow < termLow ? 1 : 0);
    } else {
      low = cLow + termLow;
      high = cHigh + termHigh + (low < cLow ? 1 : 0);
    }
  }
  to.high = high;
  to.low = low;
  to.exponent = 0;
  to.sign = 0;
  to.kind = Kind.Finite;
  to.isDenormal = 0;
  normalize(to);
}

/** Of a result that is 1 only because it has no more bits: the next smaller one, so that it rounds as what it stands for. */
export function keepBelowOne(x: FloatNumber): void {
  if (x.exponent < 0) return;
  x.high = ~(<u64>0);
  x.low = ~(<u64>0);
  x.exponent = -1;
}
