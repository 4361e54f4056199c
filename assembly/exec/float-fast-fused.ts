/**
 * x * y + z with one rounding, from operations that round each time; where that is certain to give what softfloat gives.
 *
 * A sum that is rounded to odd (to the neighbour whose last bit is set, if it is not exact) can be rounded again, to at least
 * two bits less, as though it had never been rounded: S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums:
 * proved algorithms using rounding to odd" (IEEE Transactions on Computers 57, 2008).
 */
import { isWasmLike, signalPrecision } from './float-environment';

const F32_LEAST_NORMAL: f32 = 1.1754943508222875e-38;
/** Twice that: what is below may have been tiny before it was rounded. */
const F32_SMALL: f32 = 2.350988701644575e-38;
const F32_INFINITY: f32 = Infinity;
/** Magnitudes of f64 operands whose products and errors neither overflow nor become denormal. */
const F64_LEAST: f64 = 1e-100;
const F64_LARGEST: f64 = 1e100;
/** 2^27 + 1 splits an f64 into halves (G. W. Veltkamp; T. J. Dekker 1971). */
const SPLITTER: f64 = 134217729;

/** Set by a lane whose result is not exact. */
let isInexact: bool = false;
/** The error of the last `sumOf`. */
let error: f64 = 0;

/** MXCSR lets results be made here. */
export function mayFuseFast(): bool {
  isInexact = false;
  return isWasmLike();
}

/** Signals what the lanes since `mayFuseFast` do. */
export function finishFuseFast(): void {
  if (isInexact) signalPrecision();
}

/** The nearest sum; its exact error goes to `error` (D. Knuth, TAOCP vol 2 §4.2.2, Theorem B). */
function sumOf(a: f64, b: f64): f64 {
  const sum = a + b;
  const virtual = sum - a;
  error = a - (sum - virtual) + (b - virtual);
  return sum;
}

/** `sum`, moved to its neighbour in the direction of `error` if its last bit is clear and it is not exact. */
function toOdd(sum: f64): f64 {
  const bits = reinterpret<i64>(sum);
  if (error == 0 || (bits & 1) != 0) return sum;
  const isOutward = error > 0 == sum > 0;
  return reinterpret<f64>(isOutward ? bits + 1 : bits - 1);
}

/** x * y + z. A NaN if softfloat must do it. */
export function fuse<F extends number>(x: F, y: F, z: F): F {
  return sizeof<F>() == 4 ? <F>fuseF32(<f32>x, <f32>y, <f32>z) : <F>fuseF64(<f64>x, <f64>y, <f64>z);
}

function fuseF32(x: f32, y: f32, z: f32): f32 {
  if (!isOrdinaryF32(x) || !isOrdinaryF32(y) || !isOrdinaryF32(z)) return NaN;
  const sum = sumOf(<f64>x * <f64>y, <f64>z);
  const result = <f32>toOdd(sum);
  const magnitude = abs<f32>(result);
  if (magnitude == F32_INFINITY || (magnitude < F32_SMALL && sum != 0)) return NaN;
  if (error != 0 || <f64>result != sum) isInexact = true;
  return result;
}

/** Zero, or finite and not denormal. */
function isOrdinaryF32(x: f32): bool {
  const magnitude = abs<f32>(x);
  return x == 0 || (magnitude >= F32_LEAST_NORMAL && magnitude < F32_INFINITY);
}

function fuseF64(x: f64, y: f64, z: f64): f64 {
  if (!isModerate(x) || !isModerate(y) || !isModerate(z)) return NaN;
  if (x == 0 || y == 0) return x * y + z;
  const product = x * y;
  const inner = sumOf(z, productError(x, y, product));
  const innerError = error;
  const outer = sumOf(product, inner);
  const rest = toOdd(sumOf(innerError, error));
  if (error != 0) isInexact = true;
  const result = sumOf(outer, rest);
  if (error != 0) isInexact = true;
  return result;
}

function isModerate(x: f64): bool {
  const magnitude = abs<f64>(x);
  return x == 0 || (magnitude >= F64_LEAST && magnitude <= F64_LARGEST);
}

/** x * y - product, exactly. */
function productError(x: f64, y: f64, product: f64): f64 {
  const highX = upperHalf(x);
  const highY = upperHalf(y);
  const lowX = x - highX;
  const lowY = y - highY;
  return lowX * lowY - (product - highX * highY - lowX * highY - highX * lowY);
}

function upperHalf(x: f64): f64 {
  const scaled = SPLITTER * x;
  return scaled - (scaled - x);
}
