/** FLD and FILD with an operand in memory, in compiled code. */
import { Width } from '../../assembly/abi/width.js';
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { load } from './memory-access.js';
import type { UopFields } from './region.js';
import { signExtend } from './sign-extension.js';
import { Op, Type } from './wasm-opcodes.js';
import { double, type Float } from './x87-float.js';
import { widenInteger } from './x87-inline-convert.js';
import { loadOperand, segmentOf } from './x87-memory-operand.js';
import { INTEGER_HIGH, SIGN, SIGN_BIT } from './x87-number.js';

/** Offset of sign and exponent in a number of 80 bits. */
const EXTENDED_UPPER = 8;

/** `Local.Wide0` ← the float on top of the stack; pushes its biased exponent. */
export function takeExponent({ code }: Emitter, { fractionBits, greatest }: Float): void {
  code.tee(Local.Wide0);
  code.i64(fractionBits);
  code.op(Op.I64ShrU);
  code.op(Op.I32WrapI64);
  code.i32(greatest);
  code.op(Op.I32And);
}

/** Pushes the significand that a register has of the normal number in `Local.Wide0`. */
export function pushSignificand({ code }: Emitter, { fractionBits }: Float): void {
  code.get(Local.Wide0);
  code.i64(SIGN_BIT - fractionBits);
  code.op(Op.I64Shl);
  code.i64(0, INTEGER_HIGH);
  code.op(Op.I64Or);
}

/** `Local.Wide0` ← the float on top of the stack; pushes whether it is a normal number. `Local.Narrow0` ← its exponent. */
export function isNormal(emitter: Emitter, float: Float): void {
  const { code } = emitter;
  takeExponent(emitter, float);
  code.tee(Local.Narrow0);
  code.i32(1);
  code.op(Op.I32Sub);
  code.i32(float.greatest - 1);
  code.op(Op.I32LtU);
}

/** Pushes the significand and the upper part of the normal number that `isNormal` has found. */
export function expand(emitter: Emitter, float: Float): void {
  const { code } = emitter;
  const { bits, bias } = float;
  pushSignificand(emitter, float);
  code.get(Local.Wide0);
  code.i64(bits - 16);
  code.op(Op.I64ShrU);
  code.op(Op.I32WrapI64);
  code.i32(SIGN);
  code.op(Op.I32And);
  code.get(Local.Narrow0);
  code.i32(bias);
  code.op(Op.I32Add);
  code.op(Op.I32Or);
}

/** FLD m32, m64 */
export function loadFloat(emitter: Emitter, uop: UopFields, float: Float): void {
  const { code, x87 } = emitter;
  loadOperand(emitter, uop, float.width);
  isNormal(emitter, float);
  emitter.open(Op.If, Type.I64);
  expand(emitter, float);
  code.set(Local.Narrow1);
  emitter.else();
  code.get(Local.Wide0);
  x87.call(float === double ? X87Import.FromFloat64 : X87Import.FromFloat32);
  emitter.loadState(Op.I32Load, emitter.addresses.x87.resultTop);
  code.set(Local.Narrow1);
  emitter.close();
  code.set(Local.Wide0);
  code.get(Local.Narrow1);
  code.get(Local.Wide0);
  x87.assign(-1);
  x87.status.clearC1();
}

/** FLD m80 */
export function loadExtended(emitter: Emitter, uop: UopFields): void {
  const { code, x87 } = emitter;
  loadOperand(emitter, uop, Width.Qword);
  code.set(Local.Wide0);
  code.get(Local.Linear);
  code.i64(EXTENDED_UPPER);
  code.op(Op.I64Add);
  code.set(Local.Linear);
  load(emitter, Width.Word, segmentOf(uop));
  code.op(Op.I32WrapI64);
  code.get(Local.Wide0);
  x87.assign(-1);
  x87.status.clearC1();
}

/** Pushes the operand, sign-extended (i64). */
export function loadSigned(emitter: Emitter, uop: UopFields, width: Width): void {
  loadOperand(emitter, uop, width);
  signExtend(emitter.code, width);
}

/** FILD */
export function loadInteger(emitter: Emitter, uop: UopFields, width: Width): void {
  const { x87 } = emitter;
  loadSigned(emitter, uop, width);
  widenInteger(emitter);
  x87.assign(-1);
  x87.status.clearC1();
}
