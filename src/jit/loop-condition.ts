/** LOOP and JrCXZ. */
import { Reg } from '../../assembly/abi/register.js';
import { Width } from '../../assembly/abi/width.js';
import type { Emitter } from './emitter.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';

/** `n` of a `Loop` that is JrCXZ. */
const JRCXZ = 3;
const RCX_SLOT = Reg.Rcx >> 3;

/** Pushes whether the branch is taken. */
export function loopCondition(emitter: Emitter, { n, b }: UopFields): void {
  const { code } = emitter;
  emitter.wide(Reg.Rcx);
  if (n !== JRCXZ) {
    code.i64(-1);
    code.op(Op.I64Add);
  }
  if (b !== Width.Qword) emitter.truncateToDword();
  if (n !== JRCXZ) code.tee(RCX_SLOT);
  code.op(Op.I64Eqz);
  if (n !== JRCXZ) code.op(Op.I32Eqz);
}
