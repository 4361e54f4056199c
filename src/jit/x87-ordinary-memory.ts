/** Ordinary x87 numbers from and to memory, in a stretch that may be undone. */
import type { Width } from '../../assembly/abi/width.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op, Type } from './wasm-opcodes.js';
import type { Float } from './x87-float.js';
import { loadSigned, pushSignificand, takeExponent } from './x87-load.js';
import { loadOperand, storeOnTop } from './x87-memory-operand.js';
import { SIGN_BIT } from './x87-number.js';
import {
  becomeZero,
  HIGH,
  LOW,
  type OrdinaryNumber,
  type OrdinaryNumbers87,
  pushIsOutside,
  ZERO_EXPONENT,
} from './x87-ordinary-numbers.js';

/** Exponent of an integer whose first bit is that of a qword. */
const QWORD_EXPONENT = 0x403e;

/** Returns the float in memory, in locals of an operand. */
export function loadFloat(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  uop: UopFields,
  float: Float,
): OrdinaryNumber {
  const { code } = emitter;
  const { width, bits, greatest, bias } = float;
  const to = numbers.freshOperand({ least: bias + 1, most: bias + greatest - 1 });
  loadOperand(emitter, uop, width);
  takeExponent(emitter, float);
  code.i32(bias);
  code.op(Op.I32Add);
  code.set(to.exponent);
  pushSignificand(emitter, float);
  code.set(to.significand);
  pushIsOutside(emitter, to.exponent, to);
  emitter.open(Op.If);
  code.get(Local.Wide0);
  code.i64(65 - bits);
  code.op(Op.I64Shl);
  becomeZero(emitter, to);
  emitter.close();
  code.get(Local.Wide0);
  if (bits < 64) {
    code.i64(64 - bits);
    code.op(Op.I64Shl);
  }
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrS);
  code.set(to.sign);
  return to;
}

/** Returns the integer in memory. */
export function loadInteger(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  uop: UopFields,
  width: Width,
): OrdinaryNumber {
  const { code } = emitter;
  const bits = 8 << width;
  const least = QWORD_EXPONENT - SIGN_BIT;
  const to = numbers.freshOperand({ least, most: least + bits - 1 });
  loadSigned(emitter, uop, width);
  code.tee(HIGH);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrS);
  code.tee(to.sign);
  code.get(HIGH);
  code.op(Op.I64Xor);
  code.get(to.sign);
  code.op(Op.I64Sub);
  code.tee(LOW);
  code.get(LOW);
  code.op(Op.I64Clz);
  code.tee(Local.X87Shift);
  code.op(Op.I64Shl);
  code.set(to.significand);
  code.i32(QWORD_EXPONENT);
  code.get(Local.X87Shift);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Sub);
  code.i32(ZERO_EXPONENT);
  code.get(HIGH);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  code.op(Op.Select);
  code.set(to.exponent);
  return to;
}

/** FST m32, m64: the last thing that a stretch does, as it cannot be undone. */
export function storeFloat(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  uop: UopFields,
  number: OrdinaryNumber,
  float: Float,
): void {
  const { code } = emitter;
  const { width, bits, greatest, bias } = float;
  // Rounding may add one to the exponent.
  pushIsOutside(emitter, number.exponent, { least: bias + 1, most: bias + greatest - 2 });
  emitter.open(Op.If, Type.I64);
  code.get(number.significand);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  emitter.retreatIf();
  code.i64(0);
  code.tee(numbers.roundedUp);
  emitter.else();
  pushMagnitude(emitter, numbers, number, float);
  emitter.close();
  code.get(number.sign);
  code.i64(bits - 1);
  code.op(Op.I64Shl);
  code.op(Op.I64Or);
  storeOnTop(emitter, uop, width);
}

/** Pushes the bits of the float that a number is rounded to, but for its sign. */
function pushMagnitude(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  number: OrdinaryNumber,
  { fractionBits, bias }: Float,
): void {
  const { code } = emitter;
  roundTo(emitter, numbers, number.significand, SIGN_BIT - fractionBits);
  // The integer bit, or a carry into it, adds to the exponent.
  code.get(number.exponent);
  code.i32(bias + 1);
  code.op(Op.I32Sub);
  code.op(Op.I64ExtendI32U);
  code.i64(fractionBits);
  code.op(Op.I64Shl);
  code.get(HIGH);
  code.op(Op.I64Add);
  code.get(numbers.roundedUp);
  code.op(Op.I64Add);
}

/** HIGH ← a significand without its last bits, and what rounding to nearest adds to it, halves to even. */
function roundTo({ code }: Emitter, numbers: OrdinaryNumbers87, significand: number, bits: number): void {
  const belowHalf = (1n << BigInt(bits - 1)) - 1n;
  const push = (value: bigint): void => {
    code.i64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  };
  code.get(significand);
  code.i64(bits);
  code.op(Op.I64ShrU);
  code.tee(HIGH);
  code.i64(1);
  code.op(Op.I64And);
  code.get(significand);
  push(2n * belowHalf + 1n);
  code.op(Op.I64And);
  code.op(Op.I64Add);
  push(belowHalf);
  code.op(Op.I64Add);
  code.i64(bits);
  code.op(Op.I64ShrU);
  code.set(numbers.roundedUp);
}
