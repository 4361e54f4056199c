/** FCOM, FUCOM, FCOMI, FTST, FXAM and their forms (APM vol 5). */
import { Rflags } from '../abi/processor-bits';
import { setStatusFlags } from '../flags';
import { compare } from '../softfloat/compare';
import { FloatException, signal } from '../softfloat/environment';
import { FloatNumber, isSignalling, Kind, operandA, operandB, setZero } from '../softfloat/number';
import { unpackExtended } from '../softfloat/unpack';
import { cpu } from '../state';
import { SIGN_EXPONENT, stackX87 } from '../x87-state';
import { beginOperation, clearC1, endOperation, X87Status } from './x87-exception';
import { fastOrder } from './x87-fast-convert';
import { isNumber, readStack, signalDenormal } from './x87-operand';
import { isEmpty, pop, underflowStack } from './x87-stack';

const CONDITION_CODES: u32 = X87Status.C0 | X87Status.C2 | X87Status.C3;
/** C3, C2 and C0 as a comparison sets them. */
const LESS: u32 = X87Status.C0;
const EQUAL: u32 = X87Status.C3;
const UNORDERED: u32 = CONDITION_CODES;

function setConditionCodes(codes: u32): void {
  const state = cpu();
  state.x87Status = (state.x87Status & ~CONDITION_CODES) | codes;
}

/** FCOM, FUCOM with ST(i); `pops` registers are popped. */
export function compareStack(i: u32, isQuiet: bool, pops: u32): void {
  if (isEmpty(0) || isEmpty(i)) {
    finish(UNORDERED, underflowStack(), pops);
    return;
  }
  const codes = orderOfRegisters(stackX87(0), stackX87(i), isQuiet);
  finish(codes, isOrderAllowed, pops);
}

/** The last comparison is not forbidden by an unmasked exception. */
let isOrderAllowed: bool = true;

/** Compares registers at addresses. */
function orderOfRegisters(a: u32, b: u32, isQuiet: bool): u32 {
  const aTop: u32 = load<u16>(a, SIGN_EXPONENT);
  const bTop: u32 = load<u16>(b, SIGN_EXPONENT);
  return orderOfNumbers(load<u64>(a), aTop, load<u64>(b), bTop, isQuiet);
}

/** The condition codes of a against b; clears C1. */
export function orderOfNumbers(a: u64, aTop: u32, b: u64, bTop: u32, isQuiet: bool): u32 {
  const fast = fastOrder(a, aTop, b, bTop);
  if (fast >= 0) {
    clearC1();
    isOrderAllowed = true;
    return fast;
  }
  beginOperation();
  unpackExtended(aTop, a, operandA());
  unpackExtended(bTop, b, operandB());
  const codes = order(operandA(), operandB(), isQuiet);
  isOrderAllowed = endOperation();
  return codes;
}

/** FCOM with the number in `operandB`; the operation has begun. */
export function compareOperand(isPopping: bool): void {
  const pops: u32 = isPopping ? 1 : 0;
  if (isEmpty(0)) {
    finish(UNORDERED, underflowStack(), pops);
    return;
  }
  readStack(0, operandA());
  const codes = order(operandA(), operandB(), false);
  finish(codes, endOperation(), pops);
}

/** FTST */
export function testTop(): void {
  setZero(operandB(), 0);
  beginOperation();
  compareOperand(false);
}

/** The codes are set even by an unmasked exception, which only keeps the registers from being popped. */
function finish(codes: u32, isAllowed: bool, pops: u32): void {
  setConditionCodes(codes);
  if (!isAllowed) return;
  for (let n: u32 = 0; n < pops; n++) pop();
}

/** The condition codes of a against b, signalled. Quiet NaNs are an invalid operation unless the comparison is quiet. */
export function order(a: FloatNumber, b: FloatNumber, isQuiet: bool): u32 {
  if (!isNumber(a) || !isNumber(b)) {
    const isUnsupported = a.kind == Kind.Unsupported || b.kind == Kind.Unsupported;
    const isInvalid = !isQuiet || isUnsupported || isSignalling(a) || isSignalling(b);
    if (isInvalid) signal(FloatException.Invalid);
    return UNORDERED;
  }
  signalDenormal(a.isDenormal | b.isDenormal);
  const sign = compare(a, b);
  if (sign == 0) return EQUAL;
  return sign < 0 ? LESS : 0;
}

/** FCOMI, FUCOMI */
export function compareFlags(i: u32, isQuiet: bool, isPopping: bool): void {
  const state = cpu();
  const c1 = state.x87Status & X87Status.C1;
  let codes = UNORDERED;
  let isAllowed: bool;
  if (isEmpty(0) || isEmpty(i)) {
    isAllowed = underflowStack();
  } else {
    codes = orderOfRegisters(stackX87(0), stackX87(i), isQuiet);
    isAllowed = isOrderAllowed;
    state.x87Status |= c1;
  }
  // C0, C2 and C3 lie in the upper byte of FSW as CF, PF and ZF lie in RFLAGS.
  setStatusFlags((codes >> 8) & (Rflags.Cf | Rflags.Pf | Rflags.Zf));
  if (isAllowed && isPopping) pop();
}

/** Classes of FXAM (APM vol 5). */
const UNSUPPORTED_CLASS: u32 = 0;
const NAN_CLASS: u32 = X87Status.C0;
const NORMAL_CLASS: u32 = X87Status.C2;
const INFINITY_CLASS: u32 = X87Status.C2 | X87Status.C0;
const ZERO_CLASS: u32 = X87Status.C3;
const EMPTY_CLASS: u32 = X87Status.C3 | X87Status.C0;
const DENORMAL_CLASS: u32 = X87Status.C3 | X87Status.C2;

/** FXAM: C1 is the sign, of an empty register too. */
export function examineTop(): void {
  const state = cpu();
  const negative = (<u32>load<u16>(stackX87(0), SIGN_EXPONENT)) >> 15;
  state.x87Status = (state.x87Status & ~X87Status.C1) | (negative != 0 ? X87Status.C1 : 0);
  setConditionCodes(isEmpty(0) ? EMPTY_CLASS : classOfTop());
}

function classOfTop(): u32 {
  const a = operandA();
  readStack(0, a);
  switch (a.kind) {
    case Kind.Zero:
      return ZERO_CLASS;
    case Kind.Finite:
      return a.isDenormal != 0 ? DENORMAL_CLASS : NORMAL_CLASS;
    case Kind.Infinity:
      return INFINITY_CLASS;
    case Kind.Nan:
      return NAN_CLASS;
    default:
      return UNSUPPORTED_CLASS;
  }
}
