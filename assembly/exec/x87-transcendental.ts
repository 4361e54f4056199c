/**
 * F2XM1, FYL2X, FYL2XP1, FPATAN, FSIN, FCOS, FSINCOS, FPTAN (APM vol 5): the operands that have no series.
 *
 * Results are the exact ones, rounded as rounding control says and to 64 bits whatever precision control says. A Zen 4's have
 * about four bits more than 64 before they are rounded, so that one in thirty to one in a hundred differs from these in its
 * last place. It calls every result inexact.
 */
import { arctangent, quartersOfPi } from '../softfloat/arctangent';
import { exceptions, FloatException, replaceExceptions, signal } from '../softfloat/environment';
import { exponentialMinusOne } from '../softfloat/exponential';
import { fromInteger } from '../softfloat/integral';
import { logarithm, logarithmOnePlus } from '../softfloat/logarithm';
import {
  copyNumber,
  FloatNumber,
  INTEGER,
  Kind,
  operandA,
  operandB,
  operandC,
  result,
  setInfinity,
  setZero,
} from '../softfloat/number';
import { roundToExtended } from '../softfloat/round';
import { cosine, sine, tangent } from '../softfloat/trigonometric';
import { multiplyWide } from '../softfloat/wide';
import { cpu } from '../state';
import { beginOperation, clearC1, endOperation, signalInvalid, X87Status } from './x87-exception';
import {
  giveIndefinite,
  readStack,
  resolvesOperand,
  resolvesOperands,
  signalDenormal,
  writeRegister,
  writeStack,
} from './x87-operand';
import { beginOnTop, isEmpty, pop, push, setIndefinite, underflowStack } from './x87-stack';

/** Arguments of trigonometric functions are below 2^63. */
const TRIGONOMETRIC_LIMIT: i32 = 63;

/** Rounds what is inexact to who calls it, even if it is not. */
function roundInexact(x: FloatNumber): void {
  roundToExtended(x, 64);
  signal(FloatException.Precision);
  const isTiny = x.kind == Kind.Zero || (x.kind == Kind.Finite && (x.high & INTEGER) == 0);
  if (isTiny) signal(FloatException.Underflow);
}

/** F2XM1: what is beyond -1 to 1 stays as it is. */
export function exponential(): void {
  if (!beginOnTop()) return;
  const a = operandA();
  const x = result();
  readStack(0, a);
  if (!resolvesOperand(a, x)) exponentialOfNumber(a, x);
  if (endOperation()) writeStack(0, x);
}

function exponentialOfNumber(a: FloatNumber, to: FloatNumber): void {
  copyNumber(to, a);
  if (a.kind == Kind.Infinity && a.sign != 0) fromInteger(-1, to);
  if (a.kind != Kind.Finite) return;
  signalDenormal(a.isDenormal);
  if (a.exponent < 0) exponentialMinusOne(a, to);
  else if (a.exponent == 0 && a.high == INTEGER && a.sign != 0) to.exponent = -1;
  roundInexact(to);
}

/** FYL2X, FYL2XP1, FPATAN: ST(1) ← f(ST(0), ST(1)), and pop. */
enum Binary {
  Logarithm,
  LogarithmPlusOne,
  Arctangent,
}

function binary(operation: Binary): void {
  if (isEmpty(0) || isEmpty(1)) {
    if (!underflowStack()) return;
    setIndefinite(1);
    pop();
    return;
  }
  beginOperation();
  const x = operandA();
  const y = operandB();
  const to = result();
  readStack(0, x);
  readStack(1, y);
  if (!resolvesOperands(x, y, to)) {
    if (operation == Binary.Arctangent) arctangentOfNumbers(x, y, to);
    else if (operation == Binary.Logarithm) logarithmOfNumbers(x, y, to);
    else logarithmOnePlusOfNumbers(x, y, to);
  }
  if (!endOperation()) return;
  writeStack(1, to);
  pop();
}

export function logarithmTimes(): void {
  binary(Binary.Logarithm);
}

export function logarithmOnePlusTimes(): void {
  binary(Binary.LogarithmPlusOne);
}

export function angle(): void {
  binary(Binary.Arctangent);
}

/** to ← y * log2(x) */
function logarithmOfNumbers(x: FloatNumber, y: FloatNumber, to: FloatNumber): void {
  const isOne = x.kind == Kind.Finite && x.exponent == 0 && x.high == INTEGER;
  if (x.kind != Kind.Zero && x.sign != 0) {
    giveIndefinite(to);
  } else if (x.kind == Kind.Zero) {
    logarithmOfZero(y, to);
  } else if (x.kind == Kind.Infinity || y.kind == Kind.Infinity || y.kind == Kind.Zero || isOne) {
    const isBelowOne = x.kind == Kind.Finite && x.exponent < 0;
    specialProduct(isOne, x.kind == Kind.Infinity, y, y.sign ^ (isBelowOne ? 1 : 0), to);
    signalDenormal(x.isDenormal | y.isDenormal);
  } else {
    signalDenormal(x.isDenormal | y.isDenormal);
    logarithm(x, to);
    multiplyWide(to, y, to);
    roundInexact(to);
  }
}

/** The logarithm is minus infinity. */
function logarithmOfZero(y: FloatNumber, to: FloatNumber): void {
  if (y.kind == Kind.Zero) {
    giveIndefinite(to);
    return;
  }
  if (y.kind == Kind.Finite) signal(FloatException.ZeroDivide);
  setInfinity(to, y.sign ^ 1);
}

/** A logarithm times y, where one is zero or infinite. */
function specialProduct(isZero: bool, isInfinite: bool, y: FloatNumber, sign: u32, to: FloatNumber): void {
  if ((isZero && y.kind == Kind.Infinity) || (isInfinite && y.kind == Kind.Zero)) giveIndefinite(to);
  else if (isZero || y.kind == Kind.Zero) setZero(to, sign);
  else setInfinity(to, sign);
}

/** to ← y * log2(1 + x); x itself if it is -1 or less, which is out of range. */
function logarithmOnePlusOfNumbers(x: FloatNumber, y: FloatNumber, to: FloatNumber): void {
  if (x.kind == Kind.Infinity && x.sign != 0) {
    giveIndefinite(to);
  } else if (x.kind != Kind.Finite || y.kind != Kind.Finite) {
    specialProduct(x.kind == Kind.Zero, x.kind == Kind.Infinity, y, x.sign ^ y.sign, to);
    signalDenormal(x.isDenormal | y.isDenormal);
  } else {
    signalDenormal(x.isDenormal | y.isDenormal);
    if (x.sign != 0 && x.exponent >= 0) {
      copyNumber(to, x);
    } else {
      logarithmOnePlus(x, to);
      multiplyWide(to, y, to);
    }
    roundInexact(to);
  }
}

/** to ← the angle of the point (x, y) */
function arctangentOfNumbers(x: FloatNumber, y: FloatNumber, to: FloatNumber): void {
  signalDenormal(x.isDenormal | y.isDenormal);
  const isFlat = y.kind == Kind.Zero || (x.kind == Kind.Infinity && y.kind != Kind.Infinity);
  if (isFlat && x.sign == 0) {
    setZero(to, y.sign);
    return;
  }
  if (x.kind == Kind.Finite && y.kind == Kind.Finite) {
    arctangent(y, x, to);
  } else {
    quartersOfPi(quartersOf(x, y, isFlat), to);
    to.sign = y.sign;
  }
  roundInexact(to);
}

/** The angle of a point on an axis or at infinity, in quarters of pi. */
function quartersOf(x: FloatNumber, y: FloatNumber, isFlat: bool): u32 {
  if (isFlat) return 4;
  if (x.kind == Kind.Infinity && y.kind == Kind.Infinity) return x.sign != 0 ? 3 : 1;
  return 2;
}

/** FSIN, FCOS */
export function sineOrCosine(isSine: bool): void {
  clearC2();
  if (!beginOnTop()) return;
  const a = operandA();
  const x = result();
  readStack(0, a);
  if (!resolvesOperand(a, x)) {
    if (isOutOfRange(a)) return;
    if (a.kind == Kind.Infinity) giveIndefinite(x);
    else if (isSine) sineOfNumber(a, x);
    else cosineOfNumber(a, x);
  }
  if (endOperation()) writeStack(0, x);
}

function sineOfNumber(a: FloatNumber, to: FloatNumber): void {
  copyNumber(to, a);
  if (a.kind == Kind.Zero) return;
  signalDenormal(a.isDenormal);
  sine(a, to);
  roundInexact(to);
}

function cosineOfNumber(a: FloatNumber, to: FloatNumber): void {
  if (a.kind == Kind.Zero) {
    fromInteger(1, to);
    return;
  }
  signalDenormal(a.isDenormal);
  cosine(a, to);
  roundInexact(to);
}

/** FSINCOS, FPTAN: ST(0) ← sine or tangent; push cosine or 1. */
export function sineAndCosineOrTangent(isTangent: bool): void {
  clearC2();
  if (isEmpty(0) || !isEmpty(7)) {
    const overflow = isEmpty(0) ? 0 : X87Status.C1;
    if (!signalInvalid(X87Status.StackFault | overflow)) return;
    setIndefinite(0);
    push();
    setIndefinite(0);
    return;
  }
  beginOperation();
  const a = operandA();
  const first = result();
  const second = operandC();
  readStack(0, a);
  if (resolvesOperand(a, first)) {
    copyNumber(second, first);
  } else {
    if (isOutOfRange(a)) return;
    pairOfNumber(a, first, second, isTangent);
  }
  if (!endOperation()) return;
  writeStack(0, first);
  writeRegister(push(), second);
}

function pairOfNumber(a: FloatNumber, first: FloatNumber, second: FloatNumber, isTangent: bool): void {
  if (a.kind == Kind.Infinity) {
    giveIndefinite(first);
    copyNumber(second, first);
    return;
  }
  if (isTangent) {
    fromInteger(1, second);
    tangentOfNumber(a, first);
    return;
  }
  cosineOfNumber(a, second);
  // C1 is the sine's.
  replaceExceptions(exceptions() & FloatException.All);
  sineOfNumber(a, first);
}

function tangentOfNumber(a: FloatNumber, to: FloatNumber): void {
  copyNumber(to, a);
  if (a.kind == Kind.Zero) return;
  signalDenormal(a.isDenormal);
  tangent(a, to);
  roundInexact(to);
}

function clearC2(): void {
  cpu().x87Status &= ~X87Status.C2;
}

/** Whether an argument is finite and too large: then C2 is all that is set. */
function isOutOfRange(a: FloatNumber): bool {
  if (a.kind != Kind.Finite || a.exponent < TRIGONOMETRIC_LIMIT) return false;
  clearC1();
  cpu().x87Status |= X87Status.C2;
  return true;
}
