/**
 * Scalar conversions and comparisons with Wasm's own instructions, where they give the same as softfloat: see float-fast.ts.
 * Each function returns false if that is not certain; then nothing has happened.
 */
import { FloatOp } from '../abi/float-op';
import { Rflags } from '../abi/processor-bits';
import { setStatusFlags } from '../flags';
import { cpu, register, setRegister } from '../state';
import { UopRecord } from '../uop-record';
import { vectorAddress } from '../vector-file';
import { isPrecisionSignalled, isWasmLike, signalPrecision } from './float-environment';
import { storeResult } from './float-fast';

const PRECISION_MASK: u32 = 0x1000;
const ROUNDING: u32 = 0x6000;
/** Integers up to these have an exact f32 or f64. */
const EXACT_F32: u64 = 0x1000000;
const EXACT_F64: u64 = 0x20000000000000;
const LIMIT_32: f64 = 2147483648;
const LIMIT_64: f64 = 9223372036854775808;
/** Magnitudes of f32 results that cannot have been tiny, and of the largest that cannot overflow. */
const LEAST_F32: f64 = 2.350988701644575e-38;
const LARGEST_F32: f64 = 3.4e38;
const F32_LEAST_NORMAL: u32 = 0x00800000;
const F32_INFINITY: u32 = 0x7f800000;
const F64_LEAST_NORMAL: u64 = 0x0010000000000000;
const F64_INFINITY: u64 = 0x7ff0000000000000;

/** Neither a denormal number nor a NaN. */
function isOrdinaryF32(bits: u32): bool {
  const magnitude = bits & 0x7fffffff;
  return magnitude == 0 || (magnitude >= F32_LEAST_NORMAL && magnitude <= F32_INFINITY);
}

function isOrdinaryF64(bits: u64): bool {
  const magnitude = bits & 0x7fffffffffffffff;
  return magnitude == 0 || (magnitude >= F64_LEAST_NORMAL && magnitude <= F64_INFINITY);
}

/** Loads an operand as f64, which is exact; a denormal number or a NaN gives a NaN. */
function loadOrdinary<F extends number>(from: u32): f64 {
  if (sizeof<F>() == 4) return isOrdinaryF32(load<u32>(from)) ? <f64>load<f32>(from) : NaN;
  return isOrdinaryF64(load<u64>(from)) ? load<f64>(from) : NaN;
}

/** COMISS, UCOMISS… */
export function compareToFlagsFast<F extends number>(uop: UopRecord): bool {
  const a = loadOrdinary<F>(vectorAddress(uop.b));
  const b = loadOrdinary<F>(vectorAddress(uop.c));
  if (a < b) setStatusFlags(Rflags.Cf);
  else if (a == b) setStatusFlags(Rflags.Zf);
  else if (a > b) setStatusFlags(0);
  else return false;
  return true;
}

/** CVTSI2SS, CVTSI2SD: exact, or with PE set and rounded to nearest. */
export function convertFromRegisterFast<F extends number>(uop: UopRecord, op: FloatOp): bool {
  const value = op == FloatOp.CvtSi64 ? register<i64>(uop.c) : <i64>register<i32>(uop.c);
  const magnitude = <u64>(value < 0 ? -value : value);
  const isExact = magnitude <= (sizeof<F>() == 4 ? EXACT_F32 : EXACT_F64);
  if (!isExact && !isRoundingSilent()) return false;
  if (sizeof<F>() == 4) storeResult<f32>(uop, f32x4.splat(<f32>value));
  else storeResult<f64>(uop, f64x2.splat(<f64>value));
  return true;
}

/** An inexact result to nearest changes nothing in MXCSR. */
function isRoundingSilent(): bool {
  return isWasmLike() && isPrecisionSignalled();
}

/** CVTSS2SI, CVTTSD2SI… */
export function convertToRegisterFast<F extends number>(uop: UopRecord, op: FloatOp): bool {
  const value = loadOrdinary<F>(vectorAddress(uop.c));
  const isWide = op == FloatOp.CvtToSi64 || op == FloatOp.CvttToSi64;
  const isTruncated = op == FloatOp.CvttToSi32 || op == FloatOp.CvttToSi64;
  const mxcsr = cpu().mxcsr;
  if (!isTruncated && (mxcsr & ROUNDING) != 0) return false;
  const integer = isTruncated ? Math.trunc(value) : nearest<f64>(value);
  const limit = isWide ? LIMIT_64 : LIMIT_32;
  if (!(integer >= -limit && integer < limit)) return false;
  if (integer != value) {
    if ((mxcsr & PRECISION_MASK) == 0) return false;
    signalPrecision();
  }
  if (isWide) setRegister<u64>(uop.a, <u64>(<i64>integer));
  else setRegister<u32>(uop.a, <u32>(<i32>integer));
  return true;
}

/** CVTSS2SD is exact; CVTSD2SS rounds, and may be too large or too small for that to be all. */
export function convertScalarFast(uop: UopRecord, op: FloatOp): bool {
  const from = vectorAddress(uop.c);
  if (op == FloatOp.CvtSs2Sd) {
    const wide = loadOrdinary<f32>(from);
    if (wide != wide) return false;
    storeResult<f64>(uop, f64x2.splat(wide));
    return true;
  }
  const value = load<f64>(from);
  const magnitude = Math.abs(value);
  const isCertain = value == 0 || (magnitude >= LEAST_F32 && magnitude <= LARGEST_F32);
  const single = <f32>value;
  if (!isCertain || (<f64>single != value && !isRoundingSilent())) return false;
  storeResult<f32>(uop, f32x4.splat(single));
  return true;
}
