/** What operations that replace some flags and keep others share: the explicit form of flags, and operands for it. */
import { Width } from '../../assembly/abi/width.js';
import type { Emitter } from './emitter.js';
import { PF_BIT, Source } from './flag-values.js';
import { Local } from './locals.js';
import { signExtend } from './sign-extension.js';
import { Op } from './wasm-opcodes.js';

/** Bits of `flagAux` (assembly/flags.ts). */
export const AF = 0x10;
export const OF_SHIFT = 11;
export const CF_OF = 0x801;

/** Pushes the operand of an operation, extended to 64 bits. */
export function extended(emitter: Emitter, register: number, width: Width, isSigned = false): void {
  emitter.operand(register, width);
  if (width === Width.Qword) return;
  emitter.code.op(isSigned ? Op.I64ExtendI32S : Op.I64ExtendI32U);
  if (isSigned && width < Width.Dword) signExtend(emitter.code, width);
}

/** Pushes a count or bit index of a register, masked to 5 or 6 bits (i64). */
export function pushCount(emitter: Emitter, register: number, width: Width): void {
  const { code } = emitter;
  emitter.remembered(register);
  code.i64(width === Width.Qword ? 63 : 31);
  code.op(Op.I64And);
}

/** Keeps bit 0 of the i64 on top of the stack. */
export function lowBit(emitter: Emitter): void {
  emitter.code.i64(1);
  emitter.code.op(Op.I64And);
}

/** CF and OF of the explicit flags ← the bits on top of the stack (i64). */
function replaceCarryOverflow(emitter: Emitter): void {
  const { code } = emitter;
  code.get(Local.FlagRight);
  code.i64(~CF_OF);
  code.op(Op.I64And);
  code.op(Op.I64Or);
  code.set(Local.FlagRight);
}

/** CF and OF of the explicit flags ← whether the i32 on top of the stack is not zero. */
export function setCarryOverflow(emitter: Emitter): void {
  const { code } = emitter;
  code.op(Op.I64ExtendI32U);
  code.i64(CF_OF);
  code.op(Op.I64Mul);
  replaceCarryOverflow(emitter);
}

/**
 * Flags of a comparison: pops the carry (i32) and what is zero if the operands are equal (i64). The other flags become zero.
 */
export function setOrder({ code, flags }: Emitter): void {
  code.op(Op.I64ExtendI32U);
  code.set(Local.FlagRight);
  code.tee(Local.FlagResult);
  // A result of zero has even parity; this takes it back.
  code.op(Op.I64Eqz);
  code.op(Op.I64ExtendI32U);
  code.i64(PF_BIT);
  code.op(Op.I64Shl);
  code.get(Local.FlagRight);
  code.op(Op.I64Or);
  code.set(Local.FlagRight);
  flags.set(Source.Explicit);
}
