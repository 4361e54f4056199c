/** The significand of a product of x87 numbers. */
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';
import { EXPONENT, HIGH, LOW, setExponentLessShift, shiftLow, SIGN_BIT } from './x87-number.js';

/** HIGH:LOW ← the product of two significands, normalized; EXPONENT may become one more. */
export function multiplySignificands(emitter: Emitter, a: number, b: number): void {
  product(emitter, a, b);
  normalizeProduct(emitter);
}

/** HIGH:LOW ← the product of two significands, from those of their halves. */
export function product({ code }: Emitter, a: number, b: number): void {
  const low = (local: number): void => {
    code.get(local);
    code.i64(-1, 0);
    code.op(Op.I64And);
  };
  const high = (local: number): void => {
    code.get(local);
    code.i64(32);
    code.op(Op.I64ShrU);
  };
  high(a);
  low(b);
  code.op(Op.I64Mul);
  low(a);
  low(b);
  code.op(Op.I64Mul);
  code.i64(32);
  code.op(Op.I64ShrU);
  code.op(Op.I64Add);
  code.set(HIGH);
  low(a);
  high(b);
  code.op(Op.I64Mul);
  low(HIGH);
  code.op(Op.I64Add);
  code.set(LOW);
  high(a);
  high(b);
  code.op(Op.I64Mul);
  high(HIGH);
  code.op(Op.I64Add);
  high(LOW);
  code.op(Op.I64Add);
  code.set(HIGH);
  code.get(a);
  code.get(b);
  code.op(Op.I64Mul);
  code.set(LOW);
}

/** Shifts HIGH:LOW left by one bit if its first bit is clear; the exponent is one more if not. */
function normalizeProduct(emitter: Emitter): void {
  const { code } = emitter;
  code.get(HIGH);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrU);
  code.i64(1);
  code.op(Op.I64Xor);
  code.set(Local.X87Shift);
  code.get(HIGH);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  code.get(LOW);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrU);
  code.get(Local.X87Shift);
  code.op(Op.I64And);
  code.op(Op.I64Or);
  code.set(HIGH);
  shiftLow(emitter);
  code.get(EXPONENT);
  code.i32(1);
  code.op(Op.I32Add);
  setExponentLessShift(emitter);
}
