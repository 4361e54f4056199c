/** FADD, FSUB, FMUL, FDIV and their reversed, popping and integer forms, FSQRT (APM vol 5). */
import { X87Arithmetic } from '../abi/x87-op';
import { add, subtract } from '../softfloat/add';
import { divide } from '../softfloat/divide';
import { multiply } from '../softfloat/multiply';
import { FloatNumber, operandA, operandB, result } from '../softfloat/number';
import { roundToExtended } from '../softfloat/round';
import { squareRoot } from '../softfloat/square-root';
import { SIGN_EXPONENT, stackX87 } from '../x87-state';
import { beginOperation, endOperation, precision } from './x87-exception';
import { fastArithmetic, fastSquareRoot, resultTop } from './x87-fast';
import { expandedSignificand, expandedTop } from './x87-fast-convert';
import { readStack, signalDenormal, resolvesOperand, resolvesOperands, writeStack } from './x87-operand';
import { beginOnTop, isEmpty, pop, setIndefinite, underflowStack } from './x87-stack';

/** ST(to) ← ST(0) op ST(i), where `to` is 0 or i. */
export function arithmeticStack(operation: X87Arithmetic, i: u32, to: u32, isPopping: bool): void {
  if (isEmpty(0) || isEmpty(i)) {
    if (!underflowStack()) return;
    setIndefinite(to);
    if (isPopping) pop();
    return;
  }
  if (fastOnStack(operation, stackX87(0), stackX87(i), stackX87(to))) {
    if (isPopping) pop();
    return;
  }
  beginOperation();
  readStack(0, operandA());
  readStack(i, operandB());
  if (compute(operation, to) && isPopping) pop();
}

/** On registers at addresses. */
function fastOnStack(operation: X87Arithmetic, a: u32, b: u32, to: u32): bool {
  const aTop: u32 = load<u16>(a, SIGN_EXPONENT);
  const bTop: u32 = load<u16>(b, SIGN_EXPONENT);
  return writeFast(to, fastArithmetic(operation, load<u64>(a), aTop, load<u64>(b), bTop));
}

/** The register at an address ← what a fast operation has returned. False: it has done nothing. */
function writeFast(to: u32, significand: u64): bool {
  if (significand == 0) return false;
  store<u64>(to, significand);
  store<u16>(to, <u16>resultTop(), SIGN_EXPONENT);
  return true;
}

/** ST(0) ← ST(0) op a number that `expandFloat` has made. False: nothing is done. */
export function arithmeticExpanded(operation: X87Arithmetic): bool {
  if (isEmpty(0)) return false;
  const top = stackX87(0);
  const signExponent: u32 = load<u16>(top, SIGN_EXPONENT);
  const operand = expandedSignificand();
  return writeFast(top, fastArithmetic(operation, load<u64>(top), signExponent, operand, expandedTop()));
}

/** ST(0) ← ST(0) op the number in `operandB`; the operation has begun. */
export function arithmeticOperand(operation: X87Arithmetic): void {
  if (isEmpty(0)) {
    if (underflowStack()) setIndefinite(0);
    return;
  }
  readStack(0, operandA());
  compute(operation, 0);
}

/** ST(to) ← A op B. False: an unmasked exception forbids it. */
function compute(operation: X87Arithmetic, to: u32): bool {
  arithmeticOfNumbers(operation);
  if (!endOperation()) return false;
  writeStack(to, result());
  return true;
}

/** `result` ← A op B, rounded as the control word says. */
export function arithmeticOfNumbers(operation: X87Arithmetic): void {
  const a = operandA();
  const b = operandB();
  const x = result();
  if (resolvesOperands(a, b, x)) return;
  combine(operation, a, b, x);
  signalDenormal(a.isDenormal | b.isDenormal);
  roundToExtended(x, precision());
}

function combine(operation: X87Arithmetic, a: FloatNumber, b: FloatNumber, to: FloatNumber): void {
  switch (operation) {
    case X87Arithmetic.Add:
      add(a, b, to);
      break;
    case X87Arithmetic.Multiply:
      multiply(a, b, to);
      break;
    case X87Arithmetic.Subtract:
      subtract(a, b, to);
      break;
    case X87Arithmetic.SubtractReversed:
      subtract(b, a, to);
      break;
    case X87Arithmetic.Divide:
      divide(a, b, to);
      break;
    default:
      divide(b, a, to);
      break;
  }
}

/** FSQRT */
export function squareRootOfTop(): void {
  if (!beginOnTop()) return;
  const top = stackX87(0);
  if (writeFast(top, fastSquareRoot(load<u64>(top), load<u16>(top, SIGN_EXPONENT)))) return;
  readStack(0, operandA());
  rootOfNumber();
  if (endOperation()) writeStack(0, result());
}

/** `result` ← the square root of A, rounded as the control word says. */
export function rootOfNumber(): void {
  const a = operandA();
  const x = result();
  if (resolvesOperand(a, x)) return;
  squareRoot(a, x);
  signalDenormal(a.isDenormal);
  roundToExtended(x, precision());
}
