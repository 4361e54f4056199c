/** Numbers between x87 registers and the arithmetic (softfloat/number.ts); what NaN operands give (APM vol 1 §6.4). */
import { exceptions, FloatException, signal } from '../softfloat/environment';
import { copyNumber, FloatNumber, isSignalling, Kind, QUIET, setIndefinite } from '../softfloat/number';
import { packSignExponent, significandOf } from '../softfloat/pack';
import { unpackExtended } from '../softfloat/unpack';
import { SIGN_EXPONENT, stackX87 } from '../x87-state';

/** to ← the register at an address. */
export function readRegister(at: u32, to: FloatNumber): void {
  unpackExtended(load<u16>(at, SIGN_EXPONENT), load<u64>(at), to);
}

/** The register at an address ← x, which has been rounded. */
export function writeRegister(at: u32, x: FloatNumber): void {
  store<u64>(at, significandOf(x));
  store<u16>(at, <u16>packSignExponent(x), SIGN_EXPONENT);
}

/** to ← ST(i) */
export function readStack(i: u32, to: FloatNumber): void {
  readRegister(stackX87(i), to);
}

/** ST(i) ← x */
export function writeStack(i: u32, x: FloatNumber): void {
  writeRegister(stackX87(i), x);
}

/** Neither a NaN nor an unsupported encoding. */
export function isNumber(a: FloatNumber): bool {
  return a.kind != Kind.Nan && a.kind != Kind.Unsupported;
}

/**
 * Whether an operand is no number, and then to ← what the operation gives: the indefinite value for an unsupported
 * encoding, else a quiet NaN.
 */
export function resolvesOperand(a: FloatNumber, to: FloatNumber): bool {
  if (isNumber(a)) return false;
  if (a.kind == Kind.Unsupported) {
    giveIndefinite(to);
  } else {
    if (isSignalling(a)) signal(FloatException.Invalid);
    copyNumber(to, a);
    to.high |= QUIET;
  }
  return true;
}

/** As `resolvesOperand`, of two operands. */
export function resolvesOperands(a: FloatNumber, b: FloatNumber, to: FloatNumber): bool {
  if (isNumber(a) && isNumber(b)) return false;
  if (a.kind == Kind.Unsupported || b.kind == Kind.Unsupported) {
    giveIndefinite(to);
    return true;
  }
  if (isSignalling(a) || isSignalling(b)) signal(FloatException.Invalid);
  copyNumber(to, isFirstNan(a, b) ? a : b);
  to.high |= QUIET;
  return true;
}

/** Signals a denormal operand, unless an invalid operation or a division by zero has been: they hide it. */
export function signalDenormal(isDenormal: u32): void {
  const hides = FloatException.Invalid | FloatException.ZeroDivide;
  if (isDenormal != 0 && (exceptions() & hides) == 0) signal(FloatException.Denormal);
}

/** to ← "real indefinite", for an invalid operation. */
export function giveIndefinite(to: FloatNumber): void {
  signal(FloatException.Invalid);
  setIndefinite(to);
}

/** Of two NaNs the one of larger significand, of equal ones the positive one; a quiet one before a signalling one. */
function isFirstNan(a: FloatNumber, b: FloatNumber): bool {
  if (a.kind != Kind.Nan || b.kind != Kind.Nan) return a.kind == Kind.Nan;
  const isQuietA = !isSignalling(a);
  const isQuietB = !isSignalling(b);
  if (isQuietA != isQuietB) return isQuietA;
  return a.high != b.high ? a.high > b.high : a.sign <= b.sign;
}
