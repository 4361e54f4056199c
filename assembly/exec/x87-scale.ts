/** FRNDINT, FSCALE, FXTRACT (APM vol 5). */
import { FloatException, signal } from '../softfloat/environment';
import { fromInteger, roundToIntegral } from '../softfloat/integral';
import {
  copyNumber,
  FloatNumber,
  Kind,
  operandA,
  operandB,
  result,
  setInfinity,
  setZero,
} from '../softfloat/number';
import { roundToExtended } from '../softfloat/round';
import { EXTENDED_BIAS } from '../softfloat/unpack';
import { beginOperation, endOperation, signalInvalid, X87Status } from './x87-exception';
import {
  giveIndefinite,
  readStack,
  resolvesOperand,
  resolvesOperands,
  signalDenormal,
  writeRegister,
  writeStack,
} from './x87-operand';
import { beginOnTop, beginOnTopTwo, isEmpty, push, setIndefinite } from './x87-stack';

/** FRNDINT */
export function roundTop(): void {
  if (!beginOnTop()) return;
  const x = operandA();
  readStack(0, x);
  roundNumber(x);
  if (endOperation()) writeStack(0, x);
}

/** x ← x rounded to an integer as the control word says. */
export function roundNumber(x: FloatNumber): void {
  if (resolvesOperand(x, x)) return;
  signalDenormal(x.isDenormal);
  roundToIntegral(x);
}

/** FSCALE: ST(0) ← ST(0) * 2^(ST(1) truncated). */
export function scale(): void {
  if (!beginOnTopTwo()) return;
  const a = operandA();
  const b = operandB();
  const x = result();
  readStack(0, a);
  readStack(1, b);
  if (!resolvesOperands(a, b, x)) scaleNumber(a, b, x);
  if (endOperation()) writeStack(0, x);
}

/** More than any exponent difference: results beyond are all alike. */
const MOST_SCALE: i64 = 0x10000;

function scaleNumber(a: FloatNumber, b: FloatNumber, to: FloatNumber): void {
  signalDenormal(a.isDenormal | b.isDenormal);
  copyNumber(to, a);
  if (b.kind == Kind.Infinity) {
    if (b.sign != 0 ? a.kind == Kind.Infinity : a.kind == Kind.Zero) giveIndefinite(to);
    else if (b.sign != 0) setZero(to, a.sign);
    else setInfinity(to, a.sign);
    return;
  }
  if (a.kind != Kind.Finite) return;
  to.exponent += truncated(b);
  roundToExtended(to, 64);
  settleRange(to);
}

/** Wrapping the exponent once brings any other result of arithmetic back into range; a power of two may be far beyond. */
function settleRange(x: FloatNumber): void {
  if (x.kind != Kind.Finite) return;
  if (x.exponent > EXTENDED_BIAS) {
    signal(FloatException.Precision | FloatException.RoundedUp);
    setInfinity(x, x.sign);
  } else if (x.exponent < 1 - EXTENDED_BIAS) {
    signal(FloatException.Precision);
    setZero(x, x.sign);
  }
}

/** b as an integer, kept within `MOST_SCALE`; changes b. */
function truncated(b: FloatNumber): i32 {
  if (b.kind == Kind.Zero || b.exponent < 0) return 0;
  if (b.exponent > 16) return <i32>(b.sign != 0 ? -MOST_SCALE : MOST_SCALE);
  const magnitude = <i32>(b.high >> (<u64>(63 - b.exponent)));
  return b.sign != 0 ? -magnitude : magnitude;
}

/** FXTRACT: ST(0) ← exponent; push significand. */
export function extract(): void {
  if (isEmpty(0) || !isEmpty(7)) {
    const isOverflow = !isEmpty(0);
    if (!signalInvalid(X87Status.StackFault | (isOverflow ? X87Status.C1 : 0))) return;
    setIndefinite(0);
    push();
    setIndefinite(0);
    return;
  }
  beginOperation();
  const significand = operandA();
  const exponent = result();
  readStack(0, significand);
  if (resolvesOperand(significand, exponent)) copyNumber(significand, exponent);
  else extractNumber(significand, exponent);
  if (!endOperation()) return;
  writeStack(0, exponent);
  writeRegister(push(), significand);
}

function extractNumber(significand: FloatNumber, exponent: FloatNumber): void {
  if (significand.kind == Kind.Infinity) {
    setInfinity(exponent, 0);
  } else if (significand.kind == Kind.Zero) {
    signal(FloatException.ZeroDivide);
    setInfinity(exponent, 1);
  } else {
    signalDenormal(significand.isDenormal);
    fromInteger(<i64>significand.exponent, exponent);
    significand.exponent = 0;
  }
}
