/** FST, FILD and comparisons inline, where the numbers are normal and rounding is to nearest; the core does the rest. */
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op, Type } from './wasm-opcodes.js';
import type { Float } from './x87-float.js';
import { attempt, requireNormal } from './x87-inline.js';
import { EXPONENT_MASK, exponentOf, pushRoundsUp, SIGN, SIGN_BIT } from './x87-number.js';
import type { NumberLocals } from './x87-registers.js';

/** Exponent of an integer whose first bit is that of a qword. */
const QWORD_EXPONENT = 0x403e;
/** C0 and C3 of FSW. */
const LESS_SHIFT = 8;
const EQUAL = 0x4000;

/**
 * Pushes the bits of a float that a number is rounded to (i64). What that tells is left in `X87Low`, not zero if it is inexact,
 * and `X87Shift`, 1 if it was rounded up: a store that faults takes it back.
 */
export function narrowInline(emitter: Emitter, number: NumberLocals, float: Float, index: X87Import): void {
  const { code, x87 } = emitter;
  const fast = (slow: number): void => {
    exponentOf(emitter, number);
    code.i32(float.bias + 1);
    code.op(Op.I32Sub);
    code.tee(Local.Narrow0);
    // Up to the greatest exponent of a number, less one that rounding may add.
    code.i32(float.greatest - 2);
    code.op(Op.I32GeU);
    emitter.branch(Op.BrIf, slow);
    code.get(number.significand);
    code.i64(0);
    code.op(Op.I64GeS);
    emitter.branch(Op.BrIf, slow);
    code.get(Local.X87IsUsual);
    code.op(Op.I32Eqz);
    emitter.branch(Op.BrIf, slow);
    code.get(number.significand);
    code.i64(float.fractionBits + 1);
    code.op(Op.I64Shl);
    code.set(Local.X87Low);
    code.get(number.significand);
    code.i64(SIGN_BIT - float.fractionBits);
    code.op(Op.I64ShrU);
    code.set(Local.X87High);
    pushRoundsUp(emitter);
    code.tee(Local.X87Shift);
    code.get(Local.X87High);
    code.op(Op.I64Add);
    // The integer bit, or a carry into it, adds to the exponent.
    code.get(Local.Narrow0);
    code.op(Op.I64ExtendI32U);
    code.i64(float.fractionBits);
    code.op(Op.I64Shl);
    code.op(Op.I64Add);
    code.get(number.upper);
    code.op(Op.I64ExtendI32U);
    code.i64(15);
    code.op(Op.I64ShrU);
    code.i64(float.bits - 1);
    code.op(Op.I64Shl);
    code.op(Op.I64Or);
  };
  attempt(emitter, Type.I64, fast, () => {
    code.get(number.significand);
    code.get(number.upper);
    x87.call(index);
    x87.status.pushC1();
    code.set(Local.X87Shift);
    code.i64(0);
    code.set(Local.X87Low);
  });
}

/** Pushes the upper part and the significand of the integer on top of the stack (i64). */
export function widenInteger({ code }: Emitter): void {
  code.tee(Local.X87High);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrS);
  code.tee(Local.X87Low);
  code.get(Local.X87High);
  code.op(Op.I64Xor);
  code.get(Local.X87Low);
  code.op(Op.I64Sub);
  code.tee(Local.X87High);
  code.op(Op.I64Clz);
  code.set(Local.X87Shift);
  code.get(Local.X87Low);
  code.op(Op.I32WrapI64);
  code.i32(SIGN);
  code.op(Op.I32And);
  code.i32(QWORD_EXPONENT);
  code.get(Local.X87Shift);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Sub);
  code.op(Op.I32Or);
  code.i32(0);
  code.get(Local.X87High);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  code.op(Op.Select);
  code.get(Local.X87High);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
}

/** Pushes C3, C2 and C0 of a against b (i32); `slow` pushes them where the numbers are not both normal. */
export function orderInline(emitter: Emitter, a: NumberLocals, b: NumberLocals, slow: () => void): void {
  const { code } = emitter;
  const fast = (failed: number): void => {
    requireNormal(emitter, a, b, failed);
    code.get(a.upper);
    code.get(b.upper);
    code.op(Op.I32Eq);
    code.set(Local.Narrow0);
    code.i32(EQUAL);
    pushLess(emitter, a, b);
    code.i32(LESS_SHIFT);
    code.op(Op.I32Shl);
    code.get(Local.Narrow0);
    code.get(a.significand);
    code.get(b.significand);
    code.op(Op.I64Eq);
    code.op(Op.I32And);
    code.op(Op.Select);
  };
  attempt(emitter, Type.I32, fast, slow);
}

/** Pushes 1 if a is less than b, else 0, if they are not equal; `Narrow0`: their upper parts are. */
function pushLess({ code }: Emitter, a: NumberLocals, b: NumberLocals): void {
  code.get(a.upper);
  code.i32(EXPONENT_MASK);
  code.op(Op.I32GtU);
  code.tee(Local.Narrow1);
  // Of one sign: by magnitude, the other way round if they are negative.
  code.get(a.significand);
  code.get(b.significand);
  code.op(Op.I64LtU);
  code.get(a.upper);
  code.get(b.upper);
  code.op(Op.I32LtU);
  code.get(Local.Narrow0);
  code.op(Op.Select);
  code.get(Local.Narrow1);
  code.op(Op.I32Xor);
  code.get(a.upper);
  code.get(b.upper);
  code.op(Op.I32Xor);
  code.i32(EXPONENT_MASK);
  code.op(Op.I32GtU);
  code.op(Op.Select);
}
