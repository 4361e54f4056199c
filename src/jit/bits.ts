/** Bit tests and counts. */
import { Width } from '../../assembly/abi/width.js';
import type { Emitter } from './emitter.js';
import { extended, lowBit, pushCount } from './explicit-flags.js';
import { Source } from './flag-values.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';

export enum BitChange {
  None,
  Set,
  Reset,
  Complement,
}

/** BT, BTS, BTR and BTC of 32 and 64 bits: CF ← the bit that a register or an immediate names. */
export function testBit(change: BitChange) {
  return (emitter: Emitter, uop: UopFields, width: Width, isImmediate: boolean): void => {
    const { code, flags } = emitter;
    flags.makeExplicit();
    if (isImmediate) code.i64(uop.low & ((8 << width) - 1));
    else pushCount(emitter, uop.b, width);
    code.set(Local.Wide0);
    emitter.wide(uop.a);
    code.get(Local.Wide0);
    code.op(Op.I64ShrU);
    lowBit(emitter);
    code.get(Local.FlagRight);
    code.i64(~1);
    code.op(Op.I64And);
    code.op(Op.I64Or);
    code.set(Local.FlagRight);
    if (change !== BitChange.None) changeBit(emitter, uop, width, change);
  };
}

function changeBit(emitter: Emitter, uop: UopFields, width: Width, change: BitChange): void {
  const { code } = emitter;
  emitter.wide(uop.a);
  code.i64(1);
  code.get(Local.Wide0);
  code.op(Op.I64Shl);
  if (change === BitChange.Reset) {
    code.i64(-1);
    code.op(Op.I64Xor);
    code.op(Op.I64And);
  } else {
    code.op(change === BitChange.Set ? Op.I64Or : Op.I64Xor);
  }
  if (width === Width.Dword) emitter.truncateToDword();
  emitter.assign(uop.a, width);
}

/** POPCNT of 32 and 64 bits: all flags but ZF are cleared. */
export function countOnes(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code, flags } = emitter;
  extended(emitter, uop.b, width);
  code.op(Op.I64Popcnt);
  code.tee(Local.FlagResult);
  emitter.assign(uop.a, width);
  // PF is clear whatever the count; a result of 1 says so, a result of 0 needs it inverted.
  code.get(Local.FlagResult);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  code.op(Op.I64ExtendI32U);
  code.tee(Local.FlagResult);
  code.op(Op.I64Eqz);
  code.op(Op.I64ExtendI32U);
  code.i64(2);
  code.op(Op.I64Shl);
  code.set(Local.FlagRight);
  flags.set(Source.Explicit);
}
