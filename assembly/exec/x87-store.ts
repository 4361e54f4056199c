/** Stores from ST(0): floating-point numbers, integers, packed decimals (APM vol 5, FST, FIST, FISTTP, FBSTP). */
import { Flow } from '../abi/stop';
import { isAborted } from '../fault';
import { readForWrite, writeLinear } from '../memory';
import {
  exceptions,
  FloatException,
  replaceExceptions,
  Rounding,
  setRoundingMode,
  signal,
} from '../softfloat/environment';
import { toInteger } from '../softfloat/integral';
import { FloatNumber, operandA, setIndefinite } from '../softfloat/number';
import { packF32, packF64 } from '../softfloat/pack';
import { roundToF32, roundToF64 } from '../softfloat/round';
import { cpu } from '../state';
import { SIGN_EXPONENT, stackX87 } from '../x87-state';
import { allowsStore, beginOperation, endWith, X87Status } from './x87-exception';
import { compressedBits, compressFloat, compressInteger, recordCompression } from './x87-fast-convert';
import { isNumber, readStack, resolvesOperand } from './x87-operand';
import { isEmpty, pop } from './x87-stack';

const INDEFINITE: u64 = 0xc000000000000000;
const INDEFINITE_SIGN_EXPONENT: u16 = 0xffff;
/** Packed decimal indefinite (APM vol 1 §6.3.1). */
const DECIMAL_INDEFINITE_HIGH: u16 = 0xffff;

/** Begins a store: x ← ST(0), a NaN that signals the invalid operation if it is empty. */
function beginStore(x: FloatNumber): void {
  beginOperation();
  if (isEmpty(0)) {
    signal(FloatException.Invalid);
    setIndefinite(x);
  } else {
    readStack(0, x);
  }
}

/** Ends a store that has been made, or that its exceptions forbid. */
function endStore(isStored: bool, isPopping: bool): Flow {
  const wasEmpty = isEmpty(0);
  endWith(exceptions());
  if (wasEmpty) cpu().x87Status |= X87Status.StackFault;
  if (isStored && isPopping) pop();
  return Flow.Next;
}

/** What is no number becomes a quiet NaN. A denormal operand of a store is no exception. */
function quiet(x: FloatNumber): void {
  if (!isNumber(x)) resolvesOperand(x, x);
}

/** FST m32, m64 */
export function storeFloat<T extends number>(linear: u64, seg: u32, isPopping: bool): Flow {
  if (!isEmpty(0)) {
    const from = stackX87(0);
    if (compressFloat<T>(load<u64>(from), load<u16>(from, SIGN_EXPONENT)))
      return storeCompressed<T>(linear, seg, isPopping);
  }
  const x = operandA();
  beginStore(x);
  return storeValue<T>(linear, seg, packRounded<T>(x), isPopping);
}

/** The bits of a number rounded to the format of T; changes x. */
export function packRounded<T extends number>(x: FloatNumber): T {
  quiet(x);
  if (sizeof<T>() == 4) roundToF32(x);
  else roundToF64(x);
  return sizeof<T>() == 4 ? <T>packF32(x) : <T>packF64(x);
}

function storeCompressed<T extends number>(linear: u64, seg: u32, isPopping: bool): Flow {
  writeLinear<T>(linear, seg, <T>compressedBits());
  if (isAborted()) return Flow.Abort;
  recordCompression();
  if (isPopping) pop();
  return Flow.Next;
}

/** FIST, FISTP; FISTTP if it truncates. */
export function storeInteger<T extends number>(
  linear: u64,
  seg: u32,
  isTruncating: bool,
  isPopping: bool,
): Flow {
  if (!isEmpty(0)) {
    const from = stackX87(0);
    if (compressInteger(load<u64>(from), load<u16>(from, SIGN_EXPONENT), sizeof<T>() * 8, isTruncating))
      return storeCompressed<T>(linear, seg, isPopping);
  }
  const x = operandA();
  beginStore(x);
  if (isTruncating) setRoundingMode(Rounding.Zero);
  const value = <T>toInteger(x, sizeof<T>() * 8);
  return storeValue<T>(linear, seg, value, isPopping);
}

function storeValue<T extends number>(linear: u64, seg: u32, value: T, isPopping: bool): Flow {
  const isStored = allowsStore();
  if (isStored) writeLinear<T>(linear, seg, value);
  else readForWrite<T>(linear, seg);
  if (isAborted()) return Flow.Abort;
  return endStore(isStored, isPopping);
}

/** FSTP m80: whatever the register holds, without an exception unless it is empty. */
export function storeExtended(linear: u64, seg: u32): Flow {
  beginOperation();
  if (isEmpty(0)) signal(FloatException.Invalid);
  const from = stackX87(0);
  const significand = isEmpty(0) ? INDEFINITE : load<u64>(from);
  const signExponent = isEmpty(0) ? INDEFINITE_SIGN_EXPONENT : load<u16>(from, SIGN_EXPONENT);
  return storeTenBytes(linear, seg, significand, signExponent);
}

function storeTenBytes(linear: u64, seg: u32, low: u64, high: u16): Flow {
  if (!canStoreTenBytes(linear, seg)) return Flow.Abort;
  if (!allowsStore()) return endStore(false, true);
  writeTenBytes(linear, seg, low, high);
  return endStore(true, true);
}

/** Both parts are known to be writable before either is written. */
function canStoreTenBytes(linear: u64, seg: u32): bool {
  readForWrite<u64>(linear, seg);
  if (isAborted()) return false;
  readForWrite<u16>(linear + 8, seg);
  return !isAborted();
}

function writeTenBytes(linear: u64, seg: u32, low: u64, high: u16): void {
  writeLinear<u64>(linear, seg, low);
  writeLinear<u16>(linear + 8, seg, high);
}

/** Stores a register of ten bytes, or aborts. */
export function storeNumber(linear: u64, seg: u32, significand: u64, signExponent: u16): void {
  if (canStoreTenBytes(linear, seg)) writeTenBytes(linear, seg, significand, signExponent);
}

/** The least number of nineteen digits, which a packed decimal cannot hold. */
const DECIMAL_LIMIT: u64 = 1000000000000000000;

/** FBSTP */
export function storeDecimal(linear: u64, seg: u32): Flow {
  const x = operandA();
  beginStore(x);
  const sign: u16 = x.sign != 0 ? 0x8000 : 0;
  const value = toInteger(x, 64);
  const magnitude = <u64>(value < 0 ? 0 - value : value);
  if (magnitude >= DECIMAL_LIMIT || !isNumber(x)) {
    replaceExceptions(FloatException.Invalid);
    return storeTenBytes(linear, seg, INDEFINITE, DECIMAL_INDEFINITE_HIGH);
  }
  const high = magnitude / 10000000000000000;
  return storeTenBytes(
    linear,
    seg,
    packDigits(magnitude % 10000000000000000, 16),
    sign | (<u16>packDigits(high, 2)),
  );
}

function packDigits(value: u64, digits: u64): u64 {
  let packed: u64 = 0;
  let rest = value;
  for (let shift: u64 = 0; shift < digits * 4; shift += 4) {
    packed |= (rest % 10) << shift;
    rest /= 10;
  }
  return packed;
}
