/**
 * The common cases of x87 arithmetic: normal numbers whose result is a normal number, too.
 *
 * Each function either does all of the operation, to the bit what the slow path does, FSW included, and returns the
 * significand of the result; or it does nothing and returns 0. A number is its significand and, as `top`, its sign and biased
 * exponent.
 */
import { X87Arithmetic } from '../abi/x87-op';
import { quotientOf, restOfQuotient } from '../softfloat/divide';
import { FloatException, Rounding } from '../softfloat/environment';
import { INTEGER } from '../softfloat/number';
import { restOfRoot, rootOf } from '../softfloat/square-root';
import { cpu } from '../state';
import { multiplyHigh } from '../wide-integer';
import { CONTROL_PRECISION, CONTROL_ROUNDING, precision, ROUNDING_SHIFT, X87Status } from './x87-exception';

export const EXPONENT_MASK: i32 = 0x7fff;
export const SIGN: u32 = 0x8000;
const BIAS: i32 = 0x3fff;
const HALF: u64 = 0x8000000000000000;
/** Precision and rounding control of FNINIT: 64 bits, nearest even. */
const EXTENDED_NEAREST: u32 = 0x300;

const RESULT_TOP = <u32>memory.data(4, 4);

/** Where the sign and exponent of the last result are, for compiled code. */
export const X87_RESULT_TOP_ADDRESS: u32 = RESULT_TOP;

/** Sign and exponent of the result of the last operation. */
export function resultTop(): u32 {
  return load<u32>(RESULT_TOP);
}

export function setResultTop(top: u32): void {
  store<u32>(RESULT_TOP, top);
}

/** a op b */
export function fastArithmetic(operation: X87Arithmetic, a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  switch (operation) {
    case X87Arithmetic.Add:
      return fastAdd(a, aTop, b, bTop);
    case X87Arithmetic.Multiply:
      return fastMultiply(a, aTop, b, bTop);
    case X87Arithmetic.Subtract:
      return fastAdd(a, aTop, b, bTop ^ SIGN);
    case X87Arithmetic.SubtractReversed:
      return fastAdd(b, bTop, a, aTop ^ SIGN);
    case X87Arithmetic.Divide:
      return fastDivide(a, aTop, b, bTop);
    case X87Arithmetic.DivideReversed:
      return fastDivide(b, bTop, a, aTop);
    default:
      return 0;
  }
}

/** Of normal numbers, and of those that are not supported with an exponent as theirs, the integer bit tells. */
export function isNormal(significand: u64, top: u32): bool {
  return <i64>significand < 0 && isNormalExponent(top);
}

function isNormalExponent(top: u32): bool {
  return (top & EXPONENT_MASK) - 1 < <u32>EXPONENT_MASK - 1;
}

function areNormal(a: u64, aTop: u32, b: u64, bTop: u32): bool {
  return <i64>(a & b) < 0 && isNormalExponent(aTop) && isNormalExponent(bTop);
}

/** a * b */
export function fastMultiply(a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  if (!areNormal(a, aTop, b, bTop)) return 0;
  const high = multiplyHigh(a, b);
  const low = a * b;
  const sign = (aTop ^ bTop) & SIGN;
  const exponent = ((<i32>aTop) & EXPONENT_MASK) + ((<i32>bTop) & EXPONENT_MASK) - BIAS;
  const shift = (high >> 63) ^ 1;
  return round(sign, exponent + 1 - <i32>shift, (high << shift) | ((low >> 63) & shift), low << shift);
}

/** a + b. From a distance of 64 on, all of the smaller one lies behind the larger one's significand. */
export function fastAdd(a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  if (!areNormal(a, aTop, b, bTop)) return 0;
  const aExponent = (<i32>aTop) & EXPONENT_MASK;
  const bExponent = (<i32>bTop) & EXPONENT_MASK;
  const isSwapped = aExponent < bExponent || (aExponent == bExponent && a < b);
  const larger = isSwapped ? b : a;
  const smaller = isSwapped ? a : b;
  const sign = (isSwapped ? bTop : aTop) & SIGN;
  const exponent = isSwapped ? bExponent : aExponent;
  const distance = <u64>(isSwapped ? bExponent - aExponent : aExponent - bExponent);
  const isSum = ((aTop ^ bTop) & SIGN) == 0;
  if (distance > 63) return addDistant(sign, exponent, larger, smaller, distance - 64, isSum);
  const kept = smaller >> distance;
  const rest = distance == 0 ? 0 : smaller << (64 - distance);
  return isSum ? sumOf(sign, exponent, larger, kept, rest) : differenceOf(sign, exponent, larger, kept, rest);
}

/** `beyond` is the distance less 64. What is lost stays in the lowest bit. */
function addDistant(sign: u32, exponent: i32, larger: u64, smaller: u64, beyond: u64, isSum: bool): u64 {
  let rest: u64 = 1;
  if (beyond < 64) {
    rest = smaller >> beyond;
    if (rest << beyond != smaller) rest |= 1;
  }
  return isSum ? round(sign, exponent, larger, rest) : differenceOf(sign, exponent, larger, 0, rest);
}

function sumOf(sign: u32, exponent: i32, larger: u64, smaller: u64, rest: u64): u64 {
  const sum = larger + smaller;
  if (sum >= larger) return round(sign, exponent, sum, rest);
  return round(sign, exponent + 1, (sum >> 1) | INTEGER, (sum << 63) | (rest >> 1) | (rest & 1));
}

function differenceOf(sign: u32, exponent: i32, larger: u64, smaller: u64, rest: u64): u64 {
  const difference = larger - smaller - (rest != 0 ? 1 : 0);
  const low = 0 - rest;
  if (difference == 0) return 0;
  const shift = clz<u64>(difference);
  // Two shifts, as one by 64 would be one by 0.
  const high = (difference << shift) | ((low >> 1) >> (63 - shift));
  return round(sign, exponent - <i32>shift, high, low << shift);
}

/** a / b */
export function fastDivide(a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  if (!areNormal(a, aTop, b, bTop)) return 0;
  const sign = (aTop ^ bTop) & SIGN;
  const exponent = ((<i32>aTop) & EXPONENT_MASK) - ((<i32>bTop) & EXPONENT_MASK) + BIAS;
  const quotient = quotientOf(a, b);
  return round(sign, a >= b ? exponent : exponent - 1, quotient, restOfQuotient());
}

/** The square root of a */
export function fastSquareRoot(a: u64, aTop: u32): u64 {
  if (!isNormal(a, aTop) || (aTop & SIGN) != 0) return 0;
  const exponent = <i32>aTop - BIAS;
  const isOdd = (exponent & 1) != 0;
  const root = isOdd ? rootOf(a, 0) : rootOf(a >> 1, a << 63);
  return round(0, (exponent >> 1) + BIAS, root, restOfRoot());
}

/** Rounds high:low, whose first bit is set, as the control word says. Masked or not, precision leaves the result as it is. */
function round(sign: u32, exponent: i32, high: u64, low: u64): u64 {
  // Also where rounding could carry into the infinite exponent.
  if (exponent < 1 || exponent >= EXPONENT_MASK - 1) return 0;
  const state = cpu();
  if ((state.x87Control & (CONTROL_PRECISION | CONTROL_ROUNDING)) != EXTENDED_NEAREST)
    return roundAsControlled(sign, exponent, high, low);
  const isUp = (low >> 63) & ((low << 1) | (high & 1) ? 1 : 0);
  state.x87Status = statusAfter(low != 0, isUp != 0);
  const rounded = high + isUp;
  const isCarry = rounded == 0;
  setResultTop(sign | (<u32>exponent + (isCarry ? 1 : 0)));
  return isCarry ? INTEGER : rounded;
}

/** As `round`, for every precision and rounding. */
function roundAsControlled(sign: u32, exponent: i32, high: u64, low: u64): u64 {
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
  const isUp = rest != 0 && roundsUp(sign, rest, (kept & unit) != 0);
  if (isUp) {
    kept += unit;
    if (kept == 0) {
      kept = INTEGER;
      top++;
    }
  }
  setResultTop(top);
  cpu().x87Status = statusAfter(rest != 0, isUp);
  return kept;
}

/** Whether a magnitude is rounded up that has `rest`, which is not zero, after its last bit. */
export function roundsUp(sign: u32, rest: u64, isOdd: bool): bool {
  switch ((cpu().x87Control & CONTROL_ROUNDING) >> ROUNDING_SHIFT) {
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

/** FSW with what rounding tells: PE, C1. */
export function statusAfter(isInexact: bool, isUp: bool): u32 {
  const kept = cpu().x87Status & ~X87Status.C1;
  return kept | (isInexact ? FloatException.Precision : 0) | (isUp ? X87Status.C1 : 0);
}
