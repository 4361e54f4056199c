/**
 * Exact binary floating point (IEEE 754, and x87's extended format), on numbers taken apart.
 *
 * How it is used:
 *   1. `setEnvironment` says how to round (environment.ts) and clears the exceptions.
 *   2. `unpackF16/F32/F64/Extended` (unpack.ts) take operands apart; they signal nothing.
 *   3. The caller handles NaN operands and signals the denormal exception: those rules differ between SSE and x87.
 *   4. `add`, `subtract` (add.ts), `multiply` (multiply.ts), `divide` (divide.ts), `squareRoot` (square-root.ts) give the
 *      exact result, or one of 128 bits with a sticky bit; they signal the invalid operation and division by zero. A fused
 *      multiply-add is `multiply`, then `add`. `compare` (compare.ts); `roundToIntegral`, `toInteger`, `fromInteger`
 *      (integral.ts).
 *   5. `roundToF16/F32/F64/Extended` (round.ts) round to a format, which signals overflow, underflow and precision, and
 *      `packF16/F32/F64/packSignExponent` (pack.ts) put the result together.
 *   6. `exceptions()` says what was signalled.
 * Operands may be the same record, and the result may be an operand.
 */

/** What a number is. */
export enum Kind {
  Zero,
  Finite,
  Infinity,
  Nan,
  /** An encoding of the extended format that is no number: the integer bit is clear where it must be set. */
  Unsupported,
}

/** The bit of `high` that a quiet NaN has set. */
export const QUIET: u64 = 0x4000000000000000;
/** The integer bit of `high`. */
export const INTEGER: u64 = 0x8000000000000000;

/** A number: (high.low / 2^127) * 2^exponent. */
@unmanaged
export class FloatNumber {
  /** Of a finite number: bit 63 is set. Of a NaN: bit 63, the quiet bit, the payload aligned to the top. */
  high: u64;
  /** The bits after `high`; bit 0 also stands for all that follow it. */
  low: u64;
  exponent: i32;
  /** 1 if negative. */
  sign: u32;
  /** A `Kind`. */
  kind: u32;
  /** 1 if the operand was encoded as a denormal number. */
  isDenormal: u32;
}

const RECORDS = memory.data(4 * offsetof<FloatNumber>(), 16);

/** The operands and the result of the operation at hand. */
export function operandA(): FloatNumber {
  return changetype<FloatNumber>(RECORDS);
}

export function operandB(): FloatNumber {
  return changetype<FloatNumber>(RECORDS + offsetof<FloatNumber>());
}

export function operandC(): FloatNumber {
  return changetype<FloatNumber>(RECORDS + 2 * offsetof<FloatNumber>());
}

export function result(): FloatNumber {
  return changetype<FloatNumber>(RECORDS + 3 * offsetof<FloatNumber>());
}

/** to ← from */
export function copyNumber(to: FloatNumber, from: FloatNumber): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), offsetof<FloatNumber>());
}

export function isNan(x: FloatNumber): bool {
  return x.kind == Kind.Nan;
}

export function isSignalling(x: FloatNumber): bool {
  return x.kind == Kind.Nan && (x.high & QUIET) == 0;
}

export function setZero(x: FloatNumber, sign: u32): void {
  setSpecial(x, Kind.Zero, sign, 0);
}

export function setInfinity(x: FloatNumber, sign: u32): void {
  setSpecial(x, Kind.Infinity, sign, INTEGER);
}

/** The NaN that an invalid operation gives: "real indefinite" (APM vol 1 §4.3.1.5). */
export function setIndefinite(x: FloatNumber): void {
  setSpecial(x, Kind.Nan, 1, INTEGER | QUIET);
}

function setSpecial(x: FloatNumber, kind: Kind, sign: u32, high: u64): void {
  x.kind = kind;
  x.sign = sign;
  x.high = high;
  x.low = 0;
  x.exponent = 0;
  x.isDenormal = 0;
}
