/**
 * Arithmetic and comparison with Wasm's own instructions, where that is certain to give the same as softfloat: the same bits,
 * and the same exceptions.
 *
 * Wasm rounds to nearest and signals nothing. So exceptions must be masked; operands must not be denormal (DE, DAZ); results
 * must be neither NaNs (whose payload Wasm leaves open), nor infinities, nor so small that they might be tiny. Then inexactness
 * is the only question, and none if MXCSR.PE is set already. Whatever is not certain is left to softfloat.
 *
 * F and I are the lanes as floating-point numbers and as signed integers. A scalar is a vector whose other lanes hold zeros.
 */
import { FloatFormat, FloatOp } from '../abi/float-op';
import { VectorForm } from '../abi/vector-register';
import { Rounding } from '../softfloat/environment';
import { UopRecord } from '../uop-record';
import { clearUpperHalf, vectorAddress } from '../vector-file';
import { formOf, isPrecisionSignalled, isWasmLike, signalPrecision } from './float-environment';
import { relationsOf } from './float-predicate';
import { FROM_MXCSR, SUPPRESS_PRECISION } from './float-round';

/** Runs Add to Round if it can. False: nothing has happened. */
export function runFast(uop: UopRecord, op: FloatOp, format: FloatFormat, immediate: u32): bool {
  const mayRound = op <= FloatOp.Sqrt || op == FloatOp.Round;
  if (mayRound && !isWasmLike()) return false;
  return ((<i32>format) & 1) != 0
    ? runLanes<f64, i64>(uop, op, format, immediate)
    : runLanes<f32, i32>(uop, op, format, immediate);
}

function runLanes<F extends number, I extends number>(
  uop: UopRecord,
  op: FloatOp,
  format: FloatFormat,
  immediate: u32,
): bool {
  const isScalar = format < FloatFormat.PackedSingle;
  const isUnary = op == FloatOp.Sqrt || op == FloatOp.Round;
  const first = vectorAddress(isUnary ? uop.c : uop.b);
  const second = vectorAddress(uop.c);
  const a = isScalar ? loadScalar<F>(first) : v128.load(first);
  const b = isScalar ? loadDivisor<F>(op, second) : v128.load(second);
  const low = compute<F>(op, a, b, immediate);
  if (!isCertain<I>(op, a, b, low) || !isPrecisionKnown<F, I>(op, a, b, low, immediate)) return false;
  const form = formOf(uop);
  if (form != <u32>VectorForm.Vex256) {
    if (isScalar) {
      storeResult<F>(uop, low);
    } else {
      v128.store(vectorAddress(uop.a), low);
      if (form == <u32>VectorForm.Vex128) clearUpperHalf(vectorAddress(uop.a));
    }
    return true;
  }
  const upperA = v128.load(first, 16);
  const upperB = v128.load(second, 16);
  const high = compute<F>(op, upperA, upperB, immediate);
  if (!isCertain<I>(op, upperA, upperB, high) || !isPrecisionKnown<F, I>(op, upperA, upperB, high, immediate))
    return false;
  v128.store(vectorAddress(uop.a), low);
  v128.store(vectorAddress(uop.a), high, 16);
  return true;
}

function loadScalar<F extends number>(from: u32): v128 {
  return sizeof<F>() == 4 ? v128.load32_zero(from) : v128.load64_zero(from);
}

/** The unused lanes of a divisor are ones, so that no quotient is a NaN. */
function loadDivisor<F extends number>(op: FloatOp, from: u32): v128 {
  if (op != FloatOp.Div) return loadScalar<F>(from);
  return sizeof<F>() == 4
    ? v128.replace_lane<f32>(f32x4.splat(1), 0, load<f32>(from))
    : v128.replace_lane<f64>(f64x2.splat(1), 0, load<f64>(from));
}

/** a ← the first lane of `value`, and the rest of its lower half from b; the upper half as the form says. */
export function storeResult<F extends number>(uop: UopRecord, value: v128): void {
  const to = vectorAddress(uop.a);
  const rest = vectorAddress(uop.b);
  if (rest != to) v128.store(to, v128.load(rest));
  if (sizeof<F>() == 4) store<f32>(to, v128.extract_lane<f32>(value, 0));
  else store<f64>(to, v128.extract_lane<f64>(value, 0));
  if (formOf(uop) == <u32>VectorForm.Vex128) clearUpperHalf(to);
}

function compute<F extends number>(op: FloatOp, a: v128, b: v128, immediate: u32): v128 {
  switch (op) {
    case FloatOp.Add:
      return v128.add<F>(a, b);
    case FloatOp.Sub:
      return v128.sub<F>(a, b);
    case FloatOp.Mul:
      return v128.mul<F>(a, b);
    case FloatOp.Div:
      return v128.div<F>(a, b);
    case FloatOp.Sqrt:
      return v128.sqrt<F>(a);
    case FloatOp.Min:
      return v128.pmin<F>(b, a);
    case FloatOp.Max:
      return v128.pmax<F>(b, a);
    case FloatOp.Round:
      return roundLanes<F>((immediate & FROM_MXCSR) != 0 ? Rounding.NearestEven : immediate & 3, a);
    default:
      return compareLanes<F>(relationsOf(immediate), a, b);
  }
}

function roundLanes<F extends number>(mode: u32, a: v128): v128 {
  switch (mode) {
    case Rounding.NearestEven:
      return v128.nearest<F>(a);
    case Rounding.Down:
      return v128.floor<F>(a);
    case Rounding.Up:
      return v128.ceil<F>(a);
    default:
      return v128.trunc<F>(a);
  }
}

/** All ones in lanes where a relation of the three lowest bits of `relations` holds. */
function compareLanes<F extends number>(relations: u32, a: v128, b: v128): v128 {
  const less = v128.lt<F>(a, b);
  const equal = v128.eq<F>(a, b);
  const greater = v128.not(v128.or(less, equal));
  return v128.or(
    v128.or(selected(less, relations & 1), selected(equal, (relations >> 1) & 1)),
    selected(greater, (relations >> 2) & 1),
  );
}

function selected(lanes: v128, bit: u32): v128 {
  return v128.and(lanes, i32x4.splat(0 - <i32>bit));
}

/** Whether the results are what x86 gives, and the only exception, if any, is precision. */
function isCertain<I extends number>(op: FloatOp, a: v128, b: v128, result: v128): bool {
  const magnitudeA = magnitudes<I>(a);
  const magnitudeB = magnitudes<I>(b);
  const zeros = v128.or(isZero<I>(magnitudeA), isZero<I>(magnitudeB));
  let doubtful = v128.or(isDenormal<I>(magnitudeA), isDenormal<I>(magnitudeB));
  if (op >= FloatOp.Min) {
    doubtful = v128.or(doubtful, v128.gt<I>(magnitudeA, infinity<I>()));
    doubtful = v128.or(doubtful, v128.gt<I>(magnitudeB, infinity<I>()));
    return !v128.any_true(doubtful);
  }
  const magnitude = magnitudes<I>(result);
  doubtful = v128.or(doubtful, v128.ge<I>(magnitude, infinity<I>()));
  // A sum is exact where it is small. Other results are exact zeros if an operand is zero.
  if (op >= FloatOp.Mul) doubtful = v128.or(doubtful, v128.andnot(v128.lt<I>(magnitude, small<I>()), zeros));
  return !v128.any_true(doubtful);
}

/** Settles PE if it is clear. For a sum the error is computed (D. Knuth, TAOCP vol 2 §4.2.2, Theorem B). */
function isPrecisionKnown<F extends number, I extends number>(
  op: FloatOp,
  a: v128,
  b: v128,
  sum: v128,
  immediate: u32,
): bool {
  if (isPrecisionSignalled()) return true;
  if (op == FloatOp.Round) {
    const isSuppressed = (immediate & SUPPRESS_PRECISION) != 0;
    if (!isSuppressed && v128.any_true(v128.ne<F>(a, sum))) signalPrecision();
    return true;
  }
  if (op >= FloatOp.Min) return true;
  if (op > FloatOp.Sub) return false;
  const isNear = v128.or(v128.ge<I>(magnitudes<I>(a), large<I>()), v128.ge<I>(magnitudes<I>(b), large<I>()));
  if (v128.any_true(isNear)) return false;
  const addend = op == FloatOp.Sub ? v128.neg<F>(b) : b;
  const virtual = v128.sub<F>(sum, a);
  const errorA = v128.sub<F>(a, v128.sub<F>(sum, virtual));
  const error = v128.add<F>(errorA, v128.sub<F>(addend, virtual));
  if (v128.any_true(magnitudes<I>(error))) signalPrecision();
  return true;
}

function magnitudes<I extends number>(x: v128): v128 {
  return sizeof<I>() == 4
    ? v128.and(x, i32x4.splat(0x7fffffff))
    : v128.and(x, i64x2.splat(0x7fffffffffffffff));
}

function isZero<I extends number>(magnitude: v128): v128 {
  return v128.eq<I>(magnitude, i64x2.splat(0));
}

function isDenormal<I extends number>(magnitude: v128): v128 {
  return v128.andnot(v128.lt<I>(magnitude, leastNormal<I>()), isZero<I>(magnitude));
}

function infinity<I extends number>(): v128 {
  return sizeof<I>() == 4 ? i32x4.splat(0x7f800000) : i64x2.splat(0x7ff0000000000000);
}

function leastNormal<I extends number>(): v128 {
  return sizeof<I>() == 4 ? i32x4.splat(0x00800000) : i64x2.splat(0x0010000000000000);
}

/** Twice the least normal number: what is below it may have been tiny before it was rounded. */
function small<I extends number>(): v128 {
  return sizeof<I>() == 4 ? i32x4.splat(0x01000000) : i64x2.splat(0x0020000000000000);
}

/** Half of the range of exponents up: nothing on the way to the error of a sum of less overflows. */
function large<I extends number>(): v128 {
  return sizeof<I>() == 4 ? i32x4.splat(0x60000000) : i64x2.splat(0x6000000000000000);
}
