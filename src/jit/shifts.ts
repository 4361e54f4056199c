/** Shifts and rotates of 32 and 64 bits. AF is as assembly/exec/shift.ts has it: set. */
import { Width } from '../../assembly/abi/width.js';
import type { Emitter } from './emitter.js';
import { AF, extended, lowBit, OF_SHIFT, pushCount } from './explicit-flags.js';
import { Source } from './flag-values.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { signExtend } from './sign-extension.js';
import { Op } from './wasm-opcodes.js';

export enum Shift {
  Left,
  Right,
  RightSigned,
}

const SHIFTS: readonly (readonly [narrow: Op, wide: Op])[] = [
  [Op.I32Shl, Op.I64Shl],
  [Op.I32ShrU, Op.I64ShrU],
  [Op.I32ShrS, Op.I64ShrS],
  [Op.I32Rotl, Op.I64Rotl],
  [Op.I32Rotr, Op.I64Rotr],
];

/** Rotates follow the shifts in the table. */
export enum Rotate {
  Left = 3,
  Right = 4,
}

/** A shift or rotate by a constant that is not zero, without flags. */
export function shiftQuiet(shift: Shift | Rotate) {
  return (emitter: Emitter, uop: UopFields, width: Width): void => {
    emitter.operand(uop.a, width);
    emitter.immediate(width, uop.n, 0);
    emitter.code.op(SHIFTS[shift]![width === Width.Qword ? 1 : 0]);
    emitter.widen(width);
    emitter.assign(uop.a, width);
  };
}

/**
 * SHL, SHR and SAR by a constant. Returns false, having emitted nothing, for what it does not do: a masked count of zero, or
 * of more than the operand has bits.
 */
export function shiftByConstant(shift: Shift) {
  return (emitter: Emitter, uop: UopFields, width: Width): boolean => {
    const count = uop.n & (width === Width.Qword ? 63 : 31);
    if (count === 0 || count >= 8 << width) return false;
    const { code, flags } = emitter;
    extended(emitter, uop.a, width, shift === Shift.RightSigned);
    code.set(Local.Wide0);
    constantShiftFlags(emitter, shift, count, 8 << width);
    code.get(Local.Wide0);
    code.i64(count);
    code.op(SHIFTS[shift]![1]);
    code.set(Local.FlagResult);
    keepShifted(emitter, uop.a, width);
    flags.set(Source.Explicit);
    return true;
  };
}

/** `FlagRight` ← CF, AF and OF of shifting `Wide0`, extended to 64 bits, by `count`. */
function constantShiftFlags(emitter: Emitter, shift: Shift, count: number, bits: number): void {
  const { code } = emitter;
  // CF: the last bit out.
  bitOfWide0(emitter, shift === Shift.Left ? bits - count : count - 1);
  if (shift === Shift.Left) {
    // OF: whether the last step changed the sign.
    code.tee(Local.Wide1);
    code.get(Local.Wide1);
    bitOfWide0(emitter, bits - 1 - count);
    code.op(Op.I64Xor);
  } else if (shift === Shift.Right && count === 1) {
    // OF: the sign before the last step; before that, zeros have come in.
    bitOfWide0(emitter, bits - 1);
  } else {
    code.i64(0);
  }
  keepOverflow(emitter);
}

/** SHL, SHR and SAR by a byte register. */
export function shiftByRegister(shift: Shift) {
  return (emitter: Emitter, uop: UopFields, width: Width): void => {
    if (emitter.areFlagsDead) return shiftQuietly(emitter, uop, width, shift);
    const { code, flags } = emitter;
    flags.makeExplicit();
    pushCount(emitter, uop.b, width);
    code.set(Local.Wide1);
    extended(emitter, uop.a, width, shift === Shift.RightSigned);
    code.set(Local.Wide0);
    if (width === Width.Dword) {
      // A count of zero clears the upper half, too.
      emitter.narrow(uop.a, width);
      emitter.widen(width);
      emitter.assign(uop.a, width);
    }
    code.get(Local.Wide1);
    code.op(Op.I64Eqz);
    code.op(Op.I32Eqz);
    emitter.open(Op.If);
    if (shift === Shift.Left) shiftLeft(emitter, width);
    else shiftRight(emitter, width, shift);
    keepShifted(emitter, uop.a, width);
    emitter.close();
  };
}

function shiftQuietly(emitter: Emitter, uop: UopFields, width: Width, shift: Shift): void {
  emitter.operand(uop.a, width);
  emitter.remembered(uop.b);
  if (width !== Width.Qword) emitter.code.op(Op.I32WrapI64);
  emitter.code.op(SHIFTS[shift]![width === Width.Qword ? 1 : 0]);
  emitter.widen(width);
  emitter.assign(uop.a, width);
}

/** From `Wide0` and a count in `Wide1` that is not zero: `FlagResult`, and `FlagRight` with CF, AF and OF. */
function shiftLeft(emitter: Emitter, width: Width): void {
  const { code } = emitter;
  const bits = 8 << width;
  code.get(Local.Wide0);
  code.get(Local.Wide1);
  code.op(Op.I64Shl);
  code.set(Local.FlagResult);
  // CF: the last bit out.
  code.get(Local.Wide0);
  code.i64(bits);
  code.get(Local.Wide1);
  code.op(Op.I64Sub);
  code.op(Op.I64ShrU);
  lowBit(emitter);
  code.tee(Local.Wide1);
  // OF: whether the last step changed the sign.
  code.get(Local.FlagResult);
  code.i64(bits - 1);
  code.op(Op.I64ShrU);
  lowBit(emitter);
  code.get(Local.Wide1);
  code.op(Op.I64Xor);
  keepOverflow(emitter);
}

function shiftRight(emitter: Emitter, width: Width, shift: Shift): void {
  const { code } = emitter;
  const [, wide] = SHIFTS[shift]!;
  code.get(Local.Wide0);
  code.get(Local.Wide1);
  code.i64(1);
  code.op(Op.I64Sub);
  code.op(wide);
  code.tee(Local.Wide0);
  code.i64(1);
  code.op(wide);
  code.set(Local.FlagResult);
  code.get(Local.Wide0);
  lowBit(emitter);
  // OF: the sign before the last step; SAR clears it.
  if (shift === Shift.RightSigned) code.i64(0);
  else {
    code.get(Local.Wide0);
    code.i64((8 << width) - 1);
    code.op(Op.I64ShrU);
    lowBit(emitter);
  }
  keepOverflow(emitter);
}

/** `FlagRight` ← CF and OF, which are on the stack, and AF. */
function keepOverflow(emitter: Emitter): void {
  const { code } = emitter;
  code.i64(OF_SHIFT);
  code.op(Op.I64Shl);
  code.op(Op.I64Or);
  code.i64(AF);
  code.op(Op.I64Or);
  code.set(Local.FlagRight);
}

/** Register ← `FlagResult`, which becomes sign-extended. */
function keepShifted(emitter: Emitter, register: number, width: Width): void {
  const { code } = emitter;
  code.get(Local.FlagResult);
  if (width === Width.Dword) emitter.truncateToDword();
  emitter.assign(register, width);
  if (width === Width.Qword) return;
  code.get(Local.FlagResult);
  signExtend(code, width);
  code.set(Local.FlagResult);
}

/** ROL and ROR by a constant that is not zero modulo the width: CF and OF alone. */
export function rotateByConstant(rotate: Rotate) {
  const isLeft = rotate === Rotate.Left;
  return (emitter: Emitter, uop: UopFields, width: Width): boolean => {
    const bits = 8 << width;
    if (width < Width.Dword || (uop.n & (bits - 1)) === 0) return false;
    const { code, flags } = emitter;
    const source = isLeft ? Source.Rol : Source.Ror;
    flags.beginStep(source);
    emitter.operand(uop.a, width);
    emitter.immediate(width, uop.n & (bits - 1), 0);
    code.op(SHIFTS[rotate]![width === Width.Qword ? 1 : 0]);
    emitter.widen(width);
    code.tee(Local.StepResult);
    emitter.assign(uop.a, width);
    flags.step(source, width);
    return true;
  };
}

function bitOfWide0(emitter: Emitter, index: number): void {
  const { code } = emitter;
  code.get(Local.Wide0);
  if (index !== 0) {
    code.i64(index);
    code.op(Op.I64ShrU);
  }
  lowBit(emitter);
}
