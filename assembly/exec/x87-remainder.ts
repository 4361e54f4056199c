/** FPREM and FPREM1 (APM vol 5): exact remainders, by long division of the significands. */
import { FloatNumber, Kind, operandA, operandB, result, copyNumber } from '../softfloat/number';
import { roundToExtended } from '../softfloat/round';
import { normalize } from '../softfloat/shift';
import { cpu } from '../state';
import { divide128 } from '../wide-integer';
import { endOperation, X87Status } from './x87-exception';
import { giveIndefinite, readStack, resolvesOperands, signalDenormal, writeStack } from './x87-operand';
import { beginOnTopTwo } from './x87-stack';

/** An exponent difference below this is reduced at once; from it on, by 32 to 63 bits, so that a multiple of 32 remains. */
const COMPLETE: i32 = 64;
const PARTIAL: i32 = 32;

/** Of the quotient, bits 2 to 0 in C0, C3 and C1. */
let quotient: u64 = 0;
/** C2: the reduction is not complete. */
let isPartial: bool = false;

/** ST(0) ← ST(0) - ST(1) * quotient, which is truncated or, for FPREM1, rounded to nearest. */
export function remainder(isNearest: bool): void {
  const state = cpu();
  state.x87Status &= ~X87Status.C2;
  if (!beginOnTopTwo()) return;
  const a = operandA();
  const b = operandB();
  const x = result();
  readStack(0, a);
  readStack(1, b);
  quotient = 0;
  isPartial = false;
  const isNumber = !resolvesOperands(a, b, x) && reduces(a, b, x, isNearest);
  if (isNumber) {
    signalDenormal(a.isDenormal | b.isDenormal);
    roundToExtended(x, 64);
  }
  if (!endOperation()) return;
  writeStack(0, x);
  if (isNumber) state.x87Status = (state.x87Status & ~CODES) | conditionCodes();
}

const CODES: u32 = X87Status.C0 | X87Status.C1 | X87Status.C2 | X87Status.C3;

function conditionCodes(): u32 {
  if (isPartial) return X87Status.C2;
  let codes: u32 = 0;
  if ((quotient & 4) != 0) codes |= X87Status.C0;
  if ((quotient & 2) != 0) codes |= X87Status.C3;
  if ((quotient & 1) != 0) codes |= X87Status.C1;
  return codes;
}

/** to ← the remainder, or false and the indefinite value. */
function reduces(a: FloatNumber, b: FloatNumber, to: FloatNumber, isNearest: bool): bool {
  if (a.kind == Kind.Infinity || b.kind == Kind.Zero) {
    giveIndefinite(to);
    return false;
  }
  copyNumber(to, a);
  if (a.kind == Kind.Zero || b.kind == Kind.Infinity) return true;
  const difference = a.exponent - b.exponent;
  if (difference < COMPLETE) {
    reduceCompletely(to, b, difference, isNearest);
  } else {
    const left = (difference & ~31) - PARTIAL;
    isPartial = true;
    divideSteps(to, b, difference - left);
    to.exponent = b.exponent + left;
    normalize(to);
  }
  return true;
}

function reduceCompletely(x: FloatNumber, b: FloatNumber, difference: i32, isNearest: bool): void {
  if (difference >= 0) {
    divideSteps(x, b, difference);
    x.exponent = b.exponent;
  } else if (difference < -1) {
    return;
  }
  if (isNearest) roundQuotient(x, b);
  normalize(x);
}

/** x.high ← x.high * 2^steps mod b.high, for up to 63 steps; the quotient. */
function divideSteps(x: FloatNumber, b: FloatNumber, steps: i32): void {
  const divisor = b.high;
  const first: u64 = x.high >= divisor ? 1 : 0;
  const rest = x.high - (first != 0 ? divisor : 0);
  if (steps == 0) {
    quotient = first;
    x.high = rest;
    return;
  }
  const shift = <u64>steps;
  const low = rest << shift;
  const digits = divide128(rest >> (64 - shift), low, divisor);
  quotient = (first << shift) + digits;
  x.high = low - digits * divisor;
}

/**
 * Adds one to the quotient if what remains is more than half of b, or is half of it and the quotient is odd. x has b's
 * exponent, or one less and no quotient yet.
 */
function roundQuotient(x: FloatNumber, b: FloatNumber): void {
  const isHalved = x.exponent < b.exponent;
  // What is missing to b, in units of x's exponent; b may have 65 bits of them.
  const missing = isHalved ? (b.high << 1) - x.high : b.high - x.high;
  const isMore = isHalved ? x.high > b.high : x.high > missing;
  const isHalf = isHalved ? x.high == b.high : x.high == missing;
  if (!isMore && !(isHalf && (quotient & 1) != 0)) return;
  quotient++;
  x.high = missing;
  x.sign ^= 1;
}
