/** Extending what an operation of a width leaves in an i64. */
import { Width } from '../../assembly/abi/width.js';
import type { CodeWriter } from './code-writer.js';
import { Op } from './wasm-opcodes.js';

const SIGN_EXTENSIONS: readonly Op[] = [Op.I64Extend8S, Op.I64Extend16S, Op.I64Extend32S];

/** Sign-extends the low bits of the i64 on top of the stack. */
export function signExtend(code: CodeWriter, width: Width): void {
  if (width !== Width.Qword) code.op(SIGN_EXTENSIONS[width]!);
}
