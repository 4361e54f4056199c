/**
 * IEEE arithmetic with BigInt: the exact result as a fraction, rounded by the definition. A reference, so it is written to be
 * checked by reading, not to be fast.
 */
import type { Operation, Precision } from './module.js';

/** (-1)^sign * numerator / denominator; `isInexact` if the true magnitude is slightly larger than that. */
export interface Exact {
  readonly sign: 0 | 1;
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly isInexact: boolean;
}

export interface Rounded {
  readonly bits: bigint;
  readonly isInexact: boolean;
  readonly isTiny: boolean;
  readonly isOverflow: boolean;
}

const BIAS: Record<Precision, number> = { 11: 15, 24: 127, 53: 1023, 64: 16383 };
/** Bits of a format without an explicit integer bit. */
const WIDTH: Record<Precision, number> = { 11: 16, 24: 32, 53: 64, 64: 80 };
/** Extra bits of a square root, enough for any format. */
const ROOT_BITS = 20_000n;

/** The number that `bits` encode; not for infinities and NaNs. */
export function decode(bits: bigint, precision: Precision): Exact {
  const fractionBits = BigInt(precision - 1);
  const exponentMask = (1n << BigInt(WIDTH[precision] - precision)) - 1n;
  const biased = (bits >> fractionBits) & exponentMask;
  const fraction = bits & ((1n << fractionBits) - 1n);
  const significand = biased === 0n ? fraction : fraction | (1n << fractionBits);
  const exponent = Number(biased === 0n ? 1n : biased) - BIAS[precision] - (precision - 1);
  const sign = (bits >> BigInt(WIDTH[precision] - 1)) & 1n ? 1 : 0;
  return scaled(sign, significand, exponent);
}

function scaled(sign: 0 | 1, value: bigint, exponent: number): Exact {
  const isLarge = exponent >= 0;
  return {
    sign,
    numerator: isLarge ? value << BigInt(exponent) : value,
    denominator: isLarge ? 1n : 1n << BigInt(-exponent),
    isInexact: false,
  };
}

/** The exact result of an operation with finite operands. */
export function calculate(operation: Operation, a: Exact, b: Exact, c: Exact): Exact {
  switch (operation) {
    case 'add':
      return sum(a, b);
    case 'subtract':
      return sum(a, { ...b, sign: b.sign ? 0 : 1 });
    case 'multiply':
      return product(a, b);
    case 'divide':
      return product(a, { ...b, numerator: b.denominator, denominator: b.numerator });
    case 'squareRoot':
      return root(a);
    case 'fused':
      return sum(product(a, b), c);
  }
}

function signedNumerator(x: Exact): bigint {
  return x.sign ? -x.numerator : x.numerator;
}

function sum(a: Exact, b: Exact): Exact {
  const value = signedNumerator(a) * b.denominator + signedNumerator(b) * a.denominator;
  const isNegative = value < 0n;
  return {
    sign: isNegative ? 1 : 0,
    numerator: isNegative ? -value : value,
    denominator: a.denominator * b.denominator,
    isInexact: false,
  };
}

function product(a: Exact, b: Exact): Exact {
  return {
    sign: a.sign === b.sign ? 0 : 1,
    numerator: a.numerator * b.numerator,
    denominator: a.denominator * b.denominator,
    isInexact: false,
  };
}

function root(a: Exact): Exact {
  const value = ((a.numerator * a.denominator) << (2n * ROOT_BITS)) as bigint;
  const whole = integerRoot(value);
  const denominator = a.denominator << ROOT_BITS;
  return { sign: 0, numerator: whole, denominator, isInexact: whole * whole !== value };
}

/** Newton's iteration from above. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << (BigInt(value.toString(2).length + 1) / 2n);
  while (true) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Rounds to a format in one of the four modes (0 nearest even, 1 down, 2 up, 3 to zero). The number is not zero. */
export function round(x: Exact, precision: Precision, mode: number): Rounded {
  const bias = BIAS[precision];
  const unbounded = roundAt(x, magnitudeExponent(x) - (precision - 1), mode);
  const isTiny = isBelow(unbounded, 1 - bias);
  const place = Math.max(magnitudeExponent(x), 1 - bias) - (precision - 1);
  const { value, isInexact } = roundAt(x, place, mode);
  const isOverflow = !isBelow({ value, place }, bias + 1);
  if (isOverflow) return { ...overflow(x.sign, precision, mode), isInexact: true, isTiny: false, isOverflow };
  return { bits: encode(x.sign, value, place, precision), isInexact, isTiny, isOverflow };
}

/** The exponent of the leading bit. */
function magnitudeExponent({ numerator, denominator }: Exact): number {
  const guess = numerator.toString(2).length - denominator.toString(2).length;
  const isLess =
    guess >= 0 ? numerator < denominator << BigInt(guess) : numerator << BigInt(-guess) < denominator;
  return isLess ? guess - 1 : guess;
}

/** x as a multiple of 2^place. */
function roundAt(x: Exact, place: number, mode: number) {
  const numerator = place < 0 ? x.numerator << BigInt(-place) : x.numerator;
  const denominator = place > 0 ? x.denominator << BigInt(place) : x.denominator;
  const value = numerator / denominator;
  const rest = numerator % denominator;
  const isInexact = rest !== 0n || x.isInexact;
  const twice = 2n * rest;
  const isTie = twice === denominator && !x.isInexact;
  const isAboveHalf = twice > denominator || (twice === denominator && x.isInexact);
  const isUp = [isAboveHalf || (isTie && (value & 1n) === 1n), x.sign === 1, x.sign === 0, false][mode];
  return { value: isInexact && isUp ? value + 1n : value, place, isInexact };
}

function isBelow({ value, place }: { value: bigint; place: number }, exponent: number): boolean {
  return value.toString(2).length - 1 + place < exponent || value === 0n;
}

function overflow(sign: 0 | 1, precision: Precision, mode: number) {
  const isInfinite = mode === 0 || mode === (sign ? 1 : 2);
  const infinity = ((1n << BigInt(WIDTH[precision] - precision)) - 1n) << BigInt(precision - 1);
  const magnitude = isInfinite ? infinity : infinity - 1n;
  return { bits: magnitude | (BigInt(sign) << BigInt(WIDTH[precision] - 1)) };
}

function encode(sign: 0 | 1, value: bigint, place: number, precision: Precision): bigint {
  const isNormal = value >> BigInt(precision - 1) !== 0n;
  // A significand that rounding made one bit longer is a power of two: its fraction is zero either way.
  const biased = isNormal ? place + precision - 1 + BIAS[precision] : 0;
  const carried = value >> BigInt(precision) !== 0n ? 1 : 0;
  const fraction = value & ((1n << BigInt(precision - 1)) - 1n);
  const upper = (BigInt(sign) << BigInt(WIDTH[precision] - precision)) | BigInt(biased + carried);
  return (upper << BigInt(precision - 1)) | fraction;
}
