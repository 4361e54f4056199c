/** What governs rounding, and the exceptions that arithmetic has signalled (APM vol 1 §4.2.2, §6.2.2). */

/** Exceptions, at their bits in MXCSR and in the x87 status word. */
export enum FloatException {
  Invalid = 1,
  Denormal = 2,
  ZeroDivide = 4,
  Overflow = 8,
  Underflow = 16,
  Precision = 32,
  All = 63,
  /** Not an exception: the rounded result is larger in magnitude than the exact one; x87 shows it in C1. */
  RoundedUp = 256,
}

/** Rounding modes, as MXCSR and the x87 control word encode them. */
export enum Rounding {
  NearestEven,
  Down,
  Up,
  Zero,
}

let rounding: u32 = Rounding.NearestEven;
let masks: u32 = FloatException.All;
let flushes: bool = false;
let wrap: i32 = 0;
let signalled: u32 = 0;

/**
 * Begins an operation without exceptions.
 *
 * @param mode A `Rounding`.
 * @param masked The exceptions that are masked.
 * @param flushesToZero A tiny result becomes zero if underflow is masked (MXCSR.FTZ).
 * @param wrapExponent What an unmasked overflow or underflow takes from or adds to the exponent of the result (24576 for
 *   x87 registers), or 0: the result of such an operation is not used.
 */
export function setEnvironment(mode: u32, masked: u32, flushesToZero: bool, wrapExponent: i32): void {
  rounding = mode;
  masks = masked;
  flushes = flushesToZero;
  wrap = wrapExponent;
  signalled = 0;
}

export function roundingMode(): u32 {
  return rounding;
}

/** For an operation that rounds otherwise than its environment says. */
export function setRoundingMode(mode: u32): void {
  rounding = mode;
}

/** For an operation whose tiny results stay, whatever its environment says. */
export function keepTinyResults(): void {
  flushes = false;
}

export function isMasked(exception: FloatException): bool {
  return (masks & exception) != 0;
}

export function flushesToZero(): bool {
  return flushes;
}

export function exponentWrap(): i32 {
  return wrap;
}

/** Records exceptions. */
export function signal(exceptions: u32): void {
  signalled |= exceptions;
}

/** The exceptions signalled since `setEnvironment`, and `FloatException.RoundedUp`. */
export function exceptions(): u32 {
  return signalled;
}

/** For an operation whose result takes back what was signalled on the way to it. */
export function replaceExceptions(all: u32): void {
  signalled = all;
}
