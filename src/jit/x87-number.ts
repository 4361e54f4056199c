/** x87 numbers in locals, and where the parts of a result are before it is rounded. */
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';
import type { NumberLocals } from './x87-registers.js';

export const EXPONENT_MASK = 0x7fff;
export const SIGN = 0x8000;
export const SIGN_BIT = 63;
/** Upper half of the integer bit of a significand. */
export const INTEGER_HIGH = 0x80000000;

/** The significand, and what follows it. */
export const HIGH = Local.X87High;
export const LOW = Local.X87Low;
export const EXPONENT = Local.Narrow0;
export const RESULT_SIGN = Local.Narrow1;

/** Pushes the exponent of a number. */
export function exponentOf({ code }: Emitter, { upper }: NumberLocals): void {
  code.get(upper);
  code.i32(EXPONENT_MASK);
  code.op(Op.I32And);
}

/** LOW ← LOW, shifted left by `X87Shift`. */
export function shiftLow({ code }: Emitter): void {
  code.get(LOW);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  code.set(LOW);
}

/** EXPONENT ← the exponent on top of the stack, less `X87Shift`. */
export function setExponentLessShift({ code }: Emitter): void {
  code.get(Local.X87Shift);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Sub);
  code.set(EXPONENT);
}

/** Pushes 1 if HIGH:LOW is rounded up, else 0 (i64): to nearest, halves to even. A sum often ends in a half. */
export function pushRoundsUp({ code }: Emitter): void {
  // More than a half, or a half after an odd number: more than a half less its last bit.
  code.get(LOW);
  code.i64(0, INTEGER_HIGH);
  code.get(HIGH);
  code.i64(1);
  code.op(Op.I64And);
  code.op(Op.I64Sub);
  code.op(Op.I64GtU);
  code.op(Op.I64ExtendI32U);
}

/** Pushes what one of two pushes: of b where it is the larger number (`X87IsSwapped`), else of a. */
export function choose({ code }: Emitter, ofB: () => void, ofA: () => void): void {
  ofB();
  ofA();
  code.get(Local.X87IsSwapped);
  code.op(Op.Select);
}
