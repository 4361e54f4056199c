/**
 * The common cases of x87 arithmetic, loads and stores: normal numbers whose result is a normal number, too. Each function
 * either does all of the operation, to the bit what the slow path does, or nothing and returns false.
 */
import { X87Arithmetic } from '../abi/x87-op';
import { FloatException, Rounding } from '../softfloat/environment';
import { INTEGER } from '../softfloat/number';
import { cpu } from '../state';
import { multiplyHigh } from '../wide-integer';
import { SIGN_EXPONENT } from '../x87-state';
import { precision, X87Status } from './x87-exception';

const EXPONENT_MASK: i32 = 0x7fff;
const SIGN: u32 = 0x8000;
const BIAS: i32 = 0x3fff;
const HALF: u64 = 0x8000000000000000;
/** What converting f32 and f64 adds to the biased exponent, and their greatest one. */
const BIAS_DIFFERENCE_32: u32 = 0x3fff - 0x7f;
const BIAS_DIFFERENCE_64: u32 = 0x3fff - 0x3ff;
const GREATEST_32: u32 = 0xff;
const GREATEST_64: u32 = 0x7ff;
/** Bits of the extended significand that f64 does not have. */
const REST_64: u64 = 11;
const ROUNDING_SHIFT: u32 = 10;

/** The number that `expandFloat` made. */
let significand: u64 = 0;
let signExponent: u32 = 0;

export function expandedSignificand(): u64 {
  return significand;
}

export function expandedSignExponent(): u32 {
  return signExponent;
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
  signExponent = sign | (exponent + BIAS_DIFFERENCE_32);
  return true;
}

function expand64(bits: u64): bool {
  const exponent = (<u32>(bits >> 52)) & GREATEST_64;
  if (exponent == GREATEST_64) return false;
  const sign = (<u32>(bits >> 48)) & SIGN;
  if (exponent == 0) return expandZero(sign, bits << 1 == 0);
  significand = INTEGER | (bits << REST_64);
  signExponent = sign | (exponent + BIAS_DIFFERENCE_64);
  return true;
}

function expandZero(sign: u32, isZero: bool): bool {
  significand = 0;
  signExponent = sign;
  return isZero;
}

/** The register at `to` ← a op b. */
export function fastArithmetic(
  operation: X87Arithmetic,
  a: u64,
  aTop: u32,
  b: u64,
  bTop: u32,
  to: u32,
): bool {
  // Of normal numbers, and of those that are not supported with an exponent as theirs, the integer bit tells.
  if (<i64>(a & b) >= 0 || !isNormalExponent(aTop) || !isNormalExponent(bTop)) return false;
  switch (operation) {
    case X87Arithmetic.Add:
      return fastAdd(a, aTop, b, bTop, to);
    case X87Arithmetic.Multiply:
      return fastMultiply(a, aTop, b, bTop, to);
    case X87Arithmetic.Subtract:
      return fastAdd(a, aTop, b, bTop ^ SIGN, to);
    case X87Arithmetic.SubtractReversed:
      return fastAdd(b, bTop, a, aTop ^ SIGN, to);
    default:
      return false;
  }
}

function isNormalExponent(top: u32): bool {
  const exponent = (<i32>top) & EXPONENT_MASK;
  return exponent != 0 && exponent != EXPONENT_MASK;
}

function fastMultiply(a: u64, aTop: u32, b: u64, bTop: u32, to: u32): bool {
  let high = multiplyHigh(a, b);
  let low = a * b;
  let exponent = ((<i32>aTop) & EXPONENT_MASK) + ((<i32>bTop) & EXPONENT_MASK) - BIAS;
  if (<i64>high < 0) {
    exponent++;
  } else {
    high = (high << 1) | (low >> 63);
    low <<= 1;
  }
  return roundTo(to, (aTop ^ bTop) & SIGN, exponent, high, low);
}

function fastAdd(a: u64, aTop: u32, b: u64, bTop: u32, to: u32): bool {
  const aExponent = (<i32>aTop) & EXPONENT_MASK;
  const bExponent = (<i32>bTop) & EXPONENT_MASK;
  const isSwapped = aExponent < bExponent || (aExponent == bExponent && a < b);
  const larger = isSwapped ? b : a;
  const sign = (isSwapped ? bTop : aTop) & SIGN;
  const exponent = isSwapped ? bExponent : aExponent;
  const distance = <u64>(isSwapped ? bExponent - aExponent : aExponent - bExponent);
  let smaller = isSwapped ? a : b;
  let rest: u64 = 0;
  if (distance > 63) return false;
  if (distance != 0) {
    rest = smaller << (64 - distance);
    smaller >>= distance;
  }
  if (((aTop ^ bTop) & SIGN) == 0) return fastSum(to, sign, exponent, larger, smaller, rest);
  return fastDifference(to, sign, exponent, larger, smaller, rest);
}

function fastSum(to: u32, sign: u32, exponent: i32, larger: u64, smaller: u64, rest: u64): bool {
  const sum = larger + smaller;
  if (sum >= larger) return roundTo(to, sign, exponent, sum, rest);
  return roundTo(to, sign, exponent + 1, (sum >> 1) | INTEGER, (sum << 63) | (rest >> 1) | (rest & 1));
}

function fastDifference(to: u32, sign: u32, exponent: i32, larger: u64, smaller: u64, rest: u64): bool {
  const difference = larger - smaller - (rest != 0 ? 1 : 0);
  const low = 0 - rest;
  if (difference == 0) return false;
  const shift = clz<u64>(difference);
  if (shift == 0) return roundTo(to, sign, exponent, difference, low);
  return roundTo(
    to,
    sign,
    exponent - <i32>shift,
    (difference << shift) | (low >> (64 - shift)),
    low << shift,
  );
}

/** Rounds high:low, whose first bit is set, as the control word says, and writes it to the register at `to`. */
function roundTo(to: u32, sign: u32, exponent: i32, high: u64, low: u64): bool {
  // Also where rounding could carry into the infinite exponent.
  if (exponent < 1 || exponent >= EXPONENT_MASK - 1) return false;
  const bits = precision();
  let rest = low;
  let unit: u64 = 1;
  let kept = high;
  if (bits != 64) {
    unit = (<u64>1) << (64 - bits);
    kept = high & ~(unit - 1);
    rest = (high << bits) | (low != 0 ? 1 : 0);
  }
  let top = sign | (<u32>exponent);
  let isUp: bool = false;
  if (rest != 0) {
    isUp = roundsUp(sign, rest, (kept & unit) != 0);
    if (isUp) {
      kept += unit;
      if (kept == 0) {
        kept = INTEGER;
        top++;
      }
    }
  }
  store<u64>(to, kept);
  store<u16>(to, <u16>top, SIGN_EXPONENT);
  recordRounding(rest != 0, isUp);
  return true;
}

function roundsUp(sign: u32, rest: u64, isOdd: bool): bool {
  switch ((cpu().x87Control >> ROUNDING_SHIFT) & 3) {
    case Rounding.NearestEven:
      return rest > HALF || (rest == HALF && isOdd);
    case Rounding.Down:
      return sign != 0;
    case Rounding.Up:
      return sign == 0;
    default:
      return false;
  }
}

/** Masked or not, precision leaves the result as it is. */
function recordRounding(isInexact: bool, isUp: bool): void {
  const state = cpu();
  const kept = state.x87Status & ~X87Status.C1;
  state.x87Status = kept | (isInexact ? FloatException.Precision : 0) | (isUp ? X87Status.C1 : 0);
}

/** What `compressFloat` made. */
let compressed: u64 = 0;
let compressedInexact: bool = false;
let compressedUp: bool = false;

/** The bits of the f32 or f64 that `compressFloat` made. */
export function compressedBits(): u64 {
  return compressed;
}

/** For the end of the store: its exceptions. */
export function recordCompression(): void {
  recordRounding(compressedInexact, compressedUp);
}

/** Rounds the register at an address to the format of T, if that is a normal number or both are zero. */
export function compressFloat<T extends number>(from: u32): bool {
  const bits = load<u64>(from);
  const top = <u32>load<u16>(from, SIGN_EXPONENT);
  compressedInexact = false;
  compressedUp = false;
  const width: u64 = sizeof<T>() * 8;
  const sign = (<u64>(top >> 15)) << (width - 1);
  if (bits == 0 && (top & EXPONENT_MASK) == 0) {
    compressed = sign;
    return true;
  }
  const precisionBits: u64 = sizeof<T>() == 4 ? 24 : 53;
  const greatest: i32 = sizeof<T>() == 4 ? GREATEST_32 : GREATEST_64;
  const difference: i32 = sizeof<T>() == 4 ? BIAS_DIFFERENCE_32 : BIAS_DIFFERENCE_64;
  const exponent = ((<i32>top) & EXPONENT_MASK) - difference;
  if (<i64>bits >= 0 || exponent < 1 || exponent >= greatest - 1) return false;
  const rest = bits << precisionBits;
  let kept = bits >> (64 - precisionBits);
  compressedInexact = rest != 0;
  compressedUp = rest != 0 && roundsUp(top & SIGN, rest, (kept & 1) != 0);
  if (compressedUp) kept++;
  // The integer bit, or a carry into it, adds to the exponent.
  const magnitude = ((<u64>(exponent - 1)) << (precisionBits - 1)) + kept;
  compressed = magnitude | sign;
  return true;
}
