/** Loads onto the x87 stack: floating-point numbers, integers, packed decimals, constants (APM vol 5, FLD, FILD, FBLD). */
import { Flow } from '../abi/stop';
import { X87Arithmetic, X87Constant } from '../abi/x87-op';
import { isAborted } from '../fault';
import { readLinear } from '../memory';
import { FloatException, Rounding, roundingMode } from '../softfloat/environment';
import { fromInteger } from '../softfloat/integral';
import { FloatNumber, operandB, result } from '../softfloat/number';
import { unpackF32, unpackF64 } from '../softfloat/unpack';
import { SIGN_EXPONENT } from '../x87-state';
import { arithmeticExpanded, arithmeticOperand } from './x87-arithmetic';
import { compareOperand } from './x87-compare';
import { beginOperation, clearC1, endOperation, isUnmasked } from './x87-exception';
import { expandedSignificand, expandedTop, expandFloat, expandInteger } from './x87-fast-convert';
import { resolvesOperand, signalDenormal, writeRegister } from './x87-operand';
import { canPush, push } from './x87-stack';

/** to ← the floating-point number of T's size, and begins an operation. */
export function unpackFloat<T extends number>(bits: T, to: FloatNumber): void {
  beginOperation();
  if (sizeof<T>() == 4) unpackF32(<u32>bits, to);
  else unpackF64(<u64>bits, to);
}

/** FLD m32, m64 */
export function loadFloat<T extends number>(linear: u64, seg: u32): Flow {
  const bits = readLinear<T>(linear, seg);
  if (isAborted()) return Flow.Abort;
  if (!canPush()) return Flow.Next;
  if (expandFloat<T>(bits)) {
    clearC1();
    pushExpanded();
    return Flow.Next;
  }
  const x = operandB();
  unpackFloat<T>(bits, x);
  settleLoaded(x);
  // Only an invalid operation forbids the push: an unmasked denormal operand is reported after it.
  const isPushed = endOperation() || !isUnmasked(FloatException.Invalid);
  if (isPushed) writeRegister(push(), x);
  return Flow.Next;
}

/** What a load signals: x is a denormal number, or a NaN, which becomes quiet. */
export function settleLoaded(x: FloatNumber): void {
  if (!resolvesOperand(x, x)) signalDenormal(x.isDenormal);
}

/** FILD */
export function loadInteger<T extends number>(linear: u64, seg: u32): Flow {
  const value = <i64>readLinear<T>(linear, seg);
  if (isAborted()) return Flow.Abort;
  if (!canPush()) return Flow.Next;
  expandInteger(value);
  pushExpanded();
  return Flow.Next;
}

/** Pushes the number that `expandFloat` or `expandInteger` has made. */
function pushExpanded(): void {
  clearC1();
  write(push(), expandedSignificand(), <u16>expandedTop());
}

/** FLD m80: whatever the bytes say, without an exception. */
export function loadExtended(linear: u64, seg: u32): Flow {
  const significand = readLinear<u64>(linear, seg);
  if (isAborted()) return Flow.Abort;
  const signExponent = readLinear<u16>(linear + 8, seg);
  if (isAborted()) return Flow.Abort;
  if (!canPush()) return Flow.Next;
  clearC1();
  const to = push();
  store<u64>(to, significand);
  store<u16>(to, signExponent, SIGN_EXPONENT);
  return Flow.Next;
}

/** FBLD: eighteen digits, two a byte, and a sign. */
export function loadDecimal(linear: u64, seg: u32): Flow {
  const low = readLinear<u64>(linear, seg);
  if (isAborted()) return Flow.Abort;
  const high = readLinear<u16>(linear + 8, seg);
  if (isAborted()) return Flow.Abort;
  if (!canPush()) return Flow.Next;
  clearC1();
  const x = result();
  fromInteger(<i64>decimalValue(low, high), x);
  x.sign = (<u32>high) >> 15;
  writeRegister(push(), x);
  return Flow.Next;
}

function decimalValue(low: u64, high: u16): u64 {
  let value: u64 = <u64>((high >> 4) & 0xf) * 10 + (high & 0xf);
  for (let shift: u64 = 64; shift > 0; shift -= 4) value = value * 10 + ((low >> (shift - 4)) & 0xf);
  return value;
}

/** ST(0) ← ST(0) op a floating-point number in memory. */
export function arithmeticFloat<T extends number>(operation: X87Arithmetic, linear: u64, seg: u32): Flow {
  const bits = readLinear<T>(linear, seg);
  if (isAborted()) return Flow.Abort;
  if (expandFloat<T>(bits) && arithmeticExpanded(operation)) return Flow.Next;
  unpackFloat<T>(bits, operandB());
  return operate(operation);
}

/** ST(0) ← ST(0) op an integer in memory. */
export function arithmeticInteger<T extends number>(operation: X87Arithmetic, linear: u64, seg: u32): Flow {
  const value = <i64>readLinear<T>(linear, seg);
  if (isAborted()) return Flow.Abort;
  expandInteger(value);
  if (arithmeticExpanded(operation)) return Flow.Next;
  beginOperation();
  fromInteger(value, operandB());
  return operate(operation);
}

function operate(operation: X87Arithmetic): Flow {
  const isComparison = operation == X87Arithmetic.Compare || operation == X87Arithmetic.ComparePop;
  if (isComparison) compareOperand(operation == X87Arithmetic.ComparePop);
  else arithmeticOperand(operation);
  return Flow.Next;
}

/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: as rounding control has it, but no inexact result (APM vol 5). */
export function loadConstant(constant: X87Constant): void {
  if (!canPush()) return;
  clearC1();
  const to = push();
  beginOperation();
  switch (constant) {
    case X87Constant.One:
      write(to, 0x8000000000000000, 0x3fff);
      break;
    case X87Constant.Log2Of10:
      write(to, isRoundedUp() ? 0xd49a784bcd1b8aff : 0xd49a784bcd1b8afe, 0x4000);
      break;
    case X87Constant.Log2OfE:
      write(to, isRoundedDown() ? 0xb8aa3b295c17f0bb : 0xb8aa3b295c17f0bc, 0x3fff);
      break;
    case X87Constant.Pi:
      write(to, isRoundedDown() ? 0xc90fdaa22168c234 : 0xc90fdaa22168c235, 0x4000);
      break;
    case X87Constant.Log10Of2:
      write(to, isRoundedDown() ? 0x9a209a84fbcff798 : 0x9a209a84fbcff799, 0x3ffd);
      break;
    case X87Constant.LnOf2:
      write(to, isRoundedDown() ? 0xb17217f7d1cf79ab : 0xb17217f7d1cf79ac, 0x3ffe);
      break;
    default:
      write(to, 0, 0);
      break;
  }
}

function isRoundedUp(): bool {
  return roundingMode() == Rounding.Up;
}

function isRoundedDown(): bool {
  return roundingMode() == Rounding.Down || roundingMode() == Rounding.Zero;
}

function write(to: u32, significand: u64, signExponent: u16): void {
  store<u64>(to, significand);
  store<u16>(to, signExponent, SIGN_EXPONENT);
}
