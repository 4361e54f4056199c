/**
 * x87 operations as compiled code calls them: numbers in, one number out, nothing of the register stack.
 *
 * Compiled code has found its operands in registers that are not empty, and all exceptions masked: there is always a result,
 * and FSW is all else that changes. A number is its significand and, as `top`, its sign and biased exponent; that of a result
 * is at `X87_RESULT_TOP_ADDRESS`.
 */
import { X87Arithmetic } from './abi/x87-op';
import { arithmeticOfNumbers, rootOfNumber } from './exec/x87-arithmetic';
import { order, orderOfNumbers } from './exec/x87-compare';
import { beginOperation, clearC1, endOperation, precision, X87Status } from './exec/x87-exception';
import {
  EXPONENT_MASK,
  fastAdd,
  fastDivide,
  fastMultiply,
  fastSquareRoot,
  isNormal,
  setResultTop,
  SIGN,
} from './exec/x87-fast';
import {
  compressedBits,
  compressFloat,
  compressInteger,
  expandedSignificand,
  expandedTop,
  expandFloat,
  recordCompression,
} from './exec/x87-fast-convert';
import { settleLoaded, unpackFloat } from './exec/x87-load';
import { roundNumber } from './exec/x87-scale';
import { packRounded, storeNumber } from './exec/x87-store';
import { quotientOf, restOfQuotient } from './softfloat/divide';
import { Rounding, setRoundingMode } from './softfloat/environment';
import { toInteger } from './softfloat/integral';
import { FloatNumber, operandA, operandB, result } from './softfloat/number';
import { packSignExponent, significandOf } from './softfloat/pack';
import { restOfRoot, rootOf } from './softfloat/square-root';
import { unpackExtended } from './softfloat/unpack';
import { cpu } from './state';

/** Returns a result of the slow path. */
function give(x: FloatNumber): u64 {
  setResultTop(packSignExponent(x));
  return significandOf(x);
}

/** Returns what has been expanded. */
function giveExpanded(): u64 {
  setResultTop(expandedTop());
  return expandedSignificand();
}

export function x87Add(a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  const fast = fastAdd(a, aTop, b, bTop);
  return fast != 0 ? fast : calculate(X87Arithmetic.Add, a, aTop, b, bTop);
}

export function x87Subtract(a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  const fast = fastAdd(a, aTop, b, bTop ^ SIGN);
  return fast != 0 ? fast : calculate(X87Arithmetic.Subtract, a, aTop, b, bTop);
}

export function x87Multiply(a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  const fast = fastMultiply(a, aTop, b, bTop);
  return fast != 0 ? fast : calculate(X87Arithmetic.Multiply, a, aTop, b, bTop);
}

export function x87Divide(a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  const fast = fastDivide(a, aTop, b, bTop);
  return fast != 0 ? fast : calculate(X87Arithmetic.Divide, a, aTop, b, bTop);
}

function calculate(operation: X87Arithmetic, a: u64, aTop: u32, b: u64, bTop: u32): u64 {
  if ((a == 0 || b == 0) && givesExactly(operation, a, aTop, b, bTop)) {
    clearC1();
    return exact;
  }
  beginOperation();
  unpackExtended(aTop, a, operandA());
  unpackExtended(bTop, b, operandB());
  arithmeticOfNumbers(operation);
  endOperation();
  return give(result());
}

/** The significand that `givesExactly` has found; its upper part is that of the result. */
let exact: u64 = 0;

/** Sums and products where one number is a zero and the other a zero or a normal number that need not be rounded. */
function givesExactly(operation: X87Arithmetic, a: u64, aTop: u32, b: u64, bTop: u32): bool {
  if (precision() != 64 || !isZeroOrNormal(a, aTop) || !isZeroOrNormal(b, bTop)) return false;
  if (operation == X87Arithmetic.Multiply) {
    exact = 0;
    setResultTop((aTop ^ bTop) & SIGN);
    return true;
  }
  const isSum = operation == X87Arithmetic.Add || operation == X87Arithmetic.Subtract;
  if (!isSum || (a | b) == 0) return false;
  exact = a | b;
  const sign = operation == X87Arithmetic.Subtract ? SIGN : 0;
  setResultTop(b == 0 ? aTop : bTop ^ sign);
  return true;
}

function isZeroOrNormal(significand: u64, top: u32): bool {
  return significand == 0 ? (top & EXPONENT_MASK) == 0 : isNormal(significand, top);
}

/** a op the number in memory that `bits` are, where that is not a normal one. */
function calculateFloat<T extends number>(operation: X87Arithmetic, a: u64, aTop: u32, bits: T): u64 {
  if (expandFloat<T>(bits)) return calculate(operation, a, aTop, expandedSignificand(), expandedTop());
  unpackFloat<T>(bits, operandB());
  unpackExtended(aTop, a, operandA());
  arithmeticOfNumbers(operation);
  endOperation();
  return give(result());
}

export function x87ArithmeticFloat32(operation: X87Arithmetic, a: u64, aTop: u32, bits: u64): u64 {
  return calculateFloat<u32>(operation, a, aTop, <u32>bits);
}

export function x87ArithmeticFloat64(operation: X87Arithmetic, a: u64, aTop: u32, bits: u64): u64 {
  return calculateFloat<u64>(operation, a, aTop, bits);
}

export function x87SquareRoot(a: u64, aTop: u32): u64 {
  const fast = fastSquareRoot(a, aTop);
  if (fast != 0) return fast;
  beginOperation();
  unpackExtended(aTop, a, operandA());
  rootOfNumber();
  endOperation();
  return give(result());
}

/**
 * The significand of the quotient of two numbers, rounded to nearest, or 0 if that carries; no more than the arithmetic: FSW is
 * as it was. What rounding has added, 0 or 1, is where the upper part of a result is otherwise.
 */
export function x87Quotient(a: u64, b: u64): u64 {
  return giveRounded(quotientOf(a, b), restOfQuotient());
}

/** The same of the square root of a number, of which the last bit of the exponent counts. */
export function x87Root(a: u64, aTop: u32): u64 {
  // The bias is odd.
  const isOdd = (aTop & 1) == 0;
  return giveRounded(isOdd ? rootOf(a, 0) : rootOf(a >> 1, a << 63), restOfRoot());
}

/** There are no ties. */
function giveRounded(significand: u64, rest: u64): u64 {
  const isUp = rest >> 63;
  setResultTop(<u32>isUp);
  return significand + isUp;
}

export function x87RoundToInteger(a: u64, aTop: u32): u64 {
  beginOperation();
  unpackExtended(aTop, a, operandA());
  roundNumber(operandA());
  endOperation();
  return give(operandA());
}

/** FLD: the number in memory that `bits` are. */
function convert<T extends number>(bits: T): u64 {
  if (expandFloat<T>(bits)) return giveExpanded();
  const x = operandB();
  unpackFloat<T>(bits, x);
  settleLoaded(x);
  endOperation();
  return give(x);
}

export function x87FromFloat32(bits: u64): u64 {
  return convert<u32>(<u32>bits);
}

export function x87FromFloat64(bits: u64): u64 {
  return convert<u64>(bits);
}

/** FST: the bits to be stored. */
function float<T extends number>(a: u64, aTop: u32): u64 {
  if (compressFloat<T>(a, aTop)) {
    recordCompression();
    return compressedBits();
  }
  beginOperation();
  unpackExtended(aTop, a, operandA());
  const bits = <u64>packRounded<T>(operandA());
  endOperation();
  return bits;
}

export function x87ToFloat32(a: u64, aTop: u32): u64 {
  return float<u32>(a, aTop);
}

export function x87ToFloat64(a: u64, aTop: u32): u64 {
  return float<u64>(a, aTop);
}

/** FIST, FISTTP: the integer of `bits` bits to be stored. */
export function x87ToInteger(a: u64, aTop: u32, bits: u32, isTruncating: u32): u64 {
  if (compressInteger(a, aTop, bits, isTruncating != 0)) {
    recordCompression();
    return compressedBits();
  }
  beginOperation();
  unpackExtended(aTop, a, operandA());
  if (isTruncating != 0) setRoundingMode(Rounding.Zero);
  const value = toInteger(operandA(), bits);
  endOperation();
  return <u64>value;
}

/** FCOM, FUCOM: returns C0, C2 and C3. */
export function x87Compare(a: u64, aTop: u32, b: u64, bTop: u32, isQuiet: u32): u32 {
  return orderOfNumbers(a, aTop, b, bTop, isQuiet != 0);
}

/** FCOMI, FUCOMI: returns CF, PF and ZF. */
export function x87CompareFlags(a: u64, aTop: u32, b: u64, bTop: u32, isQuiet: u32): u32 {
  const state = cpu();
  const c1 = state.x87Status & X87Status.C1;
  const codes = orderOfNumbers(a, aTop, b, bTop, isQuiet != 0);
  state.x87Status |= c1;
  return codes >> 8;
}

/** FCOM with memory, where the number there is not a normal one. */
function compareFloat<T extends number>(a: u64, aTop: u32, bits: T): u32 {
  if (expandFloat<T>(bits)) return orderOfNumbers(a, aTop, expandedSignificand(), expandedTop(), false);
  unpackFloat<T>(bits, operandB());
  unpackExtended(aTop, a, operandA());
  const codes = order(operandA(), operandB(), false);
  endOperation();
  return codes;
}

export function x87CompareFloat32(a: u64, aTop: u32, bits: u64): u32 {
  return compareFloat<u32>(a, aTop, <u32>bits);
}

export function x87CompareFloat64(a: u64, aTop: u32, bits: u64): u32 {
  return compareFloat<u64>(a, aTop, bits);
}

/** FSTP m80. May abort. */
export function x87StoreExtended(linear: u64, seg: u32, a: u64, aTop: u32): void {
  storeNumber(linear, seg, a, <u16>aTop);
}
