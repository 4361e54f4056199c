/** What x87 instructions signal, and what that does to their results (APM vol 1 §6.4). */
import { exceptions, FloatException, replaceExceptions, setEnvironment } from '../softfloat/environment';
import { cpu } from '../state';

/** Bits of FSW beyond the exceptions. */
export enum X87Status {
  StackFault = 0x40,
  C0 = 0x100,
  /** Rounded up; with a stack fault: overflow, not underflow. */
  C1 = 0x200,
  C2 = 0x400,
  C3 = 0x4000,
}

/** IE, DE and ZE are found before there is a result: unmasked, they leave none. */
const BEFORE_RESULT: u32 = FloatException.Invalid | FloatException.Denormal | FloatException.ZeroDivide;
const OUT_OF_RANGE: u32 = FloatException.Overflow | FloatException.Underflow;
/** What the result of an unmasked overflow or underflow in a register has in its exponent (APM vol 1 §6.4.4). */
const EXPONENT_WRAP: i32 = 0x6000;

/** Fields of FCW. */
export const CONTROL_PRECISION: u32 = 0x300;
export const CONTROL_ROUNDING: u32 = 0xc00;
export const ROUNDING_SHIFT: u32 = 10;
const PRECISION_SHIFT: u32 = 8;

/** Begins an operation that the control word governs. */
export function beginOperation(): void {
  const control = cpu().x87Control;
  setEnvironment((control >> ROUNDING_SHIFT) & 3, control & FloatException.All, false, EXPONENT_WRAP);
}

/** Bits of significand that results of arithmetic are rounded to. */
export function precision(): u32 {
  switch ((cpu().x87Control >> PRECISION_SHIFT) & 3) {
    case 0:
      return 24;
    case 2:
      return 53;
    default:
      return 64;
  }
}

/** The operation has signalled an exception that is not masked. */
export function isUnmasked(exception: FloatException): bool {
  return (exceptions() & exception & ~cpu().x87Control) != 0;
}

export function clearC1(): void {
  cpu().x87Status &= ~X87Status.C1;
}

/** Sets IE and, of SF and C1, what is given; clears C1 otherwise. True: the exception is masked. */
export function signalInvalid(status: u32): bool {
  const state = cpu();
  state.x87Status = (state.x87Status & ~X87Status.C1) | FloatException.Invalid | status;
  return (state.x87Control & FloatException.Invalid) != 0;
}

/** Ends an operation: sets the exceptions it signalled, and C1. True: its result is to be written. */
export function endOperation(): bool {
  return endWith(exceptions());
}

/** As `endOperation`, with the exceptions given. */
export function endWith(raised: u32): bool {
  const state = cpu();
  const kept = state.x87Status & ~X87Status.C1;
  if ((raised & ~state.x87Control & BEFORE_RESULT) != 0) {
    state.x87Status = kept | (raised & BEFORE_RESULT);
    return false;
  }
  state.x87Status = kept | (raised & FloatException.All) | ((raised & FloatException.RoundedUp) << 1);
  return true;
}

/**
 * Whether a store to memory is made, if its address allows. An unmasked overflow or underflow forbids it too, and then is
 * all that is signalled.
 */
export function allowsStore(): bool {
  const raised = exceptions();
  const unmasked = raised & ~cpu().x87Control;
  if ((unmasked & OUT_OF_RANGE) != 0)
    replaceExceptions(raised & ~(FloatException.Precision | FloatException.RoundedUp));
  return (unmasked & (BEFORE_RESULT | OUT_OF_RANGE)) == 0;
}
