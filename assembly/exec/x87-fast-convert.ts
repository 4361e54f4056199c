/**
 * The common cases of x87 loads, stores and comparisons: zeros and normal numbers that are normal in the other format, too. As
 * in x87-fast.ts a function does all of the work or, and then it says so, none of it.
 */
import { INTEGER } from '../softfloat/number';
import { cpu } from '../state';
import { X87Status } from './x87-exception';
import { EXPONENT_MASK, isNormal, roundsUp, SIGN, statusAfter } from './x87-fast';

const BIAS: i32 = 0x3fff;
/** What converting f32 and f64 adds to the biased exponent, and their greatest one. */
const BIAS_DIFFERENCE_32: u32 = 0x3fff - 0x7f;
const BIAS_DIFFERENCE_64: u32 = 0x3fff - 0x3ff;
const GREATEST_32: u32 = 0xff;
const GREATEST_64: u32 = 0x7ff;
/** Bits of the extended significand that f64 does not have. */
const REST_64: u64 = 11;

/** The number that a load has made. */
let significand: u64 = 0;
let top: u32 = 0;

export function expandedSignificand(): u64 {
  return significand;
}

/** Its sign and exponent. */
export function expandedTop(): u32 {
  return top;
}

/** Converts a normal number, or a zero, of T's size. */
export function expandFloat<T extends number>(bits: T): bool {
  if (sizeof<T>() == 4) return expand32(<u32>bits);
  return expand64(<u64>bits);
}

function expand32(bits: u32): bool {
  const exponent = (bits >> 23) & GREATEST_32;
  if (exponent == GREATEST_32) return false;
  const sign = (bits >> 16) & SIGN;
  if (exponent == 0) return expandZero(sign, bits << 1 == 0);
  significand = INTEGER | (((<u64>bits) & 0x7fffff) << 40);
  top = sign | (exponent + BIAS_DIFFERENCE_32);
  return true;
}

function expand64(bits: u64): bool {
  const exponent = (<u32>(bits >> 52)) & GREATEST_64;
  if (exponent == GREATEST_64) return false;
  const sign = (<u32>(bits >> 48)) & SIGN;
  if (exponent == 0) return expandZero(sign, bits << 1 == 0);
  significand = INTEGER | (bits << REST_64);
  top = sign | (exponent + BIAS_DIFFERENCE_64);
  return true;
}

function expandZero(sign: u32, isZero: bool): bool {
  significand = 0;
  top = sign;
  return isZero;
}

/** Converts any integer. */
export function expandInteger(value: i64): void {
  const magnitude = value < 0 ? 0 - <u64>value : <u64>value;
  const shift = clz<u64>(magnitude);
  significand = magnitude << shift;
  top = magnitude == 0 ? 0 : (value < 0 ? SIGN : 0) | (<u32>(BIAS + 63 - <i32>shift));
}

/** What a store has made, and what it tells in FSW. */
let compressed: u64 = 0;
let isInexact: bool = false;
let isUp: bool = false;

/** The bits of the f32, f64 or integer that is to be stored. */
export function compressedBits(): u64 {
  return compressed;
}

/** For the end of the store: its exceptions. */
export function recordCompression(): void {
  cpu().x87Status = statusAfter(isInexact, isUp);
}

function compressExactly(bits: u64): bool {
  compressed = bits;
  isInexact = false;
  isUp = false;
  return true;
}

/** Rounds a number to the format of T. */
export function compressFloat<T extends number>(bits: u64, numberTop: u32): bool {
  const width: u64 = sizeof<T>() * 8;
  const sign = (<u64>(numberTop >> 15)) << (width - 1);
  if (bits == 0 && (numberTop & EXPONENT_MASK) == 0) return compressExactly(sign);
  const precisionBits: u64 = sizeof<T>() == 4 ? 24 : 53;
  const greatest: i32 = sizeof<T>() == 4 ? GREATEST_32 : GREATEST_64;
  const difference: i32 = sizeof<T>() == 4 ? BIAS_DIFFERENCE_32 : BIAS_DIFFERENCE_64;
  const exponent = ((<i32>numberTop) & EXPONENT_MASK) - difference;
  if (<i64>bits >= 0 || exponent < 1 || exponent >= greatest - 1) return false;
  const rest = bits << precisionBits;
  let kept = bits >> (64 - precisionBits);
  isInexact = rest != 0;
  isUp = rest != 0 && roundsUp(numberTop & SIGN, rest, (kept & 1) != 0);
  if (isUp) kept++;
  // The integer bit, or a carry into it, adds to the exponent.
  const magnitude = ((<u64>(exponent - 1)) << (precisionBits - 1)) + kept;
  compressed = magnitude | sign;
  return true;
}

/** Rounds a number to an integer of `bits` bits: as the control word says or, if `isTruncating`, toward zero. */
export function compressInteger(bits: u64, numberTop: u32, width: u32, isTruncating: bool): bool {
  if (bits == 0 && (numberTop & EXPONENT_MASK) == 0) return compressExactly(0);
  // Below 2^62, so that rounding does not carry out of a qword.
  const shift = <u64>(BIAS + 63 - ((<i32>numberTop) & EXPONENT_MASK));
  if (<i64>shift < 2 || !isNormal(bits, numberTop)) return false;
  let magnitude: u64 = 0;
  let rest: u64 = 1;
  if (shift < 64) {
    magnitude = bits >> shift;
    rest = bits << (64 - shift);
  } else if (shift == 64) {
    rest = bits;
  }
  const sign = numberTop & SIGN;
  const isRoundedUp = rest != 0 && !isTruncating && roundsUp(sign, rest, (magnitude & 1) != 0);
  if (isRoundedUp) magnitude++;
  if (magnitude >> (<u64>(width - 1)) != 0) return false;
  isInexact = rest != 0;
  isUp = isRoundedUp;
  compressed = sign != 0 ? 0 - magnitude : magnitude;
  return true;
}

/** The condition codes of a against b, or -1. */
export function fastOrder(a: u64, aTop: u32, b: u64, bTop: u32): i32 {
  if (!isOrdered(a, aTop) || !isOrdered(b, bTop)) return -1;
  if ((a | b) == 0) return X87Status.C3;
  if (a == b && aTop == bTop) return X87Status.C3;
  const isNegative = (aTop & SIGN) != 0;
  if (((aTop ^ bTop) & SIGN) != 0) return isNegative ? X87Status.C0 : 0;
  const isSmaller = aTop < bTop || (aTop == bTop && a < b);
  return isSmaller != isNegative ? X87Status.C0 : 0;
}

/** A normal number or a zero. */
function isOrdered(bits: u64, numberTop: u32): bool {
  return isNormal(bits, numberTop) || (bits == 0 && (numberTop & EXPONENT_MASK) == 0);
}
