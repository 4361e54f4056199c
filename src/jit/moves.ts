/** Moves, extensions, addresses and conditional moves of the general registers. */
import { Width } from '../../assembly/abi/width.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { effectiveAddress } from './memory-access.js';
import type { UopFields } from './region.js';
import { signExtend } from './sign-extension.js';
import { Op } from './wasm-opcodes.js';

/** a ← b */
export function move(emitter: Emitter, uop: UopFields, width: Width): void {
  if (width === Width.Qword) emitter.wide(uop.b);
  else {
    emitter.narrow(uop.b, width);
    emitter.widen(width);
  }
  emitter.assign(uop.a, width);
}

export function moveImmediate(emitter: Emitter, uop: UopFields, width: Width): void {
  const high = width === Width.Qword ? uop.high : 0;
  emitter.code.i64(uop.low, high);
  emitter.assign(uop.a, width);
}

/** MOVZX: `from` and `to` are widths. */
export function moveZeroExtended(from: Width, to: Width) {
  return (emitter: Emitter, uop: UopFields): void => {
    if (emitter.temporaries.isWithin(uop.b, from)) emitter.wide(uop.b);
    else {
      emitter.narrow(uop.b, from);
      emitter.widen(from);
    }
    emitter.assign(uop.a, to);
  };
}

/** MOVSX. */
export function moveSignExtended(from: Width, to: Width) {
  return (emitter: Emitter, uop: UopFields): void => {
    emitter.remembered(uop.b);
    signExtend(emitter.code, from);
    if (to === Width.Dword) emitter.truncateToDword();
    emitter.assign(uop.a, to);
  };
}

/** a ↔ b */
export function exchange(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code } = emitter;
  emitter.operand(uop.a, width);
  emitter.widen(width);
  code.set(Local.Wide0);
  emitter.operand(uop.b, width);
  emitter.widen(width);
  emitter.assign(uop.a, width);
  code.get(Local.Wide0);
  emitter.assign(uop.b, width);
}

/** If the condition holds: a ← b. A dword destination is zero-extended either way. */
export function moveIf(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code } = emitter;
  emitter.operand(uop.b, width);
  emitter.operand(uop.a, width);
  emitter.flags.condition(uop.n);
  code.op(Op.Select);
  emitter.widen(width);
  emitter.assign(uop.a, width);
}

/** Byte a ← condition. */
export function setIf(emitter: Emitter, uop: UopFields): void {
  emitter.flags.condition(uop.n);
  emitter.code.op(Op.I64ExtendI32U);
  emitter.assign(uop.a, Width.Byte);
}

/** LEA: the result is truncated and written as 64 bits. */
export function address(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code } = emitter;
  effectiveAddress(emitter, uop, uop.n);
  if (width === Width.Dword) emitter.truncateToDword();
  else if (width === Width.Word) {
    code.i64(0xffff);
    code.op(Op.I64And);
  }
  code.set(uop.a >> 3);
}

/** BSWAP of 32 bits. */
export function swapDword(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  const half = (rotation: number, mask: number): void => {
    emitter.narrow(uop.a, Width.Dword);
    code.i32(rotation);
    code.op(Op.I32Rotl);
    code.i32(mask);
    code.op(Op.I32And);
  };
  half(8, 0x00ff00ff);
  half(24, 0xff00ff00);
  code.op(Op.I32Or);
  emitter.widen(Width.Dword);
  emitter.assign(uop.a, Width.Dword);
}
