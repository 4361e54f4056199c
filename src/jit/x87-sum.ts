/** Sums and differences of normal x87 numbers before they are rounded. */
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';
import {
  choose,
  EXPONENT,
  EXPONENT_MASK,
  exponentOf,
  HIGH,
  INTEGER_HIGH,
  LOW,
  RESULT_SIGN,
  setExponentLessShift,
  shiftLow,
  SIGN,
  SIGN_BIT,
} from './x87-number.js';
import type { NumberLocals } from './x87-registers.js';

/**
 * HIGH ← the larger significand; `X87Small` and LOW ← the smaller one, shifted right by the distance of the exponents, and what
 * that shifts out. EXPONENT, RESULT_SIGN ← those of the larger one.
 */
export function align(
  emitter: Emitter,
  a: NumberLocals,
  b: NumberLocals,
  isSubtraction: boolean,
  slow: number,
): void {
  const { code } = emitter;
  const significandOf = (number: NumberLocals) => () => code.get(number.significand);
  const signedB = (): void => {
    code.get(b.upper);
    if (!isSubtraction) return;
    code.i32(SIGN);
    code.op(Op.I32Xor);
  };
  exponentOf(emitter, a);
  exponentOf(emitter, b);
  code.op(Op.I32Sub);
  code.tee(EXPONENT);
  code.i32(0);
  code.op(Op.I32LtS);
  code.get(EXPONENT);
  code.op(Op.I32Eqz);
  code.get(a.significand);
  code.get(b.significand);
  code.op(Op.I64LtU);
  code.op(Op.I32And);
  code.op(Op.I32Or);
  code.set(Local.X87IsSwapped);
  // The distance, without its sign.
  code.i32(0);
  code.get(EXPONENT);
  code.op(Op.I32Sub);
  code.get(EXPONENT);
  code.get(Local.X87IsSwapped);
  code.op(Op.Select);
  code.tee(EXPONENT);
  code.i32(SIGN_BIT);
  code.op(Op.I32GtU);
  emitter.branch(Op.BrIf, slow);
  code.get(EXPONENT);
  code.op(Op.I64ExtendI32U);
  code.set(Local.X87Shift);
  choose(emitter, significandOf(b), significandOf(a));
  code.set(HIGH);
  choose(emitter, significandOf(a), significandOf(b));
  code.tee(Local.X87Small);
  // Two shifts, as one by 64 would be one by 0.
  code.i64(1);
  code.op(Op.I64Shl);
  code.i64(SIGN_BIT);
  code.get(Local.X87Shift);
  code.op(Op.I64Sub);
  code.op(Op.I64Shl);
  code.set(LOW);
  code.get(Local.X87Small);
  code.get(Local.X87Shift);
  code.op(Op.I64ShrU);
  code.set(Local.X87Small);
  choose(emitter, signedB, () => code.get(a.upper));
  code.tee(RESULT_SIGN);
  code.i32(EXPONENT_MASK);
  code.op(Op.I32And);
  code.set(EXPONENT);
}

/** HIGH:LOW ← HIGH:0 plus or less `X87Small`:LOW, normalized. */
export function sumOrDifference(
  emitter: Emitter,
  a: NumberLocals,
  b: NumberLocals,
  isSubtraction: boolean,
  slow: number,
): void {
  const { code } = emitter;
  code.get(a.upper);
  code.get(b.upper);
  code.op(Op.I32Xor);
  code.i32(SIGN);
  code.op(Op.I32And);
  if (!isSubtraction) code.op(Op.I32Eqz);
  emitter.open(Op.If);
  sum(emitter);
  emitter.else();
  difference(emitter, slow);
  emitter.close();
}

function sum(emitter: Emitter): void {
  const { code } = emitter;
  code.get(HIGH);
  code.get(Local.X87Small);
  code.op(Op.I64Add);
  code.tee(Local.X87Small);
  code.get(HIGH);
  code.op(Op.I64LtU);
  emitter.open(Op.If);
  code.get(Local.X87Small);
  code.i64(SIGN_BIT);
  code.op(Op.I64Shl);
  code.get(LOW);
  code.i64(1);
  code.op(Op.I64ShrU);
  code.op(Op.I64Or);
  code.get(LOW);
  code.i64(1);
  code.op(Op.I64And);
  code.op(Op.I64Or);
  code.set(LOW);
  code.get(Local.X87Small);
  code.i64(1);
  code.op(Op.I64ShrU);
  code.i64(0, INTEGER_HIGH);
  code.op(Op.I64Or);
  code.set(Local.X87Small);
  code.get(EXPONENT);
  code.i32(1);
  code.op(Op.I32Add);
  code.set(EXPONENT);
  emitter.close();
  code.get(Local.X87Small);
  code.set(HIGH);
}

function difference(emitter: Emitter, slow: number): void {
  const { code } = emitter;
  code.get(HIGH);
  code.get(Local.X87Small);
  code.op(Op.I64Sub);
  code.get(LOW);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  code.op(Op.I64ExtendI32U);
  code.op(Op.I64Sub);
  code.tee(HIGH);
  code.op(Op.I64Eqz);
  emitter.branch(Op.BrIf, slow);
  code.i64(0);
  code.get(LOW);
  code.op(Op.I64Sub);
  code.set(LOW);
  code.get(HIGH);
  code.op(Op.I64Clz);
  code.set(Local.X87Shift);
  code.get(HIGH);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  // Two shifts, as one by 64 would be one by 0.
  code.get(LOW);
  code.i64(1);
  code.op(Op.I64ShrU);
  code.i64(SIGN_BIT);
  code.get(Local.X87Shift);
  code.op(Op.I64Sub);
  code.op(Op.I64ShrU);
  code.op(Op.I64Or);
  code.set(HIGH);
  shiftLow(emitter);
  code.get(EXPONENT);
  setExponentLessShift(emitter);
}
